package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.access.ApiKey;
import dev.weir.core.Json;
import dev.weir.gateway.Principal.Role;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallCommandTest {
  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final String key = ApiKey.generate(Role.USER).reveal();
  private final AtomicReference<JsonNode> received = new AtomicReference<>(Json.object());
  private final AtomicReference<MultiMap> headers =
      new AtomicReference<>(MultiMap.caseInsensitiveMultiMap());
  private volatile int status = 200;
  private volatile String type = "application/json";
  private volatile String answer = "{\"success\":true,\"data\":{\"letter\":\"Dear\"},\"meta\":{}}";
  private HttpServer server;
  private Shell shell;

  @BeforeEach
  void open() {
    server =
        vertx
            .createHttpServer()
            .requestHandler(
                request ->
                    request
                        .body()
                        .onSuccess(
                            body -> {
                              headers.set(request.headers());
                              var response = request.response().putHeader("content-type", type);
                              if (request.method().name().equals("GET")) {
                                response.end(
                                    "{\"success\":true,\"data\":{\"example\":{\"role\":\"nurse\"}}}");
                              } else {
                                received.set(Json.parse(body));
                                response.setStatusCode(status).end(answer);
                              }
                            }))
            .listen(0, "127.0.0.1")
            .await();
    shell =
        new Shell(directory)
            .env("WEIR_KEY", key)
            .env("WEIR_URL", "http://127.0.0.1:" + server.actualPort());
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void theReplyIsPrintedAndTheKeySent() {
    var run = shell.run("call", "cover-letter", "--input", "{\"role\": \"cook\"}", "--user", "ada");

    assertThat(run.exitCode()).isZero();
    assertThat(Json.parse(run.out()).at("/data/letter").asText()).isEqualTo("Dear");
    assertThat(received.get().at("/input/role").asText()).isEqualTo("cook");
    assertThat(headers.get().get("authorization")).isEqualTo("Bearer " + key);
    assertThat(headers.get().get("x-weir-user")).isEqualTo("ada");
  }

  @Test
  void theDataAloneIsPrintedOnRequest() {
    var run = shell.run("call", "cover-letter", "--input", "{}", "--data");

    assertThat(Json.parse(run.out())).isEqualTo(Json.object().put("letter", "Dear"));
  }

  @Test
  void inputComesFromAFileOrTheStandardInputOrTheFunction() throws IOException {
    Files.writeString(directory.resolve("in.json"), "{\"role\": \"file\"}");

    shell.run("call", "f", "--input", "@in.json");
    assertThat(received.get().at("/input/role").asText()).isEqualTo("file");

    shell.typing("{\"role\": \"pipe\"}").run("call", "f", "--input", "-");
    assertThat(received.get().at("/input/role").asText()).isEqualTo("pipe");

    shell.run("call", "f", "--example");
    assertThat(received.get().at("/input/role").asText()).isEqualTo("nurse");
  }

  @Test
  void optionsOfTheCallAreSent() {
    shell.run("call", "f", "--input", "{}", "--timeout", "1500", "--cache", "off");

    assertThat(received.get().path("options"))
        .isEqualTo(Json.object().put("timeout_ms", 1500).put("cache", "off"));
  }

  @Test
  void aRefusalIsASentenceAndAnExitCode() {
    status = 404;
    answer =
        """
        {"success": false, "error": {"code": "NOT_FOUND", "message": "There is no such function.",
         "retryable": false, "request_id": "0199"}}
        """;

    var run = shell.run("call", "f", "--input", "{}");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualToIgnoringNewLines("weir: NOT_FOUND: There is no such function. (request 0199)");
  }

  @Test
  void whatMaySucceedLaterHasItsOwnExitCode() {
    status = 429;
    answer =
        "{\"success\":false,\"error\":{\"code\":\"RATE_LIMITED\",\"message\":\"m\",\"retryable\":true}}";

    assertThat(shell.run("call", "f", "--input", "{}").exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(shell.run("call", "f", "--input", "{}", "--stream").exitCode())
        .isEqualTo(ExitCode.TRY_LATER);
  }

  @Test
  void whatIsNotWeirIsSaidSo() {
    answer = "<html>";

    var run = shell.run("call", "f", "--input", "{}");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("no JSON");
  }

  @Test
  void aStreamIsPrintedAsItComes() {
    type = "text/event-stream";
    answer =
        """
        : ping

        event: delta
        data: {"text":"{\\"a\\":"}

        event: delta
        data: {"text":"1}"}

        event: result
        data: {"a":1}

        event: meta
        data: {"provider":"sandbox","model":"sonar","execution_time_ms":12,"cost_usd":0.001,"usage":{"input_tokens":3,"output_tokens":4},"request_id":"r1"}

        """;

    var run = shell.run("call", "f", "--input", "{}", "--stream");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualToIgnoringNewLines("{\"a\":1}");
    assertThat(run.err()).contains("sandbox sonar, 12 ms, 3 + 4 tokens, 0.001 USD (request r1)");
    assertThat(received.get().path("stream").asBoolean()).isTrue();
  }

  @Test
  void aRepairedResultFollowsTheText() {
    type = "text/event-stream";
    answer = "event: delta\ndata: {\"text\":\"{a:1\"}\n\nevent: result\ndata: {\"a\":1}\n\n";

    var run = shell.run("call", "f", "--input", "{}", "--stream");

    assertThat(run.out()).startsWith("{a:1").contains("\"a\" : 1");
  }

  @Test
  void aStreamThatFailsOrEndsEarlyIsNoSuccess() {
    type = "text/event-stream";
    answer =
        "event: error\n"
            + "data: {\"code\":\"PROVIDER_ERROR\",\"message\":\"cut\",\"retryable\":true}\n\n";
    var broken = shell.run("call", "f", "--input", "{}", "--stream");
    answer = "event: delta\ndata: {\"text\":\"half\"}\n\n";
    var cut = shell.run("call", "f", "--input", "{}", "--stream");

    assertThat(broken.exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(broken.err()).contains("PROVIDER_ERROR: cut");
    assertThat(cut.exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(cut.err()).contains("ended before");
  }
}
