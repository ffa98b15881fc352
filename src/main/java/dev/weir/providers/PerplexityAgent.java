package dev.weir.providers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;

/**
 * Perplexity, by its Agent API ({@code POST /v1/agent}) and, for vectors, its embeddings ({@code
 * POST /v1/embeddings}).
 */
final class PerplexityAgent implements Provider {
  private static final String PATH = "/v1/agent";
  private static final String EMBEDDINGS = "/v1/embeddings";

  private final Transport transport;
  private final Refusals refusals;
  private final Embeddings embeddings;
  private final ChatToAgent chat;

  PerplexityAgent(Transport transport, Refusals refusals, LargeWork work, GoneFields gone) {
    this.transport = transport;
    this.refusals = refusals;
    this.embeddings = new Embeddings(transport, EMBEDDINGS, refusals, work);
    this.chat = new ChatToAgent(gone);
  }

  @Override
  public Future<Reply> ask(Exchange x) {
    var target = x.currentAttempt().target();
    return switch (x.plan().ask()) {
      case Ask.Prompted ask -> agent(x, AgentRequest.of(ask, target));
      case Ask.Chat ask -> agent(x, chat.translate(ask, target, x.tally()));
      case Ask.Embedding ask -> embeddings.ask(x, ask, EmbeddingForm.BASE64_INT8);
    };
  }

  private Future<Reply> agent(Exchange x, ObjectNode body) {
    var reader = new AgentReader(x.currentAttempt(), refusals);
    return Reception.of(transport, PATH, Json.write(body), x, reader, refusals);
  }
}
