package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Browsers' origins, over real sockets; Java's own client may not set an Origin. */
class CorsIT {
  @Test
  void devModeAllowsLocalhostOnAnyPortOnEveryReply() throws Exception {
    try (var door = Door.open(List.of(), Mode.DEV)) {
      for (var path : List.of("/v1/functions", "/nothing", "/openapi.json")) {
        assertThat(ask(door, "GET " + path, "http://localhost:5173"))
            .contains("access-control-allow-origin: http://localhost:5173")
            .contains("access-control-expose-headers: x-request-id")
            .contains("vary: origin")
            .contains("x-request-id: ")
            .doesNotContain("access-control-allow-credentials");
      }
      assertThat(ask(door, "GET /v1/functions", "http://localhost.evil.example"))
          .doesNotContain("access-control-allow-origin");
      assertThat(ask(door, "GET /v1/functions", "http://localhost:80x"))
          .doesNotContain("access-control-allow-origin");
    }
  }

  @Test
  void prodAllowsNobodyUnlessConfigured() throws Exception {
    try (var door = Door.open(List.of(), Mode.PROD)) {
      assertThat(ask(door, "GET /v1/functions", "http://localhost:5173"))
          .doesNotContain("access-control-allow-origin");
    }
    try (var door = Door.open(List.of("https://app.example"), Mode.PROD)) {
      assertThat(ask(door, "GET /v1/functions", "https://app.example"))
          .contains("access-control-allow-origin: https://app.example");
    }
  }

  @Test
  void aPreflightIsAnsweredWithMethodsAndHeaders() throws Exception {
    try (var door = Door.open(List.of(), Mode.DEV);
        var raw = door.raw()) {
      raw.send(
          "OPTIONS /v1/functions/echo HTTP/1.1\r\nhost: localhost\r\n"
              + "origin: http://localhost:5173\r\naccess-control-request-method: POST\r\n"
              + "access-control-request-headers: authorization,x-stainless-os\r\n\r\n");

      assertThat(raw.readUntil("\r\n\r\n"))
          .contains("204 ")
          .contains("access-control-allow-methods: GET, HEAD, OPTIONS, POST")
          .contains("access-control-allow-headers: authorization,x-stainless-os")
          .contains("x-request-id: ");
    }
  }

  private static String ask(Door door, String line, String origin) throws Exception {
    try (var raw = door.raw()) {
      return raw.send(line + " HTTP/1.1\r\nhost: localhost\r\norigin: " + origin + "\r\n\r\n")
          .readReply();
    }
  }
}
