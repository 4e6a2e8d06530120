// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The text of a .npy header: a Python dictionary literal with exactly the keys {@code descr},
 * {@code fortran_order} and {@code shape}, as NumPy's format document describes it. A strict parser: what it does
 * not know, it refuses with the reason.
 */
final class NpyHeader {
  /** Longest header that is read: NumPy itself refuses to parse more than 10,000 characters by default. */
  static final int MAX_BYTES = 1 << 20;

  private final String text;
  private int at;
  private String descr;
  private Boolean fortran;
  private List<Long> shape;

  private NpyHeader(String text) {
    this.text = text;
  }

  /** What the dictionary says. Messages have no file name: the caller puts it in front. */
  static NpyHeader parse(byte[] header, int version) throws Malformed {
    Charset charset = version >= 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    NpyHeader parsed = new NpyHeader(new String(header, charset));
    parsed.dictionary();
    return parsed;
  }

  String descr() {
    return descr;
  }

  boolean fortran() {
    return fortran;
  }

  List<Long> shape() {
    return shape;
  }

  /** Version 1.0, padded so that the data begins at a multiple of 64 bytes. */
  static ByteBuffer format(String descr, long... shape) {
    StringBuilder tuple = new StringBuilder("(");
    for (int i = 0; i < shape.length; i++) {
      tuple.append(i == 0 ? "" : " ").append(shape[i]).append(i < shape.length - 1 || i == 0 ? "," : "");
    }
    String dictionary = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + tuple + "), }";
    int prefix = 10;
    int total = (prefix + dictionary.length() + 1 + 63) / 64 * 64;
    byte[] padded = (dictionary + " ".repeat(total - prefix - dictionary.length() - 1) + "\n")
        .getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer bytes = ByteBuffer.allocate(total);
    bytes.put(Npy.MAGIC).put((byte) 1).put((byte) 0);
    bytes.put((byte) padded.length).put((byte) (padded.length >> 8)).put(padded);
    return bytes.flip();
  }

  /** The header does not say what it must; the message is a clause without a subject's file. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message);
    }
  }

  private void dictionary() throws Malformed {
    Set<String> seen = new HashSet<>();
    expect('{');
    while (peek() != '}') {
      String key = string();
      if (!seen.add(key)) {
        throw new Malformed("its header has the key '" + key + "' twice");
      }
      expect(':');
      switch (key) {
        case "descr" -> descr = descriptor();
        case "fortran_order" -> fortran = bool();
        case "shape" -> shape = tuple();
        default -> throw new Malformed("its header has the unknown key '" + key + "'");
      }
      if (peek() != '}') {
        expect(',');
      }
    }
    expect('}');
    if (peek() != 0) {
      throw new Malformed("its header goes on after the closing brace");
    }
    if (descr == null || fortran == null || shape == null) {
      throw new Malformed("its header lacks '" + (descr == null ? "descr" : fortran == null ? "fortran_order" : "shape")
          + "'");
    }
  }

  private String descriptor() throws Malformed {
    if (peek() == '[') {
      throw new Malformed("it holds records with named fields, not plain numbers");
    }
    return string();
  }

  private String string() throws Malformed {
    char quote = peek();
    if (quote != '\'' && quote != '"') {
      throw new Malformed("its header has no quoted text at character " + at);
    }
    int end = text.indexOf(quote, at + 1);
    if (end < 0) {
      throw new Malformed("its header has a text without an end at character " + at);
    }
    String value = text.substring(at + 1, end);
    at = end + 1;
    return value;
  }

  private boolean bool() throws Malformed {
    peek();
    for (String word : List.of("False", "True")) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.equals("True");
      }
    }
    throw new Malformed("its header's fortran_order is neither True nor False");
  }

  private List<Long> tuple() throws Malformed {
    List<Long> sizes = new ArrayList<>();
    expect('(');
    while (peek() != ')') {
      sizes.add(number());
      if (peek() != ')') {
        expect(',');
      } else if (sizes.size() == 1 && text.charAt(at - 1) != ',') {
        // "(5)" is a number in Python, not a tuple.
        throw new Malformed("its header's shape is not a tuple");
      }
    }
    expect(')');
    return List.copyOf(sizes);
  }

  private long number() throws Malformed {
    peek();
    int begin = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    try {
      return Long.parseLong(text.substring(begin, at));
    } catch (NumberFormatException e) {
      throw new Malformed("its header's shape has no valid size at character " + begin);
    }
  }

  private void expect(char wanted) throws Malformed {
    char found = peek();
    if (found != wanted) {
      throw new Malformed("its header has " + (found == 0 ? "an early end" : "'" + found + "'") + " where '" + wanted
          + "' must be, at character " + at);
    }
    at++;
  }

  /** The next character that is no blank, or 0 at the end. */
  private char peek() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }
}
