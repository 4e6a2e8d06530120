// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * NumPy's .npy files (versions 1.0, 2.0 and 3.0): little-endian numbers in C order.
 *
 * <p>Reading is strict: a wrong rank, type or byte order, Fortran order, a truncated file, bytes after the
 * data, or a shape that overflows is an {@link InvalidDataException} that names the file; what the
 * system refuses is a {@link LightconeIoException}. Writing goes aside, is forced to the disk and renamed:
 * a file is whole or it is not there.
 */
public final class Npy {
  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Bytes that cross from heap to file at once. */
  private static final int PIECE = 1 << 20;

  private Npy() {}

  /** Element types that are read. */
  public enum Type {
    /** {@code <f4}. */
    FLOAT32("<f4", 4),
    /** {@code <f8}. */
    FLOAT64("<f8", 8),
    /** {@code |i1}. */
    INT8("|i1", 1),
    /** {@code |u1}. */
    UINT8("|u1", 1),
    /** {@code <i2}. */
    INT16("<i2", 2),
    /** {@code <u2}. */
    UINT16("<u2", 2),
    /** {@code <i4}. */
    INT32("<i4", 4),
    /** {@code <u4}. */
    UINT32("<u4", 4),
    /** {@code <i8}. */
    INT64("<i8", 8),
    /** {@code <u8}. */
    UINT64("<u8", 8);

    private final String descr;
    private final int bytes;

    Type(String descr, int bytes) {
      this.descr = descr;
      this.bytes = bytes;
    }

    /** Size of one element. */
    public int bytes() {
      return bytes;
    }

    /** Whether it is one of the two floating-point types. */
    public boolean floating() {
      return this == FLOAT32 || this == FLOAT64;
    }

    /** NumPy's name of it, such as {@code <f4}. */
    @Override
    public String toString() {
      return descr;
    }
  }

  /**
   * What a file says about itself.
   *
   * @param type element type
   * @param shape sizes, slowest first
   * @param offset bytes before the first element
   */
  public record Header(Type type, List<Long> shape, long offset) {
    /** Number of elements. */
    public long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** As Python prints it: {@code (3, 4)}. */
    public String shapeText() {
      return shapeOf(shape);
    }
  }

  /** Reads and checks the header, and that the file is exactly as long as it says. */
  public static Header readHeader(Path file) {
    try (FileChannel channel = open(file)) {
      return header(file, channel);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Reads and checks the header of an array of {@code rank} sizes whose name is (M, N, C) or the like. */
  static Header readHeader(Path file, String wantedShape, int rank, Type... types) {
    Header header = readHeader(file);
    require(file, header, wantedShape, rank, types);
    return header;
  }

  /**
   * Reads a vector of integers of any type, as labels are.
   *
   * @return one int per element
   * @throws InvalidDataException also for a value that no int holds
   */
  public static int[] readLabels(Path file) {
    return read(file, channel -> {
      Header header = header(file, channel);
      require(file, header, "(N,)", 1, Arrays.stream(Type.values()).filter(t -> !t.floating()).toArray(Type[]::new));
      int[] labels = new int[length(file, header)];
      pieces(file, channel, header, (bytes, index) -> labels[index] = integer(file, header.type(), bytes, index));
      return labels;
    });
  }

  /**
   * Reads an array of {@code <f4} or {@code <f8} numbers of any shape into doubles, in C order. For arrays that
   * fit an array of Java (2^31 - 1 elements); larger tables go through {@link Predictions} and
   * {@link DistanceMatrix}.
   */
  public static double[] readDoubles(Path file) {
    return read(file, channel -> {
      Header header = header(file, channel);
      require(file, header, "any shape", -1, Type.FLOAT32, Type.FLOAT64);
      double[] values = new double[length(file, header)];
      boolean single = header.type() == Type.FLOAT32;
      pieces(file, channel, header,
          (bytes, index) -> values[index] = single ? bytes.getFloat() : bytes.getDouble());
      return values;
    });
  }

  /** Writes a {@code <f8} array of that shape, whose product is the number of values. */
  public static void writeDoubles(Path file, double[] values, long... shape) {
    write(file, Type.FLOAT64, values.length, shape, (bytes, index) -> bytes.putDouble(values[index]));
  }

  /** Writes a {@code <f8} matrix (rows.length, rows[0].length), for example an embedding's coordinates. */
  public static void writeDoubles(Path file, double[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    for (double[] row : rows) {
      if (row.length != columns) {
        throw new IllegalArgumentException("rows of " + columns + " and of " + row.length + " numbers are no matrix");
      }
    }
    write(file, Type.FLOAT64, Math.multiplyExact(rows.length, columns), new long[] {rows.length, columns},
        (bytes, index) -> bytes.putDouble(rows[index / columns][index % columns]));
  }

  /** Writes a {@code <f4} array of that shape, whose product is the number of values. */
  public static void writeFloats(Path file, float[] values, long... shape) {
    write(file, Type.FLOAT32, values.length, shape, (bytes, index) -> bytes.putFloat(values[index]));
  }

  /** Writes a {@code <i4} array of that shape, whose product is the number of values. */
  public static void writeInts(Path file, int[] values, long... shape) {
    write(file, Type.INT32, values.length, shape, (bytes, index) -> bytes.putInt(values[index]));
  }

  // ---- reading -----------------------------------------------------------------------------------

  private interface Reading<T> {
    T from(FileChannel channel) throws IOException;
  }

  private interface Element {
    void accept(ByteBuffer bytes, int index);
  }

  private static <T> T read(Path file, Reading<T> reading) {
    try (FileChannel channel = open(file)) {
      return reading.from(channel);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Opens a file for reading; a pipe would keep the reader waiting, so only regular files are opened. */
  static FileChannel open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw bad(file, "it is a folder, not a .npy file");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw bad(file, "it is a pipe or a device; save the array to a file");
    }
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  static LightconeIoException unreadable(Path file, IOException e) {
    return new LightconeIoException("cannot read " + file + ": " + AtomicFile.reason(e), e);
  }

  private static InvalidDataException bad(Path file, String why) {
    return new InvalidDataException(file + " cannot be used: " + why);
  }

  static Header header(Path file, FileChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    fill(channel, start, 0);
    start.flip();
    byte[] magic = new byte[Math.min(MAGIC.length, start.remaining())];
    start.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw bad(file, "it is no .npy file, its first bytes are not \\x93NUMPY; write it with numpy.save");
    }
    if (start.remaining() < 4) {
      throw bad(file, "it is truncated within the header");
    }
    int version = Byte.toUnsignedInt(start.get());
    int minor = Byte.toUnsignedInt(start.get());
    if (version < 1 || version > 3 || minor != 0) {
      throw bad(file, "its format version is " + version + "." + minor + ", known are 1.0, 2.0 and 3.0");
    }
    int prefix = version == 1 ? 10 : 12;
    long size = version == 1 ? Short.toUnsignedLong(start.getShort())
        : start.remaining() < 4 ? Long.MAX_VALUE : Integer.toUnsignedLong(start.getInt());
    if (size > channel.size() - prefix) {
      throw bad(file, "it is truncated within the header");
    }
    if (size > NpyHeader.MAX_BYTES) {
      throw bad(file, "its header of " + size + " bytes is longer than any real one");
    }
    ByteBuffer text = ByteBuffer.allocate((int) size);
    fill(channel, text, prefix);
    return header(file, text.array(), version, prefix + size, channel.size());
  }

  private static Header header(Path file, byte[] text, int version, long offset, long fileBytes) {
    NpyHeader parsed;
    try {
      parsed = NpyHeader.parse(text, version);
    } catch (NpyHeader.Malformed e) {
      throw bad(file, e.getMessage());
    }
    Type type = type(file, parsed.descr());
    if (parsed.fortran()) {
      throw bad(file, "it is in Fortran order; save numpy.ascontiguousarray of it");
    }
    Header header = new Header(type, parsed.shape(), offset);
    long bytes;
    try {
      bytes = Math.multiplyExact(header.elements(), (long) type.bytes());
      Math.addExact(bytes, offset);
    } catch (ArithmeticException e) {
      throw bad(file, "its shape " + header.shapeText() + " overflows");
    }
    long held = fileBytes - offset;
    if (held < bytes) {
      throw bad(file, "it is truncated: shape " + header.shapeText() + " of " + type + " takes " + bytes
          + " bytes and it has " + held);
    }
    if (held > bytes) {
      throw bad(file, "it has " + (held - bytes) + " bytes after the data of shape " + header.shapeText() + " of " + type);
    }
    return header;
  }

  private static Type type(Path file, String descr) {
    for (Type type : Type.values()) {
      if (type.descr.equals(descr) || type.bytes == 1 && descr.equals("<" + type.descr.substring(1))) {
        return type;
      }
    }
    if (descr.startsWith(">")) {
      throw bad(file, "its numbers are big-endian (" + descr + "); save array.astype('<" + descr.substring(1) + "')");
    }
    throw bad(file, "its element type '" + descr + "' is not supported; supported are " + typesText(Type.values()));
  }

  static void require(Path file, Header header, String wantedShape, int rank, Type... types) {
    if (rank >= 0 && header.shape().size() != rank) {
      throw bad(file, "its shape is " + header.shapeText() + ", wanted is " + wantedShape);
    }
    if (!List.of(types).contains(header.type())) {
      throw bad(file, "its elements are " + header.type() + ", wanted are " + typesText(types));
    }
  }

  private static String typesText(Type[] types) {
    return Arrays.stream(types).map(Type::toString).collect(Collectors.joining(", "));
  }

  private static int length(Path file, Header header) {
    long elements = header.elements();
    if (elements > Integer.MAX_VALUE - 8) {
      throw bad(file, "its " + elements + " elements are more than a Java array holds");
    }
    return (int) elements;
  }

  private static int integer(Path file, Type type, ByteBuffer bytes, int index) {
    long value = switch (type) {
      case INT8 -> bytes.get();
      case UINT8 -> Byte.toUnsignedLong(bytes.get());
      case INT16 -> bytes.getShort();
      case UINT16 -> Short.toUnsignedLong(bytes.getShort());
      case INT32 -> bytes.getInt();
      case UINT32 -> Integer.toUnsignedLong(bytes.getInt());
      default -> bytes.getLong();
    };
    if (value != (int) value || type == Type.UINT64 && value < 0) {
      throw bad(file, "its entry " + index + " is "
          + (type == Type.UINT64 ? Long.toUnsignedString(value) : Long.toString(value)) + ", too large for a label");
    }
    return (int) value;
  }

  private static void pieces(Path file, FileChannel channel, Header header, Element element) throws IOException {
    int count = length(file, header);
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) Math.min(PIECE, count * (long) header.type().bytes()))
        .order(ByteOrder.LITTLE_ENDIAN);
    int perPiece = PIECE / header.type().bytes();
    for (int begin = 0; begin < count; ) {
      int end = (int) Math.min(count, begin + (long) perPiece);
      bytes.clear().limit((end - begin) * header.type().bytes());
      fill(channel, bytes, header.offset() + begin * (long) header.type().bytes());
      if (bytes.hasRemaining()) {
        throw bad(file, "it became shorter while it was read");
      }
      bytes.flip();
      for (int index = begin; index < end; index++) {
        element.accept(bytes, index);
      }
      begin = end;
    }
  }

  /** Reads until the buffer is full or the file ends. */
  static void fill(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, at);
      if (read < 0) {
        return;
      }
      at += read;
    }
  }

  // ---- writing -----------------------------------------------------------------------------------

  private static void write(Path file, Type type, int count, long[] shape, Element element) {
    long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (elements != count || Arrays.stream(shape).anyMatch(size -> size < 0)) {
      throw new IllegalArgumentException("a shape of " + shapeOf(Arrays.stream(shape).boxed().toList()) + " does not hold "
          + count + " numbers");
    }
    ByteBuffer header = NpyHeader.format(type.descr, shape);
    AtomicFile.write(file, header.remaining() + count * (long) type.bytes(), channel -> {
      drain(channel, header);
      ByteBuffer bytes = ByteBuffer.allocateDirect(PIECE).order(ByteOrder.LITTLE_ENDIAN);
      for (int index = 0; index < count; index++) {
        if (bytes.remaining() < type.bytes()) {
          drain(channel, bytes.flip());
          bytes.clear();
        }
        element.accept(bytes, index);
      }
      drain(channel, bytes.flip());
    });
  }

  static void drain(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  static String shapeOf(List<Long> shape) {
    String sizes = shape.stream().map(String::valueOf).collect(Collectors.joining(", "));
    return "(" + sizes + (shape.size() == 1 ? ",)" : ")");
  }

  /** Refuses a heap buffer: it may move, and its contents would be copied. */
  static void requireDirect(Buffer buffer, String what) {
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException(what + " must be a direct buffer (ByteBuffer.allocateDirect), not one on the heap");
    }
  }
}
