// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ArchiveWriter;
import org.bytedeco.pytorch.InputArchive;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.OutputArchive;
import org.lightcone.lab.network.Network;

/** The state of training in one LibTorch archive: weights, batch-norm statistics, the optimiser's moments. */
final class Checkpoint {
  private Checkpoint() {
  }

  @SuppressWarnings("try") // the scope frees what is made inside
  static void save(Path file, Network network, Optimizer optimizer) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      OutputArchive weights = new OutputArchive();
      network.save(weights);
      OutputArchive moments = new OutputArchive();
      optimizer.save(moments);
      OutputArchive all = new OutputArchive();
      all.write("network", weights);
      all.write("optimizer", moments);
      try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
          StandardOpenOption.TRUNCATE_EXISTING)) {
        ToFile sink = new ToFile(out);
        try {
          all.save_to(sink);
        } catch (RuntimeException e) {
          if (sink.failure != null) {
            throw sink.failure;
          }
          throw e;
        }
      }
    } catch (RuntimeException e) {
      throw new IOException(firstLine(e), e);
    }
  }

  @SuppressWarnings("try") // the scope frees what is made inside
  static void load(Path file, Network network, Optimizer optimizer) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      InputArchive all = new InputArchive();
      all.load_from(file.toString());
      InputArchive weights = new InputArchive();
      all.read("network", weights);
      network.load(weights);
      InputArchive moments = new InputArchive();
      all.read("optimizer", moments);
      optimizer.load(moments);
    } catch (RuntimeException e) {
      throw new IOException(firstLine(e), e);
    }
  }

  /**
   * Takes the archive's bytes; unlike LibTorch's own file writer it keeps the system's reason for a failure.
   */
  private static final class ToFile extends ArchiveWriter {
    private final FileChannel out;
    private IOException failure;

    ToFile(FileChannel out) {
      this.out = out;
    }

    @Override
    public long call(Pointer data, long size) {
      if (failure != null) {
        return 0;
      }
      try {
        ByteBuffer bytes = new BytePointer(data).capacity(size).asByteBuffer();
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        return size;
      } catch (IOException e) {
        // LibTorch takes a short count for a failure and throws.
        failure = e;
        return 0;
      }
    }
  }

  /** The first line of an error's message, without LibTorch's C++ stack. */
  static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName());
  }
}
