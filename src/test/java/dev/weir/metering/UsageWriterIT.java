package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class UsageWriterIT {
  @Test
  void everyColumnOfARecordArrives(Vertx vertx, TestDatabase database) throws Exception {
    var writer = new UsageWriter(vertx, database.database(vertx), 10);
    var record = UsageRecords.of("column-user");

    append(writer, record);

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
        .containsEntry("time_clamped", false);
    assertThat(row.get("tags")).hasToString("{\"team\": \"growth\"}");
    assertThat(row.get("attempts").toString())
        .contains("1200", "\"at\":", "\"simulated\": false", "\"estimated\": false")
        .contains("\"prompt_tokens\": 1000", "\"prompt_tokens_cached\": 100")
        .contains("\"prompt_tokens_written_5m\": 30", "\"prompt_tokens_written_1h\": 40")
        .contains("\"completion_tokens\": 200", "\"reasoning_tokens\": 50")
        .contains("\"searches\": 1");
    assertThat(row.get("key_id")).isEqualTo(record.key());
  }

  @Test
  void aRecordWithoutAPriceArrivesWithoutACost(Vertx vertx, TestDatabase database)
      throws Exception {
    var writer = new UsageWriter(vertx, database.database(vertx), 10);

    append(writer, UsageRecords.unpriced("unpriced"), UsageRecords.of("unpriced"));

    assertThat(
            database.value(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'unpriced' AND cost_usd IS"
                    + " NULL"))
        .isEqualTo(1L);
  }

  @Test
  void aRecordThatComesTwiceIsWrittenOnce(Vertx vertx, TestDatabase database) throws Exception {
    var writer = new UsageWriter(vertx, database.database(vertx), 10);
    var record = UsageRecords.of("twice");

    append(writer, record, record);
    append(writer, record);

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'twice'"))
        .isEqualTo(1L);
  }

  @Test
  void aThousandRecordsArriveAndAllRoomIsGivenBack(Vertx vertx, TestDatabase database)
      throws Exception {
    var writer = new UsageWriter(vertx, database.database(vertx), 2_000);

    append(
        writer,
        IntStream.range(0, 1_234)
            .mapToObj(_ -> UsageRecords.of("many"))
            .toArray(UsageRecord[]::new));

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'many'"))
        .isEqualTo(1_234L);
    assertThat(writer.pending()).isZero();
  }

  @Test
  void aRecordThatTheDatabaseRefusesHoldsUpNoOther(Vertx vertx, TestDatabase database)
      throws Exception {
    var writer = new UsageWriter(vertx, database.database(vertx), 10);
    var poison = UsageRecords.at(Instant.now(), "poison", "nul \0 is no text");

    append(writer, UsageRecords.of("healthy"), poison, UsageRecords.of("healthy"));

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'healthy'"))
        .isEqualTo(2L);
    assertThat(writer.setAside()).isEqualTo(1);
    assertThat(database.value("SELECT count(*) FROM usage_rejects WHERE user_id = 'poison'"))
        .isEqualTo(1L);
  }

  @Test
  void aClockThatIsYearsOffLosesNothing(Vertx vertx, TestDatabase database) throws Exception {
    var writer = new UsageWriter(vertx, database.database(vertx), 10);

    append(
        writer,
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
    var writer = new UsageWriter(vertx, database.database(vertx), 10);
    database.execute("ALTER TABLE ai_usage_metrics RENAME TO ai_usage_metrics_away");
    Future<Void> flushed;
    try {
      writer.reserve();
      writer.append(UsageRecords.of("patient"));
      flushed = writer.flush();
    } finally {
      database.execute("ALTER TABLE ai_usage_metrics_away RENAME TO ai_usage_metrics");
    }

    flushed.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);

    assertThat(database.value("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'patient'"))
        .isEqualTo(1L);
  }

  @Test
  void roomIsBounded(Vertx vertx, TestDatabase database) {
    var writer = new UsageWriter(vertx, database.database(vertx), 1);

    assertThat(writer.reserve()).isTrue();
    assertThat(writer.reserve()).isFalse();
    writer.release();
    assertThat(writer.reserve()).isTrue();
  }

  private static void append(UsageWriter writer, UsageRecord... records) throws Exception {
    for (var record : records) {
      assertThat(writer.reserve()).isTrue();
      writer.append(record);
    }
    writer.flush().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
