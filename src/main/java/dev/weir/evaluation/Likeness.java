package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import java.text.Normalizer;
import java.util.Locale;

/** What is found in an answer. Pure; depth and size are those that the doors let in. */
final class Likeness {
  private Likeness() {}

  /**
   * Whether all that is expected is found in an answer: of an object each field with a value in
   * which the expected one is found, a text somewhere in the answer's texts whatever its case, of
   * anything else the same value. Within an object a text must be the same text.
   */
  static boolean contains(JsonNode answer, JsonNode expected) {
    return expected.isTextual()
        ? mentions(answer, expected.textValue())
        : includes(answer, expected);
  }

  private static boolean includes(JsonNode answer, JsonNode expected) {
    return expected.isObject()
        ? answer.isObject()
            && expected.properties().stream()
                .allMatch(
                    field ->
                        answer.has(field.getKey())
                            && includes(answer.path(field.getKey()), field.getValue()))
        : SameValue.of(answer, expected);
  }

  /** Whether a text is part of one of the answer's strings; neither case nor accents' spelling. */
  static boolean mentions(JsonNode answer, String text) {
    return mentionsPlain(answer, plain(text));
  }

  private static boolean mentionsPlain(JsonNode node, String text) {
    if (node.isTextual()) {
      return plain(node.textValue()).contains(text);
    }
    for (var child : node) {
      if (mentionsPlain(child, text)) {
        return true;
      }
    }
    return false;
  }

  /** One spelling for a letter and its accent; upper case first, since ß and ẞ only meet there. */
  private static String plain(String text) {
    return Normalizer.normalize(
        Normalizer.normalize(text, Normalizer.Form.NFC)
            .toUpperCase(Locale.ROOT)
            .toLowerCase(Locale.ROOT),
        Normalizer.Form.NFC);
  }
}
