// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.ArrayList;
import java.util.List;

/** Pieces of memory that are freed together: a piece that is refused frees those that were taken before it. */
final class OffHeaps implements AutoCloseable {
  private final List<OffHeap> pieces = new ArrayList<>();

  /** As {@link OffHeap#allocate}. */
  OffHeap allocate(long bytes, String purpose) {
    boolean done = false;
    try {
      OffHeap piece = OffHeap.allocate(bytes, purpose);
      pieces.add(piece);
      done = true;
      return piece;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  @Override
  public void close() {
    pieces.forEach(OffHeap::close);
  }
}
