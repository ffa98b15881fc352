package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class UsageWriterIT {
  private static final int SEGMENT = 256 << 10;

  private static final PriceTable PRICES =
      ((PriceFile.Result.Loaded) PriceFile.read(Path.of("conf/prices.yaml"))).table();

  @TempDir Path root;
  private Journals journal;
  private UsageWriter writer;

  @BeforeEach
  void open(Vertx vertx, TestDatabase database) throws Exception {
    journal = new Journals(root, SEGMENT, 8);
    writer = new UsageWriter(vertx, database.database(vertx), journal.directory, List.of());
    writer.start();
  }

  @AfterEach
  void close() throws InterruptedException {
    writer.stop();
    journal.close();
  }

  /** Then the journal is the only one who knows of it, and must not be removed. */
  @Test
  void aCallThatHasNotEndedIsLeftWhenTheWriterStops() throws Exception {
    journal.call(UsageRecords.of("ended-user"));
    journal.admitted(UsageRecords.of("cut-off-user"));
    writer.flush().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    writer.stop();

    assertThat(writer.nothingLeft()).isFalse();
  }

  @Test
  void nothingIsLeftOfCallsThatHaveEndedAndAreWritten() throws Exception {
    journal.call(UsageRecords.of("ended-user"));
    writer.flush().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    writer.stop();

    assertThat(writer.nothingLeft()).isTrue();
  }

  @Test
  void everyColumnOfARecordArrives(Vertx vertx, TestDatabase database) throws Exception {
    var record = UsageRecords.of("column-user");

    append(record);

    var row = database.query("SELECT * FROM ai_usage_metrics WHERE id = ?", record.id()).getFirst();
    assertThat(row)
        .containsEntry("user_id", "column-user")
        .containsEntry("function_name", "chat")
        .containsEntry("provider", "perplexity")
        .containsEntry("model", "perplexity/sonar")
        .containsEntry("status", "ok")
        .containsEntry("execution_time_ms", 1_234L)
        .containsEntry("time_to_first_byte_ms", 56L)
        .containsEntry("retry_count", 1)
        .containsEntry("prompt_tokens", 1_000L)
        .containsEntry("completion_tokens", 200L)
        .containsEntry("prompt_tokens_cached", 100L)
        .containsEntry("prompt_tokens_cache_written", 70L)
        .containsEntry("reasoning_tokens", 50L)
        .containsEntry("cost_usd", new BigDecimal("0.000012345"))
        .containsEntry("provider_cost_usd", new BigDecimal("0.000012000"))
        .containsEntry("correlation_id", "order-7")
        .containsEntry("repairs", 2)
        .containsEntry("fallback", record.fallback())
        .containsEntry("time_clamped", false);
    assertThat(row.get("tags")).hasToString("{\"team\": \"growth\"}");
    assertThat(row.get("attempts").toString())
        .contains("1200", "\"at\":", "\"simulated\": false")
        .contains("\"prompt_tokens\": 1000", "\"prompt_tokens_cached\": 100")
        .contains("\"prompt_tokens_written_5m\": 30", "\"prompt_tokens_written_1h\": 40")
        .contains("\"completion_tokens\": 200", "\"reasoning_tokens\": 50")
        .contains("\"searches\": 1");
    assertThat(row.get("key_id")).isEqualTo(record.key());
  }

  @Test
  void aRecordWithoutAPriceArrivesWithoutACost(Vertx vertx, TestDatabase database)
      throws Exception {

    append(UsageRecords.unpriced("unpriced"), UsageRecords.of("unpriced"));

    assertThat(
            database.value(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'unpriced' AND cost_usd IS"
                    + " NULL"))
        .isEqualTo(1L);
  }

  @Test
  void aRecordThatComesTwiceIsWrittenOnce(Vertx vertx, TestDatabase database) throws Exception {
    var record = UsageRecords.of("twice");

    append(record, record);
    append(record);

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'twice'"))
        .isEqualTo(1L);
  }

  @Test
  void aThousandRecordsArrive(Vertx vertx, TestDatabase database) throws Exception {

    append(
        IntStream.range(0, 1_234)
            .mapToObj(_ -> UsageRecords.of("many"))
            .toArray(UsageRecord[]::new));

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'many'"))
        .isEqualTo(1_234L);
    assertThat(writer.written()).isEqualTo(1_234L);
  }

  @Test
  void aRecordThatTheDatabaseRefusesHoldsUpNoOther(Vertx vertx, TestDatabase database)
      throws Exception {
    var poison = UsageRecords.at(Instant.now(), "poison", "nul \0 is no text");

    append(UsageRecords.of("healthy"), poison, UsageRecords.of("healthy"));

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'healthy'"))
        .isEqualTo(2L);
    assertThat(writer.setAside()).isEqualTo(1);
    assertThat(database.value("SELECT count(*) FROM usage_rejects WHERE user_id = 'poison'"))
        .isEqualTo(1L);
  }

  /**
   * A trigger of the operator's own, say: nothing tells that it is the record's fault but that it
   * is alone.
   */
  @Test
  void aRecordThatIsAlwaysRefusedWhileOthersAreTakenIsSetAside(Vertx vertx, TestDatabase database)
      throws Exception {
    database.execute(
        """
        CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.user_id = 'cursed' THEN
            RAISE EXCEPTION 'not with me';
          END IF;
          RETURN NEW;
        END
        $$;
        CREATE TRIGGER curse BEFORE INSERT ON ai_usage_metrics FOR EACH ROW EXECUTE FUNCTION curse();
        """);
    try {
      append(UsageRecords.of("lucky"), UsageRecords.of("cursed"), UsageRecords.of("lucky"));
    } finally {
      database.execute("DROP TRIGGER curse ON ai_usage_metrics; DROP FUNCTION curse()");
    }

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'lucky'"))
        .isEqualTo(2L);
    assertThat(writer.setAside()).isEqualTo(1);
    assertThat(database.value("SELECT reason FROM usage_rejects WHERE user_id = 'cursed'"))
        .asString()
        .contains("not with me");
  }

  @Test
  void aBusyNodeHasTimeToSendABatch(Vertx vertx, TestDatabase database) throws Exception {
    database.execute(
        """
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.function_name := current_setting('idle_in_transaction_session_timeout');
          RETURN NEW;
        END
        $$;
        CREATE TRIGGER tell BEFORE INSERT ON ai_usage_metrics FOR EACH ROW EXECUTE FUNCTION tell();
        """);
    try {
      append(UsageRecords.of("unhurried"));
    } finally {
      database.execute("DROP TRIGGER tell ON ai_usage_metrics; DROP FUNCTION tell()");
    }

    assertThat(
            database.value(
                "SELECT function_name FROM ai_usage_metrics WHERE user_id = 'unhurried'"))
        .as("silence that the server suffers in its transaction")
        .isEqualTo("15s");
  }

  @Test
  void aClockThatIsYearsOffLosesNothing(Vertx vertx, TestDatabase database) throws Exception {

    append(
        UsageRecords.at(Instant.parse("1999-01-01T00:00:00Z"), "stepped", "chat"),
        UsageRecords.at(Instant.parse("2399-01-01T00:00:00Z"), "stepped", "chat"));

    assertThat(
            database.value(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'stepped' AND time_clamped"))
        .isEqualTo(2L);
  }

  @Test
  void recordsWaitWhileTheTableIsAwayAndArriveOnceWhenItIsBack(Vertx vertx, TestDatabase database)
      throws Exception {
    database.execute("ALTER TABLE ai_usage_metrics RENAME TO ai_usage_metrics_away");
    Future<Void> flushed;
    try {
      journal.call(UsageRecords.of("patient"));
      flushed = writer.flush();
    } finally {
      database.execute("ALTER TABLE ai_usage_metrics_away RENAME TO ai_usage_metrics");
    }

    flushed.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'patient'"))
        .isEqualTo(1L);
  }

  @Test
  void aRecordWhoseTimeWasMovedFindsItsRowAgainWhenThereAreMorePartitions(
      Vertx vertx, TestDatabase database) throws Exception {
    var future = Instant.now().plus(Duration.ofDays(200)).truncatedTo(ChronoUnit.MICROS);
    var record = UsageRecords.at(future, "moved", "chat");
    append(record);
    database.execute("SELECT weir_make_partitions(9)");

    append(record);

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'moved'"))
        .isEqualTo(1L);
  }

  @Test
  void aLateEndReplacesAnInterruptedCallAndTheSumsMoveByTheDifference(
      Vertx vertx, TestDatabase database) throws Exception {
    var ended = UsageRecords.of("late");
    var batches = new BatchWriter(vertx, database.database(vertx));
    done(batches.write(List.of(UsageRecords.interrupted(ended, 7))));
    assertThat(daily(database, "late")).isEqualTo(new BigDecimal("0.000000007"));

    append(ended);
    append(ended);
    // And never the other way round.
    done(batches.write(List.of(UsageRecords.interrupted(ended, 9))));

    assertThat(database.query("SELECT * FROM ai_usage_metrics WHERE user_id = 'late'"))
        .singleElement()
        .satisfies(
            row ->
                assertThat(row)
                    .containsEntry("status", "ok")
                    .containsEntry("prompt_tokens", 1_000L)
                    .containsEntry("cost_usd", new BigDecimal("0.000012345")));
    assertThat(daily(database, "late")).isEqualTo(new BigDecimal("0.000012345"));
    assertThat(database.value("SELECT sum(calls)::bigint FROM usage_daily WHERE user_id = 'late'"))
        .isEqualTo(1L);
  }

  @Test
  void ofTwoRecordsOfOneCallInABatchTheOneThatSawTheEndIsKept(Vertx vertx, TestDatabase database)
      throws Exception {
    var ended = UsageRecords.of("pair");

    done(
        new BatchWriter(vertx, database.database(vertx))
            .write(
                List.of(
                    UsageRecords.interrupted(ended, 7),
                    ended,
                    UsageRecords.interrupted(ended, 9))));

    assertThat(database.value("SELECT status FROM ai_usage_metrics WHERE user_id = 'pair'"))
        .isEqualTo("ok");
  }

  @Test
  void aBatchWhoseRowsDoNotAddUpIsNotTakenForWritten(Vertx vertx, TestDatabase database)
      throws Exception {
    database.execute(
        """
        CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RETURN CASE WHEN NEW.user_id = 'swallowed' THEN NULL ELSE NEW END;
        END
        $$;
        CREATE TRIGGER swallow BEFORE INSERT ON ai_usage_metrics
          FOR EACH ROW EXECUTE FUNCTION swallow();
        """);
    Future<Void> written;
    try {
      var table = new UsageTable(database.database(vertx));
      var failed = table.insert(List.of(UsageRecords.of("kept"), UsageRecords.of("swallowed")));
      assertThat(failed.toCompletionStage().toCompletableFuture())
          .failsWithin(20, TimeUnit.SECONDS)
          .withThrowableThat()
          .withMessageContaining("of 2 records only 1");
      written =
          new BatchWriter(vertx, database.database(vertx))
              .write(List.of(UsageRecords.of("swallowed")));
    } finally {
      // No lock on the table, for which the writer in its retries would have to wait.
      database.execute(
          "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
              + " $$ BEGIN RETURN NEW; END $$");
    }

    done(written);
    database.execute("DROP TRIGGER swallow ON ai_usage_metrics; DROP FUNCTION swallow()");

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'swallowed'"))
        .isEqualTo(1L);
    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'kept'"))
        .isEqualTo(0L);
  }

  @Test
  void segmentsAreGivenBackWhenTheirCallsAreWritten(Vertx vertx, TestDatabase database)
      throws Exception {
    // Several times what the journal may take at once.
    for (var i = 0; i < 6_000; i++) {
      journal.call(UsageRecords.of("many-segments"));
    }
    flush();

    assertThat(
            database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'many-segments'"))
        .isEqualTo(6_000L);
    Eventually.until("it has room", () -> journal.directory.bytes() <= 3 * SEGMENT);
  }

  @Test
  void aCallThatGoesOnKeepsTheSegmentOfItsBeginning(Vertx vertx, TestDatabase database)
      throws Exception {
    var long_ = UsageRecords.of("long-call");
    journal.admitted(long_);
    for (var i = 0; i < 2_000; i++) {
      journal.call(UsageRecords.of("short-calls"));
    }
    flush();
    journal.kill();
    writer.stop();

    new Replay(vertx, database.database(vertx), () -> PRICES, _ -> Future.succeededFuture())
        .run(root);

    assertThat(database.value("SELECT status FROM ai_usage_metrics WHERE user_id = 'long-call'"))
        .isEqualTo("interrupted");
    assertThat(
            database.value(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'short-calls' AND status ="
                    + " 'ok'"))
        .isEqualTo(2_000L);
  }

  private void append(UsageRecord... records) throws Exception {
    for (var record : records) {
      journal.call(record);
    }
    flush();
  }

  private void flush() throws Exception {
    done(writer.flush());
  }

  private static void done(Future<Void> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Object daily(TestDatabase database, String user) throws Exception {
    return database.value("SELECT sum(cost_usd) FROM usage_daily WHERE user_id = ?", user);
  }
}
