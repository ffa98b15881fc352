package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.weir.output.json.Edit.Kind;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads numbers, literals and bare words in any spelling that writers use. */
final class ScalarReader {
  private static final int LONGEST_WORD = 64;
  private static final List<String> CUT_LITERALS =
      List.of("true", "false", "null", "True", "False", "None");

  private final Cursor cursor;
  private final Text text;
  private final StringReader strings;
  private final Endings endings;

  ScalarReader(Cursor cursor, StringReader strings) {
    this.cursor = cursor;
    this.text = cursor.text;
    this.strings = strings;
    this.endings = new Endings(cursor);
  }

  /** Reads what starts with a letter. */
  JsonNode word(Place place) {
    var start = cursor.at;
    var end = wordEnd(start);
    var word = end - start <= LONGEST_WORD ? text.slice(start, end) : "";
    if (end >= text.length && !word.isEmpty()) {
      var completed = completed(word);
      if (completed != null) {
        cursor.edit(Kind.TRUNCATED, "A literal that was cut was completed.");
        cursor.at = end;
        return completed;
      }
    }
    var literal = word.isEmpty() ? null : literalOrNull(word);
    if (literal != null && !proseFollows(end)) {
      if (!word.equals("true") && !word.equals("false") && !word.equals("null")) {
        cursor.edit(Kind.LITERAL, "A literal of another language became JSON's.");
      }
      cursor.at = end;
      return literal;
    }
    var call = call(end);
    if (call != null) {
      return call;
    }
    return bare(place);
  }

  /** Reads a bare string. */
  JsonNode bare(Place place) {
    cursor.edit(Kind.BARE_WORD, "Text without quotes became a string.");
    return TextNode.valueOf(strings.bare(place));
  }

  private int wordEnd(int start) {
    var i = start;
    while (i < text.length && i - start <= LONGEST_WORD && isWordPart(text.chars[i])) {
      i++;
    }
    return i;
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$';
  }

  private static @Nullable JsonNode completed(String word) {
    for (var literal : CUT_LITERALS) {
      if (literal.startsWith(word) && literal.length() > word.length()) {
        return literal(literal);
      }
    }
    return null;
  }

  private static @Nullable JsonNode literalOrNull(String word) {
    return word.length() < 3 || word.length() > 9 ? null : literal(word);
  }

  private static @Nullable JsonNode literal(String word) {
    return switch (lower(word)) {
      case "true" -> BooleanNode.TRUE;
      case "false" -> BooleanNode.FALSE;
      case "null", "none", "undefined" -> NullNode.getInstance();
      case "nan", "infinity" ->
          Character.isUpperCase(word.charAt(0)) ? NullNode.getInstance() : null;
      default -> null;
    };
  }

  private static String lower(String word) {
    var out = new StringBuilder(word);
    for (var i = 0; i < out.length(); i++) {
      var c = out.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        out.setCharAt(i, (char) (c + 32));
      }
    }
    return out.toString();
  }

  /** Whether a literal is only the first word of a sentence: {@code None of these}. */
  private boolean proseFollows(int end) {
    var next = text.skipSpace(end);
    if (next == end || !Character.isLetter(text.at(next)) || text.nextRaw('\n', end) < next) {
      return false;
    }
    var after = wordEnd(next);
    return text.at(text.skipSpace(after)) != ':'
        && literalOrNull(text.slice(next, Math.min(after, next + LONGEST_WORD))) == null;
  }

  /** Reads the one argument of a wrapper such as {@code ObjectId("...")}; null if it is none. */
  private @Nullable JsonNode call(int end) {
    if (text.at(end) != '(') {
      return null;
    }
    var inner = text.skipSpace(end + 1);
    var c = text.at(inner);
    var close = c == '"' || c == '\'' ? text.next(c, inner + 1) : -1;
    if (close > 0 && close < text.length && text.at(text.skipSpace(close + 1)) == ')') {
      cursor.edit(Kind.UNEXPECTED_TEXT, "A function call became its argument.");
      cursor.at = inner;
      var value = strings.quoted(Place.ITEM);
      cursor.at = text.skipSpace(cursor.at) + 1;
      return TextNode.valueOf(value);
    }
    var i = inner;
    while (i < inner + LONGEST_WORD && (Character.isDigit(text.at(i)) || text.at(i) == '-')) {
      i++;
    }
    if (i == inner || text.at(text.skipSpace(i)) != ')') {
      return null;
    }
    cursor.edit(Kind.UNEXPECTED_TEXT, "A function call became its argument.");
    cursor.at = text.skipSpace(i) + 1;
    var number = Numbers.lenient(text.slice(inner, i));
    return number != null ? number : TextNode.valueOf(text.slice(inner, i));
  }

  /** Reads what starts like a number; null if it is none at all. */
  @Nullable JsonNode number(Place place) {
    var start = cursor.at;
    var c = cursor.here();
    if (c == '+' || c == '-') {
      var sign = start + 1;
      if (text.startsWithIgnoringCase("infinity", sign)) {
        cursor.edit(Kind.LITERAL, "A literal of another language became JSON's.");
        cursor.at = sign + 8;
        return NullNode.getInstance();
      }
      if (c == '+') {
        cursor.edit(Kind.NUMBER, "A plus sign before a number was removed.");
        while (cursor.here() == '+') {
          cursor.at++;
        }
        start = cursor.at;
        if (!isNumberStart(cursor.here())) {
          return null;
        }
      }
    }
    var hex = hex(start);
    if (hex != null) {
      return hex;
    }
    var end = start;
    while (end < text.length && continues(end, place)) {
      end++;
    }
    if (text.at(end) == ':' && Character.isDigit(text.at(end + 1))) {
      return moment(start, end);
    }
    var whole = end;
    while (end > start && "-+eE/,_".indexOf(text.chars[end - 1]) >= 0) {
      end--;
    }
    if (end == start) {
      cursor.at = whole;
      cursor.edit(Kind.UNEXPECTED_TEXT, "A sign without a number was removed.");
      return null;
    }
    if (Character.isLetter(text.at(whole)) || text.at(whole) == '_') {
      return bare(place);
    }
    var lexeme = text.slice(start, end);
    if (lexeme.startsWith("..")) {
      cursor.at = end;
      return TextNode.valueOf(lexeme);
    }
    var value = Numbers.strict(lexeme);
    if (value == null) {
      value = Numbers.lenient(lexeme);
      if (value == null) {
        if (digitsAndColonsFollow(end)) {
          return moment(start, text.skipSpace(end));
        }
        cursor.edit(Kind.BARE_WORD, "A number that is none became a string.");
        cursor.at = end;
        return TextNode.valueOf(lexeme);
      }
      cursor.edit(Kind.NUMBER, "A number was written the way JSON wants it.");
    } else if (end < whole) {
      cursor.edit(Kind.NUMBER, "A number that was not finished was ended.");
      end = text.at(end) == ',' ? end : whole;
    }
    cursor.at = end;
    return value;
  }

  static boolean isNumberStart(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+';
  }

  private boolean continues(int i, Place place) {
    var c = text.chars[i];
    if ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == 'e' || c == 'E' || c == '_') {
      return true;
    }
    if (c == '/') {
      return Character.isDigit(text.at(i + 1));
    }
    if (c == '+') {
      var before = text.at(i - 1);
      return before == 'e' || before == 'E';
    }
    return c == ','
        && place == Place.MEMBER
        && Character.isDigit(text.at(i + 1))
        && !cursor.bareKeyAt(i + 1);
  }

  private @Nullable JsonNode hex(int start) {
    if (text.at(start) != '0' || (text.at(start + 1) | 32) != 'x') {
      return null;
    }
    var i = start + 2;
    while (i < start + 2 + LONGEST_WORD && Character.digit(text.at(i), 16) >= 0) {
      i++;
    }
    if (i == start + 2 || isWordPart(text.at(i))) {
      return null;
    }
    cursor.edit(Kind.NUMBER, "A hexadecimal number became a decimal one.");
    cursor.at = i;
    return Numbers.whole(new BigInteger(text.slice(start + 2, i), 16));
  }

  private boolean digitsAndColonsFollow(int end) {
    var i = text.skipSpace(end);
    var digits = i;
    while (digits < i + 3 && Character.isDigit(text.at(digits))) {
      digits++;
    }
    return i > end
        && digits > i
        && text.at(digits) == ':'
        && Character.isDigit(text.at(digits + 1));
  }

  /** Reads a time or ratio: digits with colons between them. */
  private JsonNode moment(int start, int colon) {
    var i = colon;
    while (i < text.length && i < start + LONGEST_WORD) {
      var c = text.chars[i];
      var digit = Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == '+';
      if (!digit && !(c == ':' && Character.isDigit(text.at(i + 1)))) {
        break;
      }
      i++;
    }
    cursor.edit(Kind.BARE_WORD, "A time without quotes became a string.");
    cursor.at = i;
    return TextNode.valueOf(text.slice(start, i));
  }

  Endings endings() {
    return endings;
  }
}
