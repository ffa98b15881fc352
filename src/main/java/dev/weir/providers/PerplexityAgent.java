package dev.weir.providers;

import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;

/** Perplexity, by its Agent API ({@code POST /v1/agent}). */
final class PerplexityAgent implements Provider {
  private static final String PATH = "/v1/agent";

  private final Transport transport;
  private final Refusals refusals;
  private final ChatToAgent chat;

  PerplexityAgent(Transport transport, Refusals refusals, GoneFields gone) {
    this.transport = transport;
    this.refusals = refusals;
    this.chat = new ChatToAgent(gone);
  }

  @Override
  public Future<Reply> ask(Exchange x) {
    var attempt = x.currentAttempt();
    var body =
        switch (x.plan().ask()) {
          case Ask.Prompted ask -> AgentRequest.of(ask, attempt.target());
          case Ask.Chat ask -> chat.translate(ask, attempt.target(), x.tally());
        };
    var reader = new AgentReader(attempt, refusals);
    return Reception.of(transport, PATH, Json.write(body), x, reader, refusals);
  }
}
