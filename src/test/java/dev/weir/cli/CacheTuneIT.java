package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.app.RunningWeir;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What {@code weir cache tune} costs is reserved, recorded, and told to the last digit. */
@ExtendWith(TestDatabase.Extension.class)
class CacheTuneIT {
  private static final Pattern COST = Pattern.compile("the embeddings cost (\\S+) USD");

  @TempDir private Path directory;
  private RunningWeir weir;
  private TestDatabase database;
  private Shell shell;

  @BeforeEach
  void start(TestDatabase given) {
    database = given;
    database.execute("TRUNCATE ai_usage_metrics, subject_limits");
    weir =
        RunningWeir.sandboxed(
            given,
            "WEIR_CACHE_MODE",
            "on",
            "WEIR_CACHE_EMBEDDING_MODEL",
            "openai/text-embedding-3-small");
    shell = Shell.of(directory, weir);
  }

  @AfterEach
  void stop() {
    weir.close();
  }

  private void pairs(int count) throws IOException {
    var lines = new java.util.ArrayList<String>();
    for (var i = 0; i < count; i++) {
      var pair = Json.object().put("function", "linkedin-post").put("same", i % 2 == 0);
      pair.putObject("a").put("topic", "how weirs work, part " + i);
      pair.putObject("b").put("topic", "how do weirs work in part " + (i + i % 2));
      lines.add(pair.toString());
    }
    Files.write(directory.resolve("pairs.jsonl"), lines);
  }

  private static BigDecimal told(Shell.Run run) {
    var found = COST.matcher(run.out());
    assertThat(found.find()).as(run.out()).isTrue();
    return new BigDecimal(found.group(1));
  }

  private void awaitRecords(int records) {
    Eventually.until(
        "every comparison has its record",
        () ->
            database.count("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'weir-warm-up'")
                == records);
  }

  private BigDecimal recorded() {
    return (BigDecimal)
        database.value(
            "SELECT coalesce(sum(cost_usd), 0) FROM ai_usage_metrics WHERE user_id ="
                + " 'weir-warm-up'");
  }

  @Test
  void everyComparisonIsACallOfItsOwnWithTwoAttemptsAndTheMoneyIsWhatItTells() throws IOException {
    pairs(25); // more than a newcomer may make in a day

    var run = shell.run("cache", "tune", "pairs.jsonl");

    assertThat(run.exitCode()).as(run.err()).isZero();
    awaitRecords(25);
    assertThat(told(run)).isPositive().isEqualByComparingTo(recorded());
    assertThat(
            database.query(
                "SELECT DISTINCT function_name, cache_status, jsonb_array_length(attempts) AS"
                    + " attempts, door, error_code FROM ai_usage_metrics WHERE user_id ="
                    + " 'weir-warm-up'"))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row).containsEntry("function_name", "linkedin-post@tune");
              assertThat(row).containsEntry("cache_status", "off");
              assertThat(row).containsEntry("attempts", 2);
              assertThat(row).containsEntry("door", "own");
              assertThat(row).containsEntry("error_code", null);
            });
  }

  @Test
  void aSpentBudgetIsToldAndEndsItWithWhatWasMeasuredUntilThen() throws IOException {
    pairs(3);
    database.execute(
        "INSERT INTO subject_limits VALUES ('user', 'weir-warm-up', 'usd', 'month', 0)");

    var run = shell.run("cache", "tune", "pairs.jsonl");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("The budget of 0 USD a month of this user is spent");
    assertThat(run.out()).contains("0 pairs");
    awaitRecords(1);
    assertThat(told(run)).isEqualByComparingTo(recorded()).isZero();
  }

  @Test
  void aFileThatLacksAJudgementIsRefusedBeforeAnythingIsPaidFor() throws IOException {
    Files.write(
        directory.resolve("pairs.jsonl"),
        List.of(
            "{\"function\": \"linkedin-post\", \"a\": {\"topic\": \"x\"}, \"b\": {\"topic\":"
                + " \"y\"}, \"same\": true}",
            "{\"function\": \"linkedin-post\", \"a\": {\"topic\": \"x\"}, \"b\": {\"topic\":"
                + " \"y\"}}"));

    var run = shell.run("cache", "tune", "pairs.jsonl");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("Line 2 does not say");
  }
}
