package dev.weir.providers;

import dev.weir.config.ProviderSettings;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;

/**
 * OpenAI, and every server that speaks its chat completions. A caller's chat goes through with the
 * fields that we do not know, and its answer comes back byte for byte.
 */
final class OpenAiChat implements Provider {
  private static final String PATH = "/chat/completions";
  private static final String EMBEDDINGS = "/embeddings";

  private final Transport transport;
  private final Refusals refusals;
  private final ChatRequest requests;

  OpenAiChat(Transport transport, Refusals refusals, ProviderSettings settings) {
    this.transport = transport;
    this.refusals = refusals;
    this.requests = ChatRequest.to(settings);
  }

  @Override
  public Future<Reply> ask(Exchange x) {
    var attempt = x.currentAttempt();
    var body =
        switch (x.plan().ask()) {
          case Ask.Prompted ask -> requests.of(ask, attempt.target(), x.tally());
          case Ask.Chat ask -> requests.of(ask, attempt.target());
        };
    var reader = new ChatReader(attempt, refusals, x.plan().ask());
    return Reception.of(transport, PATH, Json.write(body), x, reader, refusals);
  }

  @Override
  public Future<Reply> embed(Exchange x, String text) {
    var attempt = x.currentAttempt();
    var body =
        Json.object()
            .put("model", attempt.target().model().name())
            .put("input", text)
            .put("encoding_format", "float");
    return Reception.of(
        transport, EMBEDDINGS, Json.write(body), x, new EmbeddingReader(attempt), refusals);
  }
}
