package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Principal;
import dev.weir.wire.EmbeddingReply;
import dev.weir.wire.EmbeddingRequest;

/** {@code POST /v1/embeddings}, in OpenAI's shape. */
final class EmbeddingEndpoint {
  private final Reception reception;
  private final Gateway gateway;
  private final LargeWork work;

  EmbeddingEndpoint(Reception reception, Gateway gateway, LargeWork work) {
    this.reception = reception;
    this.gateway = gateway;
    this.work = work;
  }

  void call(Visit visit, String none) {
    var options = ChatEndpoint.options(visit);
    visit.with(
        reception
            .identify(visit)
            .compose(
                principal ->
                    reception.body(visit).map(body -> open(visit, body, options, principal))),
        x -> CallRun.whole(gateway, visit, x, answer -> reply(visit, x, answer)));
  }

  private Exchange open(Visit visit, JsonNode body, CallOptions options, Principal principal) {
    var call = EmbeddingRequest.decode(body, options);
    return gateway.open(visit.origin(Origin.Door.EMBEDDINGS), call, principal);
  }

  /** As a million numbers take their time to be written, not on the event loop if it is many. */
  private void reply(Visit visit, Exchange x, Answer answer) {
    var call = (Call.OfEmbedding) x.call();
    // What the provider did not report was counted here, and is what the bill says.
    var usage = answer.usage().totalTokens() > 0 ? answer.usage() : x.tally().usage();
    visit.with(
        work.of(EmbeddingReply.size(call, answer), () -> EmbeddingReply.of(call, answer, usage)),
        json -> {
          WeirHeaders.whole(x, visit.response().headers());
          visit.reply(200, "application/json", json);
        });
  }
}
