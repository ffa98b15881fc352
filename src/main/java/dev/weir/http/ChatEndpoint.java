package dev.weir.http;

import dev.weir.core.AIError;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.Origin;
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
        ChatRequest.options(
            header(visit, "x-weir-cache-control"), header(visit, "x-weir-timeout-ms"));
    reception
        .identify(visit)
        .compose(
            principal ->
                reception
                    .body(visit)
                    .map(body -> ChatRequest.decode(body, options))
                    .map(call -> gateway.open(visit.origin(Origin.Door.CHAT), call, principal)))
        .onSuccess(x -> CallRun.run(vertx, gateway, visit, x, new ChatCallReply(visit, x)))
        .onFailure(e -> visit.fail(AIError.from(e)));
  }

  private static Optional<String> header(Visit visit, String name) {
    return Optional.ofNullable(visit.headers().get(name)).map(String::strip);
  }
}
