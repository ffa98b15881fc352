package dev.weir.providers;

import dev.weir.core.Json;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Ask;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;

/**
 * A provider's endpoint for vectors, in the shape of OpenAI's. Confined to its event loop, but for
 * writing and reading what is large.
 *
 * @param path where it stands
 */
record Embeddings(Transport transport, String path, Refusals refusals, LargeWork work) {
  /** A token and its comma. */
  private static final long TOKEN = 6;

  /** Asks for vectors in this form. */
  Future<Reply> ask(Exchange x, Ask.Embedding ask, EmbeddingForm form) {
    var attempt = x.currentAttempt();
    var reader = new EmbeddingReader(attempt, ask, form, refusals, work);
    return work.of(size(ask.input()), () -> Json.write(form.request(ask, attempt.target())))
        .compose(json -> Reception.of(transport, path, json, x, reader, refusals));
  }

  private static long size(EmbeddingInput input) {
    return switch (input) {
      case EmbeddingInput.Texts texts -> texts.all().stream().mapToLong(String::length).sum();
      case EmbeddingInput.Tokens tokens -> TOKEN * tokens.count();
    };
  }
}
