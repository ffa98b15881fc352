package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Principal;
import dev.weir.wire.ChatRequest;
import dev.weir.wire.EmbeddingReply;
import dev.weir.wire.EmbeddingRequest;

/** {@code POST /v1/embeddings}, in OpenAI's shape. */
final class EmbeddingEndpoint {
  private final Reception reception;
  private final Gateway gateway;

  EmbeddingEndpoint(Reception reception, Gateway gateway) {
    this.reception = reception;
    this.gateway = gateway;
  }

  void call(Visit visit, String none) {
    var options =
        ChatRequest.options(ChatEndpoint.header(visit, "x-weir-timeout-ms"), Reception.tags(visit));
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

  private static void reply(Visit visit, Exchange x, Answer answer) {
    WeirHeaders.whole(x, visit.response().headers());
    visit.reply(200, "application/json", EmbeddingReply.of((Call.OfEmbedding) x.call(), answer));
  }
}
