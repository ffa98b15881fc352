package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Principal;
import dev.weir.wire.ChatRequest;
import io.vertx.core.Vertx;
import java.util.Optional;

/** {@code POST /v1/chat/completions}, in OpenAI's shape. */
final class ChatEndpoint {
  private final Vertx vertx;
  private final Reception reception;
  private final Gateway gateway;

  ChatEndpoint(Vertx vertx, Reception reception, Gateway gateway) {
    this.vertx = vertx;
    this.reception = reception;
    this.gateway = gateway;
  }

  void call(Visit visit, String none) {
    var options = Reception.caching(visit, options(visit));
    visit.with(
        reception
            .identify(visit)
            .compose(
                principal ->
                    reception.body(visit).map(body -> open(visit, body, options, principal))),
        x -> CallRun.run(vertx, gateway, visit, x, new ChatCallReply(visit, x)));
  }

  private Exchange open(Visit visit, JsonNode body, CallOptions options, Principal principal) {
    var call = ChatRequest.decode(body, options);
    return gateway.open(visit.origin(Origin.Door.CHAT), call, principal);
  }

  /** What the headers of a request in OpenAI's shape choose beside its body. */
  static CallOptions options(Visit visit) {
    var timeout = Optional.ofNullable(visit.headers().get("x-weir-timeout-ms")).map(String::strip);
    return ChatRequest.options(timeout, Reception.tags(visit));
  }
}
