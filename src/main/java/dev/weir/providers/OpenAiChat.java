package dev.weir.providers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.config.ProviderSettings;
import dev.weir.core.Json;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;

/**
 * OpenAI, and every server that speaks its chat completions or its embeddings. A caller's chat goes
 * through with the fields that we do not know, and its answer comes back byte for byte.
 */
final class OpenAiChat implements Provider {
  private static final String PATH = "/chat/completions";
  private static final String EMBEDDINGS = "/embeddings";

  private final Transport transport;
  private final Refusals refusals;
  private final Embeddings embeddings;
  private final ChatRequest requests;

  OpenAiChat(Transport transport, Refusals refusals, LargeWork work, ProviderSettings settings) {
    this.transport = transport;
    this.refusals = refusals;
    this.embeddings = new Embeddings(transport, EMBEDDINGS, refusals, work);
    this.requests = ChatRequest.to(settings);
  }

  @Override
  public Future<Reply> ask(Exchange x) {
    var attempt = x.currentAttempt();
    return switch (x.plan().ask()) {
      case Ask.Prompted ask -> chat(x, requests.of(ask, attempt.target(), x.tally()));
      case Ask.Chat ask -> chat(x, requests.of(ask, attempt.target()));
      case Ask.Embedding ask ->
          embeddings.ask(x, ask, EmbeddingForm.forOpenAi(ask, attempt.target()));
    };
  }

  private Future<Reply> chat(Exchange x, ObjectNode body) {
    var reader = new ChatReader(x.currentAttempt(), refusals, x.plan().ask());
    return Reception.of(transport, PATH, Json.write(body), x, reader, refusals);
  }
}
