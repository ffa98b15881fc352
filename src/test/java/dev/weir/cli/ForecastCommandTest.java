package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.access.ApiKey;
import dev.weir.gateway.Principal.Role;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForecastCommandTest {
  private static final String KNOWN =
      """
      {"by": "user", "id": "ada", "month": "2026-11", "month_to_date": {"settled": 3.456}, "expected": 9.871,
       "interval_80": {"low": 8, "high": 12.5}, "interval_95": null, "method": "holt_winters", "pooled": true, "budget": 10,
       "exhaustion": {"p10": "2026-11-26", "p50": "2026-11-29", "p90": null, "not_this_month": 0.42}}\
      """;

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final AtomicReference<String> asked = new AtomicReference<>("");
  private volatile String answer = KNOWN;
  private volatile int status = 200;
  private HttpServer server;
  private Shell shell;

  @BeforeEach
  void open() {
    server =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> {
                  asked.set(request.uri());
                  request
                      .response()
                      .setStatusCode(status)
                      .putHeader("content-type", "application/json")
                      .end(answer);
                })
            .listen(0, "127.0.0.1")
            .await();
    shell =
        new Shell(directory)
            .env("WEIR_ADMIN_KEY", ApiKey.generate(Role.ADMIN).reveal())
            .env("WEIR_URL", "http://127.0.0.1:" + server.actualPort());
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void aMonthIsASmallTable() {
    var run = shell.run("forecast", "--user", "ada lovelace");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(asked.get()).isEqualTo("/api/forecast?by=user&id=ada+lovelace");
    assertThat(run.out())
        .contains("of         user ada")
        .contains("so far     3.46 USD")
        .contains("expected   9.87 USD")
        .contains("80 %       8.00 USD to 12.50 USD")
        .contains("95 %       too little history to tell")
        .contains("runs out   2026-11-29 (10 %: 2026-11-26, 90 %: later); not this month: 42 %")
        .contains("method     holt_winters, pooled interval");
  }

  @Test
  void withoutAnythingItIsTheTotalAndJsonIsJson() {
    var run = shell.run("forecast", "--json");

    assertThat(asked.get()).isEqualTo("/api/forecast?by=total");
    assertThat(run.out()).contains("\"expected\" : 9.871");
  }

  @Test
  void aRefusalIsASentence() {
    status = 401;
    answer = "{\"detail\": \"This key is not known.\", \"retryable\": false}";

    var run = shell.run("forecast", "--function", "letters");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("This key is not known.");
    assertThat(shell.run("forecast", "--function", "a", "--user", "b").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }
}
