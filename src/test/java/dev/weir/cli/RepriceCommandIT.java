package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admin.AdminFixture;
import dev.weir.core.Json;
import dev.weir.testing.TestDatabase;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir usage reprice} against a management API on a real socket. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RepriceCommandIT {
  private final String today = LocalDate.now(ZoneOffset.UTC).toString();
  private final String tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1).toString();
  private AdminFixture server;
  private TestDatabase database;
  private Shell shell;

  @BeforeAll
  void open(TestDatabase given) {
    database = given;
    server = new AdminFixture(given);
  }

  @AfterAll
  void close() {
    server.close();
  }

  @BeforeEach
  void oneUnpricedRow(@TempDir Path directory) {
    shell = Shell.of(directory, server.url(), server.adminKey());
    database.execute("TRUNCATE ai_usage_metrics, usage_hourly, usage_daily, usage_repricings");
    database.execute(
        """
        INSERT INTO ai_usage_metrics (
          id, started_at, billing_month, user_id, function_name, model, status, execution_time_ms, attempts)
        VALUES (gen_random_uuid(), ?::timestamptz,
          date_trunc('month', ?::timestamptz, 'UTC') AT TIME ZONE 'UTC', 'u', 'f', 'openai/gpt-5-mini', 'ok', 5,
          '[{"model": "openai/gpt-5-mini", "prompt_tokens": 4000, "completion_tokens": 500, "searches": 0}]')
        """,
        today + "T00:00:00Z",
        today + "T00:00:00Z");
  }

  @Test
  void aDryRunShowsWhatWouldChange() {
    var run = shell.run("usage", "reprice", "--from", today, "--to", tomorrow, "--dry-run");

    assertThat(run.exitCode()).as(run.err()).isZero();
    // 4,000 x 0.25 + 500 x 2 millionths
    assertThat(run.out()).containsPattern("openai/gpt-5-mini +1 +1 +0 +0.000000 +0.002000");
    assertThat(run.out()).contains("dry run");
    assertThat(run.err()).isEmpty();
    assertThat(database.count("SELECT count(*) FROM ai_usage_metrics WHERE cost_usd IS NULL"))
        .isEqualTo(1);
  }

  @Test
  void aRunChangesTheRowsAndItsTraceNamesTheKey() {
    var run = shell.run("usage", "reprice", "--from", today, "--to", tomorrow, "--json");

    assertThat(run.exitCode()).as(run.err()).isZero();
    var json = Json.parse(run.out());
    assertThat(json.path("status").asText()).isEqualTo("done");
    assertThat(json.path("rows_changed").asInt()).isEqualTo(1);
    assertThat(json.path("asked_by").asText())
        .isEqualTo(
            database
                .value("SELECT id FROM api_keys WHERE role = 'admin' ORDER BY created_at LIMIT 1")
                .toString());
    assertThat(database.value("SELECT sum(cost_usd)::text FROM usage_daily"))
        .isEqualTo("0.002000000");
  }

  @Test
  void aTerminalSeesABar() {
    var run = shell.onATerminal().run("usage", "reprice", "--from", today, "--to", tomorrow);

    assertThat(run.err()).contains("[##############################] 1 of about 1 rows");
  }

  @Test
  void whatIsNoOrderIsRefusedWithItsReason() {
    assertThat(shell.run("usage", "reprice", "--from", tomorrow, "--to", today).err())
        .contains("'from' must lie before 'to'");
    assertThat(shell.run("usage", "reprice", "--from", "soon", "--to", today).err())
        .contains("'from'");
    assertThat(shell.run("usage", "reprice", "--from", today).exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(
            shell
                .env("WEIR_ADMIN_KEY", "weir_a_wrong")
                .run("usage", "reprice", "--from", today, "--to", tomorrow)
                .exitCode())
        .isEqualTo(ExitCode.FAILED);
  }
}
