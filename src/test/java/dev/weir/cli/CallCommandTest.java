package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.access.ApiKey;
import dev.weir.core.Json;
import dev.weir.gateway.Principal.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallCommandTest {
  @TempDir Path directory;
  private final String key = ApiKey.generate(Role.USER).reveal();
  private final StubServer server =
      new StubServer().answers("{\"success\":true,\"data\":{\"letter\":\"Dear\"},\"meta\":{}}");
  private Shell shell;

  @BeforeEach
  void open() {
    shell = new Shell(directory).env("WEIR_KEY", key).env("WEIR_URL", server.url());
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void theReplyIsPrintedAndTheKeySent() {
    var run = shell.run("call", "cover-letter", "--input", "{\"role\": \"cook\"}", "--user", "ada");

    assertThat(run.exitCode()).isZero();
    assertThat(Json.parse(run.out()).at("/data/letter").asText()).isEqualTo("Dear");
    assertThat(server.asked().body().at("/input/role").asText()).isEqualTo("cook");
    assertThat(server.asked().headers().get("authorization")).isEqualTo("Bearer " + key);
    assertThat(server.asked().headers().get("x-weir-user")).isEqualTo("ada");
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
    assertThat(server.asked().body().at("/input/role").asText()).isEqualTo("file");

    shell.typing("{\"role\": \"pipe\"}").run("call", "f", "--input", "-");
    assertThat(server.asked().body().at("/input/role").asText()).isEqualTo("pipe");

    server.answers("{\"success\":true,\"data\":{\"example\":{\"role\":\"nurse\"}}}");
    shell.run("call", "f", "--example");
    assertThat(server.asked().body().at("/input/role").asText()).isEqualTo("nurse");
  }

  @Test
  void optionsOfTheCallAreSent() {
    shell.run("call", "f", "--input", "{}", "--timeout", "1500", "--cache", "off");

    assertThat(server.asked().body().path("options"))
        .isEqualTo(Json.object().put("timeout_ms", 1500).put("cache", "off"));
  }

  @Test
  void aRefusalIsASentenceAndAnExitCode() {
    server.answers(
        404,
        """
        {"success": false, "error": {"code": "NOT_FOUND", "message": "There is no such function.",
         "retryable": false, "request_id": "0199"}}
        """);

    var run = shell.run("call", "f", "--input", "{}");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualToIgnoringNewLines("weir: NOT_FOUND: There is no such function. (request 0199)");
  }

  @Test
  void whatMaySucceedLaterHasItsOwnExitCode() {
    server.answers(
        429,
        "{\"success\":false,\"error\":{\"code\":\"RATE_LIMITED\",\"message\":\"m\",\"retryable\":true}}");

    assertThat(shell.run("call", "f", "--input", "{}").exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(shell.run("call", "f", "--input", "{}", "--stream").exitCode())
        .isEqualTo(ExitCode.TRY_LATER);
  }

  @Test
  void whatIsNotWeirIsSaidSo() {
    server.answers("<html>");

    var run = shell.run("call", "f", "--input", "{}");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("no JSON");
  }

  @Test
  void aStreamIsPrintedAsItComes() {
    server.streams(
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

        """);

    var run = shell.run("call", "f", "--input", "{}", "--stream");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualToIgnoringNewLines("{\"a\":1}");
    assertThat(run.err()).contains("sandbox sonar, 12 ms, 3 + 4 tokens, 0.001 USD (request r1)");
    assertThat(server.asked().body().path("stream").asBoolean()).isTrue();
  }

  @Test
  void aRepairedResultFollowsTheText() {
    server.streams("event: delta\ndata: {\"text\":\"{a:1\"}\n\nevent: result\ndata: {\"a\":1}\n\n");

    var run = shell.run("call", "f", "--input", "{}", "--stream");

    assertThat(run.out()).startsWith("{a:1").contains("\"a\" : 1");
  }

  @Test
  void aStreamThatFailsOrEndsEarlyIsNoSuccess() {
    server.streams(
        "event: error\n"
            + "data: {\"code\":\"PROVIDER_ERROR\",\"message\":\"cut\",\"retryable\":true}\n\n");
    var broken = shell.run("call", "f", "--input", "{}", "--stream");
    server.streams("event: delta\ndata: {\"text\":\"half\"}\n\n");
    var cut = shell.run("call", "f", "--input", "{}", "--stream");

    assertThat(broken.exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(broken.err()).contains("PROVIDER_ERROR: cut");
    assertThat(cut.exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(cut.err()).contains("ended before");
  }
}
