package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Numbers as nodes that keep their exact value. */
final class Numbers {
  /** Beyond this many digits a number is kept as text: arithmetic on it would not be linear. */
  static final int MOST_DIGITS = 10_000;

  private Numbers() {}

  /**
   * The node of a decimal in JSON's spelling: a double where that loses nothing, else exact.
   *
   * @param text the number
   * @param simple whether it is so short that a double holds it unless it has an exponent
   */
  static JsonNode real(String text, boolean simple) {
    if (text.length() > MOST_DIGITS) {
      return TextNode.valueOf(text);
    }
    var near = Double.parseDouble(text);
    if (simple && near != 0 && text.indexOf('e') < 0 && text.indexOf('E') < 0) {
      return DoubleNode.valueOf(near);
    }
    try {
      var exact = new BigDecimal(text);
      return !Double.isInfinite(near) && sameValue(exact, near)
          ? DoubleNode.valueOf(near)
          : DecimalNode.valueOf(exact);
    } catch (NumberFormatException _) {
      // An exponent beyond 32 bits: no JVM type holds it.
      return TextNode.valueOf(text);
    }
  }

  /** The node of an integer in JSON's spelling. */
  static JsonNode whole(String text) {
    if (text.length() <= 18) {
      var value = Long.parseLong(text);
      return (int) value == value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }
    return text.length() > MOST_DIGITS ? TextNode.valueOf(text) : whole(new BigInteger(text));
  }

  /** The smallest node that holds an integer. */
  static JsonNode whole(BigInteger value) {
    if (value.bitLength() < 32) {
      return IntNode.valueOf(value.intValue());
    }
    return value.bitLength() < 64
        ? LongNode.valueOf(value.longValue())
        : BigIntegerNode.valueOf(value);
  }

  /** The node of a number that JSON's grammar allows, or null. */
  static @Nullable JsonNode strict(String text) {
    var digits = text.startsWith("-") ? 1 : 0;
    var i = digits;
    while (i < text.length() && isDigit(text.charAt(i))) {
      i++;
    }
    if (i == digits || (text.charAt(digits) == '0' && i > digits + 1)) {
      return null;
    }
    if (i == text.length()) {
      return whole(text);
    }
    if (text.charAt(i) == '.') {
      var fraction = ++i;
      while (i < text.length() && isDigit(text.charAt(i))) {
        i++;
      }
      if (i == fraction) {
        return null;
      }
    }
    return i == text.length() || isExponent(text, i) ? real(text, text.length() <= 15) : null;
  }

  /** The node of a number in a looser spelling (.5, 5., 007, 1_000), or null. */
  static @Nullable JsonNode lenient(String text) {
    var plain = text.replace("_", "");
    var sign = plain.startsWith("-") ? "-" : "";
    var body = plain.substring(sign.length());
    var zeros = 0;
    while (zeros < body.length() - 1
        && body.charAt(zeros) == '0'
        && isDigit(body.charAt(zeros + 1))) {
      zeros++;
    }
    body = body.substring(zeros);
    if (body.startsWith(".") && body.length() > 1 && isDigit(body.charAt(1))) {
      body = "0" + body;
    }
    var dot = body.indexOf('.');
    if (dot > 0 && (dot == body.length() - 1 || !isDigit(body.charAt(dot + 1)))) {
      body = body.substring(0, dot + 1) + "0" + body.substring(dot + 1);
    }
    return strict(sign + body);
  }

  private static boolean isExponent(String text, int i) {
    if (text.charAt(i) != 'e' && text.charAt(i) != 'E') {
      return false;
    }
    var k = i + 1;
    if (k < text.length() && (text.charAt(k) == '+' || text.charAt(k) == '-')) {
      k++;
    }
    var first = k;
    while (k < text.length() && isDigit(text.charAt(k))) {
      k++;
    }
    return k > first && k == text.length();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean sameValue(BigDecimal exact, double near) {
    if (exact.signum() == 0) {
      return true;
    }
    // Comparing scales first keeps 1e-999999999 from being expanded.
    var magnitude = (long) exact.precision() - exact.scale();
    return magnitude > -330
        && magnitude < 330
        && exact.compareTo(new BigDecimal(Double.toString(near))) == 0;
  }
}
