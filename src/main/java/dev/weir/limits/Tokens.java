package dev.weir.limits;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.Ask;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Exchange;

/**
 * How many tokens a call will need, for the limit of a minute: a quarter of its prompt's
 * characters, and a quarter of its output cap, since few answers come near theirs. A guess that
 * costs nothing; the call's end sets it right.
 */
final class Tokens {
  private static final int CHARACTERS = 4;
  private static final int OF_THE_CAP = 4;

  private Tokens() {}

  static long estimate(Exchange x) {
    return switch (x.plan().ask()) {
      case Ask.Prompted prompted -> {
        var characters = 0L;
        for (var message : prompted.messages()) {
          characters += message.text().length();
        }
        yield estimate(characters, prompted.function().parameters().maxOutputTokens());
      }
      case Ask.Chat chat ->
          estimate(characters(chat.body().path("messages")), WorstPrice.output(chat));
      case Ask.Embedding embedding ->
          switch (embedding.input()) {
            case EmbeddingInput.Texts texts ->
                estimate(texts.all().stream().mapToLong(String::length).sum(), 0);
            case EmbeddingInput.Tokens tokens -> tokens.count();
          };
    };
  }

  private static long estimate(long characters, long cap) {
    return 1 + characters / CHARACTERS + cap / OF_THE_CAP;
  }

  private static long characters(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue().length();
    }
    var sum = 0L;
    for (var child : node) {
      sum += characters(child);
    }
    return sum;
  }
}
