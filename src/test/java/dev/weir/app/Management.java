package dev.weir.app;

import java.net.URI;
import java.net.http.HttpRequest;

/** A running Weir as its administrator meets it. */
record Management(RunningWeir weir) implements AutoCloseable {
  RunningWeir.Got get(String path) {
    return send("GET", path, "");
  }

  RunningWeir.Got delete(String path) {
    return send("DELETE", path, "");
  }

  RunningWeir.Got put(String path, String body) {
    return send("PUT", path, body);
  }

  RunningWeir.Got post(String path, String body) {
    return send("POST", path, body);
  }

  private RunningWeir.Got send(String verb, String path, String body) {
    return weir.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + weir.weir().ports().management() + path))
            .header("authorization", "Bearer " + weir.key("WEIR_ADMIN_KEY"))
            .header("content-type", "application/json")
            .method(
                verb,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  @Override
  public void close() {
    weir.close();
  }
}
