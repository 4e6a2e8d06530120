// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Enum constants by the name that their {@code toString} prints. */
final class Names {
  private Names() {}

  static <E extends Enum<E>> E parse(String what, String text, E[] values) {
    for (E value : values) {
      if (value.toString().equals(text)) {
        return value;
      }
    }
    String known = Arrays.stream(values).map(Object::toString).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("unknown " + what + " '" + text + "'; use one of: " + known);
  }
}
