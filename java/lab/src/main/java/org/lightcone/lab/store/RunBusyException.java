// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

/** Another writer holds a run. */
public final class RunBusyException extends StoreException {
  private static final long serialVersionUID = 1L;

  RunBusyException(String id) {
    super("Run " + id + " is being written by another process or thread; wait for it, or stop it first.");
  }
}
