package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.access.ApiKey;
import dev.weir.gateway.Principal.Role;
import java.nio.file.Path;
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
  private final StubServer server = new StubServer().answers(KNOWN);
  private Shell shell;

  @BeforeEach
  void open() {
    shell = Shell.of(directory, server.url(), ApiKey.generate(Role.ADMIN).reveal());
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void aMonthIsASmallTable() {
    var run = shell.run("forecast", "--user", "ada lovelace");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(server.asked().uri()).isEqualTo("/api/forecast?by=user&id=ada+lovelace");
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

    assertThat(server.asked().uri()).isEqualTo("/api/forecast?by=total");
    assertThat(run.out()).contains("\"expected\" : 9.871");
  }

  @Test
  void aRefusalIsASentence() {
    server.answers(401, "{\"detail\": \"This key is not known.\", \"retryable\": false}");

    var run = shell.run("forecast", "--function", "letters");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("This key is not known.");
    assertThat(shell.run("forecast", "--function", "a", "--user", "b").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }
}
