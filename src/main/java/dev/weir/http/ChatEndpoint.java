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
    var options =
        Reception.caching(
            visit, ChatRequest.options(header(visit, "x-weir-timeout-ms"), Reception.tags(visit)));
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

  static Optional<String> header(Visit visit, String name) {
    return Optional.ofNullable(visit.headers().get(name)).map(String::strip);
  }
}
