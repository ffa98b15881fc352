package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;

/**
 * A service for one command: answers what it was told to, whatever is asked, and keeps what was
 * asked last.
 */
final class StubServer implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final int port;
  private volatile Answer answer = new Answer(200, "application/json", "{}");
  private volatile Asked asked = new Asked("", MultiMap.caseInsensitiveMultiMap(), Json.object());

  /** What was asked. */
  record Asked(String uri, MultiMap headers, JsonNode body) {}

  private record Answer(int status, String type, String body) {}

  StubServer() {
    port =
        vertx
            .createHttpServer()
            .requestHandler(r -> r.body().onSuccess(body -> reply(r, body)))
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
  }

  private void reply(HttpServerRequest request, Buffer body) {
    asked =
        new Asked(
            request.uri(),
            request.headers(),
            body.length() == 0 ? Json.object() : Json.parse(body));
    var now = answer;
    request
        .response()
        .setStatusCode(now.status())
        .putHeader("content-type", now.type())
        .end(now.body());
  }

  StubServer answers(String json) {
    return answers(200, json);
  }

  StubServer answers(int status, String json) {
    answer = new Answer(status, "application/json", json);
    return this;
  }

  StubServer streams(String events) {
    answer = new Answer(200, "text/event-stream", events);
    return this;
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** What was asked last; an empty address where nothing was. */
  Asked asked() {
    return asked;
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
