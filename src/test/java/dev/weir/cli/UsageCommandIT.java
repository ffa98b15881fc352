package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admin.AdminFixture;
import dev.weir.core.Json;
import dev.weir.testing.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir usage} against a management API. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UsageCommandIT {
  private AdminFixture server;
  private Shell shell;

  @BeforeAll
  void open(TestDatabase database) {
    server = new AdminFixture(database);
    database.execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, provider, model, status,
          execution_time_ms, prompt_tokens, completion_tokens, cost_usd)
        SELECT gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, 'ann', 'cover-letter', 'p', 'p/m',
          'ok', 100, 10, 5, 0.25
        FROM generate_series(1, 8)\
        """);
  }

  @AfterAll
  void close() {
    server.close();
  }

  @BeforeEach
  void shell(@TempDir Path directory) {
    shell = Shell.of(directory, server.url(), server.adminKey());
  }

  @Test
  void byDefaultItDrawsTheDaysAndNamesTheTopFunctions() {
    var run = shell.env("LANG", "en_US.UTF-8").run("usage");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("\u2588").contains("$2.0000").contains("8 calls");
    assertThat(run.out()).contains("cover-letter").contains("p95 ms");
  }

  @Test
  void byShowsATable() {
    var run = shell.run("usage", "--by", "user,model");

    assertThat(run.out().lines().toList()).hasSize(2);
    assertThat(run.out()).contains("ann").contains("p/m").contains("$2.0000");
  }

  @Test
  void jsonAndCsvAreForPrograms() {
    var json = shell.run("usage", "--by", "function", "--json");
    var csv = shell.run("usage", "--by", "function", "--csv");

    assertThat(Json.parse(json.out()).at("/data/0/cost_usd").decimalValue())
        .isEqualByComparingTo("2");
    assertThat(csv.out()).startsWith("function,calls").contains("\r\ncover-letter,8,0,");
  }

  @Test
  void whatTheServiceRefusesIsSaid() {
    var run = shell.run("usage", "--by", "colour");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("colour").contains("function");
  }

  @Test
  void theHelpHasExamples() {
    assertThat(shell.run("usage", "--help").out()).contains("--by tag:team").contains("--interval");
  }
}
