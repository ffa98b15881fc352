package dev.weir.metering;

import dev.weir.journal.Chain;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Writes values one after the other into a buffer that is used again for every record. Whole
 * numbers take seven bits a byte, texts their length and UTF-8; a text longer than {@link
 * #MAX_TEXT} bytes is cut. Confined to one thread.
 */
final class Packer {
  /** No name that a door lets through is longer. */
  static final int MAX_TEXT = 256;

  private final byte[] bytes = new byte[Chain.MAX_BODY];
  private int at;

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return at;
  }

  /** Goes back to an earlier length. */
  Packer rewind(int length) {
    at = length;
    return this;
  }

  Packer octet(int value) {
    bytes[at++] = (byte) value;
    return this;
  }

  /** Overwrites an octet that was written before. */
  void octetAt(int place, int value) {
    bytes[place] = (byte) value;
  }

  Packer flag(boolean value) {
    return octet(value ? 1 : 0);
  }

  /** A whole number; negative ones take ten bytes. */
  Packer number(long value) {
    var rest = value;
    while ((rest & ~0x7FL) != 0) {
      octet((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    return octet((int) rest);
  }

  Packer id(UUID id) {
    return fixed(id.getMostSignificantBits()).fixed(id.getLeastSignificantBits());
  }

  Packer text(String text) {
    var utf8 = text.getBytes(StandardCharsets.UTF_8);
    var length = Math.min(utf8.length, MAX_TEXT);
    // Never in the middle of a character.
    while (length < utf8.length && length > 0 && (utf8[length] & 0xC0) == 0x80) {
      length--;
    }
    number(length);
    System.arraycopy(utf8, 0, bytes, at, length);
    at += length;
    return this;
  }

  <T> Packer optional(Optional<T> value, Consumer<T> write) {
    flag(value.isPresent());
    value.ifPresent(write);
    return this;
  }

  private Packer fixed(long value) {
    for (var shift = 56; shift >= 0; shift -= 8) {
      octet((int) (value >>> shift));
    }
    return this;
  }
}
