// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over typed values. Not thread-safe. */
public final class Hash {
  private final MessageDigest digest;

  /** An empty hash. */
  public Hash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This JDK has no SHA-256, which every Java platform must offer.", e);
    }
  }

  /** Adds a text and its length, so that "ab","c" differs from "a","bc". */
  public Hash text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(bytes.length);
    return bytes(bytes);
  }

  /** Adds a number as eight bytes, big-endian. */
  public Hash number(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, value));
    return this;
  }

  /** Adds raw bytes. */
  public Hash bytes(byte[] bytes) {
    digest.update(bytes);
    return this;
  }

  /** The hash in 64 hex digits; ends this object's use. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
