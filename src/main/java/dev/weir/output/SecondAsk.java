package dev.weir.output;

import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Message;
import dev.weir.prompts.Schema;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/**
 * Asks the model once more: the same prompt, its own answer, what was wrong with it, and the
 * schema. The answer is quoted in part if it is long, so that asking again stays affordable.
 */
final class SecondAsk {
  private static final int LONGEST_QUOTE = 24_000;

  private SecondAsk() {}

  static Ask.Prompted of(Ask.Prompted first, String answer, String complaint, Schema schema) {
    var messages = new ArrayList<>(first.messages());
    messages.add(new Message(Message.Role.ASSISTANT, quote(answer)));
    messages.add(
        new Message(
            Message.Role.USER,
            """
            Your answer above cannot be used. %s

            Answer again with the same content, corrected: one JSON value that fits this JSON \
            Schema, with nothing before or after it, no code fence and no comment.

            %s\
            """
                .formatted(complaint, Json.write(schema.node()).toString(StandardCharsets.UTF_8))));
    return new Ask.Prompted(messages, first.function(), false);
  }

  private static String quote(String answer) {
    var clean = CleanTree.clean(answer);
    if (clean.isBlank()) {
      return "(an empty answer)";
    }
    if (clean.length() <= LONGEST_QUOTE) {
      return clean;
    }
    var half = LONGEST_QUOTE / 2;
    // A cut may split a surrogate pair, so what is left is cleaned again.
    return CleanTree.clean(clean.substring(0, half))
        + "\n...\n"
        + CleanTree.clean(clean.substring(clean.length() - half));
  }
}
