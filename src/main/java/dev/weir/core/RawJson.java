package dev.weir.core;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * JSON that is written already: a node whose bytes are copied into whatever it becomes part of. So
 * an answer that was kept as bytes is sent again without being read. Immutable by agreement: nobody
 * edits the bytes.
 */
public final class RawJson implements SerializableString {
  private final byte[] bytes;
  private final int from;
  private final int length;

  private RawJson(byte[] bytes, int from, int length) {
    this.bytes = bytes;
    this.from = from;
    this.length = length;
  }

  /**
   * A node of a stretch of UTF-8, which must be one JSON value: nobody checks that again. It can be
   * written, and not looked into.
   */
  public static JsonNode node(byte[] bytes, int from, int length) {
    return JsonNodeFactory.instance.rawValueNode(new RawValue(new RawJson(bytes, from, length)));
  }

  @Override
  public String getValue() {
    return new String(bytes, from, length, StandardCharsets.UTF_8);
  }

  @Override
  public int charLength() {
    return getValue().length();
  }

  @Override
  public byte[] asUnquotedUTF8() {
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  @Override
  public int appendUnquotedUTF8(byte[] buffer, int offset) {
    if (offset + length > buffer.length) {
      return -1;
    }
    System.arraycopy(bytes, from, buffer, offset, length);
    return length;
  }

  @Override
  public int appendUnquoted(char[] buffer, int offset) {
    var text = getValue();
    if (offset + text.length() > buffer.length) {
      return -1;
    }
    text.getChars(0, text.length(), buffer, offset);
    return text.length();
  }

  @Override
  public int writeUnquotedUTF8(OutputStream out) throws IOException {
    out.write(bytes, from, length);
    return length;
  }

  @Override
  public int putUnquotedUTF8(ByteBuffer buffer) {
    if (buffer.remaining() < length) {
      return -1;
    }
    buffer.put(bytes, from, length);
    return length;
  }

  // JSON is no text to be put between quotes; Jackson asks for this of strings alone.

  @Override
  public char[] asQuotedChars() {
    throw new UnsupportedOperationException("JSON between quotes");
  }

  @Override
  public byte[] asQuotedUTF8() {
    throw new UnsupportedOperationException("JSON between quotes");
  }

  @Override
  public int appendQuotedUTF8(byte[] buffer, int offset) {
    throw new UnsupportedOperationException("JSON between quotes");
  }

  @Override
  public int appendQuoted(char[] buffer, int offset) {
    throw new UnsupportedOperationException("JSON between quotes");
  }

  @Override
  public int writeQuotedUTF8(OutputStream out) {
    throw new UnsupportedOperationException("JSON between quotes");
  }

  @Override
  public int putQuotedUTF8(ByteBuffer out) {
    throw new UnsupportedOperationException("JSON between quotes");
  }
}
