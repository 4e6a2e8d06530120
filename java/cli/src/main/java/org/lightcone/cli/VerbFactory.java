// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import picocli.CommandLine;

/** Makes the commands, handing the stop signal to those that work for long. */
final class VerbFactory implements CommandLine.IFactory {
  private final Interruption stop;

  VerbFactory(Interruption stop) {
    this.stop = stop;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    K made = CommandLine.defaultFactory().create(type);
    if (made instanceof Verb verb) {
      verb.stop = stop;
    }
    return made;
  }
}
