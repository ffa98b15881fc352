package dev.weir.repricing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.Usd;
import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import dev.weir.repricing.Repricing.Sums;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** History is priced again by the prices of its own time, once, and leaves a trace. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class RepricerIT {
  private static final UUID ADMIN = new UUID(7, 7);
  private static final Instant TODAY =
      LocalDate.now(ZoneOffset.UTC).atStartOfDay().toInstant(ZoneOffset.UTC);
  private static final Order ALL =
      new Order(TODAY, TODAY.plus(1, ChronoUnit.DAYS), Optional.empty(), false);

  @TempDir private Path folder;
  private TestDatabase database;
  private Vertx vertx;

  @BeforeEach
  void empty(TestDatabase given, Vertx vertx) {
    database = given;
    this.vertx = vertx;
    database.execute(
        "TRUNCATE ai_usage_metrics, usage_hourly, usage_daily, usage_repricings, user_quotas");
  }

  @Test
  void aPriceThatComesLateFillsTheRowsAndTheRollUps() throws IOException {
    var id = row(TODAY, "a/b", line("a/b", 1_000, 100, ""), null);
    row(TODAY, "a/c", line("a/c", 1, 1, ""), null);

    var done = through(repricer("- {model: a/b, from: 2020-01-01, input: 2, output: 10}"), ALL);

    assertThat(cost(id)).isEqualByComparingTo("0.003");
    assertThat(
            database.value(
                "SELECT attempts -> 0 ->> 'cost_usd' FROM ai_usage_metrics WHERE id = ?", id))
        .isEqualTo("0.003000000");
    assertThat(done.changed()).isEqualTo(1);
    assertThat(done.unpriced()).isEqualTo(1);
    assertThat(done.models())
        .isEqualTo(
            Map.of(
                "a/b", new Sums(1, 1, 0, Usd.ZERO, new Usd(3_000_000)),
                "a/c", new Sums(1, 0, 1, Usd.ZERO, Usd.ZERO)));
    assertThat(database.count("SELECT sum(unpriced_calls) FROM usage_daily")).isEqualTo(1);
    assertThat((BigDecimal) database.value("SELECT sum(cost_usd) FROM usage_hourly"))
        .isEqualByComparingTo("0.003");
  }

  @Test
  void moneySettledAgainstABudgetMovesByTheDifference() throws IOException {
    row(TODAY, "a/b", line("a/b", 1_000, 0, ""), "1");
    row(TODAY, "a/b", line("a/b", 2_000, 0, ""), "5");
    assertThat(settled()).isEqualByComparingTo("6");

    through(repricer("- {model: a/b, from: 2020-01-01, input: 2, output: 10}"), ALL);

    assertThat(settled()).isEqualByComparingTo("0.006");
  }

  private BigDecimal settled() {
    return (BigDecimal)
        database.value(
            "SELECT sum(usd_settled) FROM user_quotas WHERE subject_kind = 'user' AND subject_id ="
                + " 'u'");
  }

  @Test
  void everyKindOfTokenIsPricedFromItsLine() throws IOException {
    var kinds =
        ", \"prompt_tokens_cached\": 400, \"prompt_tokens_written_5m\": 100,"
            + " \"prompt_tokens_written_1h\": 200, \"reasoning_tokens\": 50, \"searches\": 2";
    var id = row(TODAY, "a/b", line("a/b", 1_000, 100, kinds), null);

    through(
        repricer(
            "- {model: a/b, from: 2020-01-01, input: 1, cached: 0.1, cache_write: {5m: 1.25, 1h:"
                + " 2}, output: 10, reasoning: 20, request: 0.5, search: 0.01}"),
        ALL);

    // 300 x 1 + 400 x 0.1 + 100 x 1.25 + 200 x 2 + 50 x 10 + 50 x 20 millionths, 0.5 and 2 x 0.01
    assertThat(cost(id)).isEqualByComparingTo("0.522365");
  }

  @Test
  void thePricesOfTheMomentOfTheCallHold() throws IOException {
    var old = row(TODAY.minusSeconds(1), "a/b", line("a/b", 1_000_000, 0, ""), "9");
    var young = row(TODAY, "a/b", line("a/b", 1_000_000, 0, ""), "9");

    through(
        repricer(
            """
            - {model: a/b, from: 2020-01-01, input: 1, output: 1}
            - {model: a/b, from: %s, input: 2, output: 1}
            """
                .formatted(LocalDate.ofInstant(TODAY, ZoneOffset.UTC))),
        new Order(TODAY.minus(Duration.ofDays(1)), TODAY.plusSeconds(1), Optional.empty(), false));

    assertThat(cost(old)).isEqualByComparingTo("1");
    assertThat(cost(young)).isEqualByComparingTo("2");
  }

  @Test
  void aSecondTimeNothingChangesAndEachTimeLeavesATrace() throws IOException {
    row(TODAY, "a/b", line("a/b", 1_000, 100, ""), "1");
    var repricer = repricer("- {model: a/b, from: 2020-01-01, input: 2, output: 10}");

    var first = through(repricer, ALL);
    var second = through(repricer, ALL);

    assertThat(first.changed()).isEqualTo(1);
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(second.changed()).isZero();
    assertThat(
            database.query(
                "SELECT asked_by, span_from, span_to, rows_read, rows_changed, old_usd, new_usd,"
                    + " ended_at IS NOT NULL AS ended FROM usage_repricings ORDER BY began_at"))
        .satisfiesExactly(
            row ->
                assertThat(row)
                    .containsEntry("asked_by", ADMIN)
                    .containsEntry("rows_read", 1L)
                    .containsEntry("rows_changed", 1L)
                    .containsEntry("old_usd", new BigDecimal("1.000000000"))
                    .containsEntry("new_usd", new BigDecimal("0.003000000"))
                    .containsEntry("ended", true),
            row -> assertThat(row).containsEntry("rows_changed", 0L));
  }

  @Test
  void aDryRunTellsAndChangesNothing() throws IOException {
    var id = row(TODAY, "a/b", line("a/b", 1_000, 100, ""), "1");

    var done =
        through(
            repricer("- {model: a/b, from: 2020-01-01, input: 2, output: 10}"),
            new Order(ALL.from(), ALL.to(), Optional.empty(), true));

    assertThat(done.changed()).isEqualTo(1);
    assertThat(done.newCost()).isEqualTo(new Usd(3_000_000));
    assertThat(cost(id)).isEqualByComparingTo("1");
  }

  @Test
  void oneThatDiedGoesOnWhereItStoppedAndCountsNoRowTwice() throws IOException {
    for (var i = 0; i < 3; i++) {
      many(400);
    }
    var prices = "- {model: a/b, from: 2020-01-01, input: 1, output: 1}";
    var dies = repricer(prices);
    var begun = dies.begin(ALL, ADMIN).await();
    dies.step(begun.id()).await();

    var done = through(repricer(prices), ALL);

    assertThat(done.id()).isEqualTo(begun.id());
    assertThat(done.read()).isEqualTo(1_200);
    assertThat(done.changed()).isEqualTo(1_200);
    assertThat(done.expected()).isEqualTo(1_200);
    assertThat((BigDecimal) database.value("SELECT sum(cost_usd) FROM ai_usage_metrics"))
        .isEqualByComparingTo("0.0012");
    assertThat((BigDecimal) database.value("SELECT sum(cost_usd) FROM usage_daily"))
        .isEqualByComparingTo("0.0012");
  }

  @Test
  void aPriceTableThatChangedMeanwhileEndsTheOldOrder() throws IOException {
    many(3);
    var begun =
        repricer("- {model: a/b, from: 2020-01-01, input: 1, output: 1}").begin(ALL, ADMIN).await();
    var later = repricer("- {model: a/b, from: 2020-01-01, input: 3, output: 1}");

    assertThatThrownBy(() -> later.step(begun.id()).await())
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.message()).contains("price table"));
    assertThat(through(later, ALL).id()).isNotEqualTo(begun.id());
  }

  @Test
  void onlyTheSpanAndTheModelAreTouched() throws IOException {
    var before = row(TODAY.minusSeconds(1), "a/b", line("a/b", 1, 0, ""), "1");
    var other = row(TODAY, "a/c", line("a/c", 1, 0, ""), "1");
    var fallback = row(TODAY, "a/c", line("a/b", 1, 0, "") + "," + line("a/c", 1, 0, ""), "1");

    var done =
        through(
            repricer(
                """
                - {model: a/b, from: 2020-01-01, input: 2, output: 1}
                - {model: a/c, from: 2020-01-01, input: 3, output: 1}
                """),
            new Order(ALL.from(), ALL.to(), Optional.of("a/b"), false));

    assertThat(cost(before)).isEqualByComparingTo("1");
    assertThat(cost(other)).isEqualByComparingTo("1");
    assertThat(cost(fallback)).as("an attempt of the model").isEqualByComparingTo("0.000005");
    assertThat(done.changed()).isEqualTo(1);
  }

  @Test
  void oldLinesArePricedByTheirRowOrLeftAlone() throws IOException {
    var old = "{\"model\": \"a/b\", \"prompt_tokens\": 10, \"completion_tokens\": 0}";
    var refused = "{\"model\": \"a/b\", \"prompt_tokens\": 0, \"completion_tokens\": 0}";
    var single = row(TODAY, "a/b", refused + "," + old, "1");
    var several = row(TODAY, "a/b", old + "," + old, "1");

    var done = through(repricer("- {model: a/b, from: 2020-01-01, input: 1, output: 1}"), ALL);

    // The columns of a row hold 10 tokens in and 5 out.
    assertThat(cost(single)).isEqualByComparingTo("0.000015");
    assertThat(cost(several)).isEqualByComparingTo("1");
    assertThat(done.kept()).isEqualTo(1);
  }

  @Test
  void itRunsToItsEndByItself() throws IOException {
    many(1_100);
    var repricer = repricer("- {model: a/b, from: 2020-01-01, input: 1, output: 1}");

    var id = repricer.start(ALL, ADMIN).await().id();

    Eventually.until("it is through", () -> repricer.find(id).await().endedAt().isPresent());
    assertThat(repricer.newest().await())
        .singleElement()
        .satisfies(so -> assertThat(so.changed()).isEqualTo(1_100));
  }

  @Test
  void aSpanThatIsNoneIsRefused() {
    assertThatThrownBy(() -> new Order(TODAY, TODAY, Optional.empty(), false))
        .isInstanceOf(AIError.class);
    assertThatThrownBy(() -> new Order(TODAY, ALL.to(), Optional.of("sonar"), false))
        .isInstanceOf(AIError.class);
  }

  private static Repricing through(Repricer repricer, Order order) {
    var so = repricer.begin(order, ADMIN).await();
    while (so.endedAt().isEmpty()) {
      so = repricer.step(so.id()).await();
    }
    return so;
  }

  private Repricer repricer(String entries) throws IOException {
    var file = Files.createTempFile(folder, "prices", ".yaml");
    Files.writeString(file, "prices:\n" + entries.indent(2));
    PriceTable table = ((PriceFile.Result.Loaded) PriceFile.read(file)).table();
    return new Repricer(vertx, database.database(vertx), () -> table, Clock.system());
  }

  private static String line(String model, long in, long out, String more) {
    return ("{\"model\": \"%s\", \"prompt_tokens\": %d, \"completion_tokens\": %d%s}")
        .formatted(model, in, out, more.isEmpty() ? ", \"searches\": 0" : more);
  }

  private UUID row(Instant at, String model, String lines, String cost) {
    var id = UUID.randomUUID();
    database.execute(
        """
        INSERT INTO ai_usage_metrics (
          id, started_at, billing_month, user_id, function_name, model, status, execution_time_ms, prompt_tokens,
          completion_tokens, cost_usd, attempts)
        VALUES (?, ?::timestamptz, date_trunc('month', ?::timestamptz, 'UTC') AT TIME ZONE 'UTC', 'u', 'f', ?, 'ok', 5, 10, 5,
          ?::numeric, ?::jsonb)
        """,
        id,
        at.toString(),
        at.toString(),
        model,
        cost,
        "[" + lines + "]");
    return id;
  }

  private void many(int count) {
    database.execute(
        """
        INSERT INTO ai_usage_metrics (
          id, started_at, billing_month, user_id, function_name, model, status, execution_time_ms, attempts)
        SELECT gen_random_uuid(), ?::timestamptz + make_interval(secs => i),
          date_trunc('month', ?::timestamptz, 'UTC') AT TIME ZONE 'UTC', 'u', 'f', 'a/b', 'ok', 5,
          '[{"model": "a/b", "prompt_tokens": 1, "completion_tokens": 0, "searches": 0}]'
        FROM generate_series(1, ?) AS i
        """,
        TODAY.toString(),
        TODAY.toString(),
        count);
  }

  private BigDecimal cost(UUID id) {
    return (BigDecimal) database.value("SELECT cost_usd FROM ai_usage_metrics WHERE id = ?", id);
  }
}
