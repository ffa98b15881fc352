package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;

/**
 * The canonical form that keys are digests of. Each value stands with its kind and its length, so
 * no two lists of values have one form; an object's members stand in the order of their names and a
 * number as its digits and its exponent, so neither order nor white space nor the spelling of a
 * number ({@code 1}, {@code 1.0}, {@code 1e0}) counts. What is absent and what is null differ.
 *
 * <p>One per key; not thread-safe.
 */
final class KeyForm {
  private static final int USUAL = 1024;
  private static final int TEN = 10;

  private byte[] bytes = new byte[USUAL];
  private int size;

  /** Adds a text. */
  KeyForm text(String text) {
    return block('s', text);
  }

  /** Adds a JSON value. */
  KeyForm value(JsonNode value) {
    switch (value.getNodeType()) {
      case OBJECT -> object((ObjectNode) value, Set.of());
      case ARRAY -> {
        put('[').number(value.size());
        for (var element : value) {
          value(element);
        }
      }
      case STRING -> block('s', value.textValue());
      case NUMBER -> block('n', digits(value));
      case BOOLEAN -> put(value.booleanValue() ? 't' : 'f');
      default -> put('0');
    }
    return this;
  }

  /** Adds an object but for some of its members. */
  KeyForm object(ObjectNode object, Set<String> without) {
    var members = new ArrayList<Map.Entry<String, JsonNode>>(object.size());
    for (var member : object.properties()) {
      if (!without.contains(member.getKey())) {
        members.add(member);
      }
    }
    if (members.size() > 1) {
      members.sort(Comparator.comparing(Map.Entry::getKey));
    }
    put('{').number(members.size());
    for (var member : members) {
      text(member.getKey()).value(member.getValue());
    }
    return this;
  }

  /** The key of all that was added. */
  CacheKey key() {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      sha.update(bytes, 0, size);
      return CacheKey.of(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String digits(JsonNode number) {
    if (number.isIntegralNumber() && number.canConvertToLong()) {
      var whole = number.longValue();
      if (whole % TEN != 0 || whole == 0) {
        return whole + "e0";
      }
    }
    BigDecimal plain = number.decimalValue().stripTrailingZeros();
    return plain.signum() == 0 ? "0e0" : plain.unscaledValue() + "e" + -plain.scale();
  }

  private KeyForm block(char kind, String text) {
    var utf8 = text.getBytes(StandardCharsets.UTF_8);
    put(kind).number(utf8.length);
    room(utf8.length);
    System.arraycopy(utf8, 0, bytes, size, utf8.length);
    size += utf8.length;
    return this;
  }

  private KeyForm number(int number) {
    room(Integer.BYTES);
    for (var shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      bytes[size++] = (byte) (number >>> shift);
    }
    return this;
  }

  private KeyForm put(char kind) {
    room(1);
    bytes[size++] = (byte) kind;
    return this;
  }

  private void room(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
    }
  }
}
