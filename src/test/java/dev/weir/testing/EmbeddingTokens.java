package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Texts that came as tokens, as OpenAI takes them: one list of whole numbers, or some. */
final class EmbeddingTokens {
  private EmbeddingTokens() {}

  /** Whether an input is such. */
  static boolean are(JsonNode input) {
    if (isList(input)) {
      return true;
    }
    for (var list : input) {
      if (!isList(list)) {
        return false;
      }
    }
    return input.isArray() && !input.isEmpty() && input.size() <= 2048;
  }

  /** Each text, its tokens as words. */
  static List<String> texts(JsonNode input) {
    var texts = new ArrayList<String>();
    if (isList(input)) {
      texts.add(input.toString());
    } else {
      input.forEach(list -> texts.add(list.toString()));
    }
    return texts;
  }

  private static boolean isList(JsonNode list) {
    for (var token : list) {
      if (!token.isInt() || token.intValue() < 0) {
        return false;
      }
    }
    return list.isArray() && !list.isEmpty();
  }
}
