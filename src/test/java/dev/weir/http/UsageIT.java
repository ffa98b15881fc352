package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.analytics.UsageAnalytics;
import dev.weir.analytics.UsageQueryReader;
import dev.weir.analytics.UsageReport;
import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import io.vertx.junit5.VertxExtension;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions about usage, from the doors down to the rows. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class UsageIT {
  private TestDatabase database;
  private Database pools;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
    if (database.count("SELECT count(*) FROM ai_usage_metrics") == 0) {
      database.execute(
          """
          INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, function_version, variant,
            provider, model, status, execution_time_ms, prompt_tokens, completion_tokens, cost_usd, cache_status, tags)
          SELECT gen_random_uuid(), last.month + make_interval(hours => n / 100), (last.month AT TIME ZONE 'UTC')::date,
            (ARRAY['ann', 'bob', '=cmd'])[1 + n % 3], 'f-' || n % 2, 'v1',
            CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END, 'p', 'p/m', CASE WHEN n % 10 = 0 THEN 'cancelled' ELSE 'ok' END,
            n, 10, 5, CASE WHEN n % 100 = 0 THEN NULL ELSE 0.000000001 END, CASE WHEN n % 4 = 0 THEN 'hit' ELSE 'miss' END,
            jsonb_build_object('team', 't-' || n % 2)
          FROM generate_series(1, 3000) AS n,
            LATERAL (SELECT date_trunc('month', now(), 'UTC') - interval '1 month') AS last (month)\
          """);
    }
  }

  @Test
  void everyTableGivesTheSameSums() {
    var whole = ask(Map.of("from", month(), "to", end(), "group_by", "function"));
    var daily =
        ask(Map.of("from", month(), "to", end(), "group_by", "function", "interval", "day"));
    var hourly =
        ask(Map.of("from", month(), "to", end(), "group_by", "function", "interval", "hour"));
    var users = ask(Map.of("from", month(), "to", end(), "group_by", "user,function"));
    var tags = ask(Map.of("from", month(), "to", end(), "group_by", "tag:team,function"));
    var calls = ask(Map.of("from", month(), "to", end(), "group_by", "user,variant"));

    for (var report : List.of(whole, daily, hourly, users, tags, calls)) {
      assertThat(report.total().calls()).isEqualTo(3_000);
      assertThat(report.total().errors()).isEqualTo(300);
      assertThat(report.total().cacheHits()).isEqualTo(750);
      assertThat(report.total().unpriced()).isEqualTo(30);
      assertThat(report.total().cost()).isEqualByComparingTo("0.00000297");
      assertThat(report.lines().stream().mapToLong(l -> l.calls()).sum()).isEqualTo(3_000);
    }
    assertThat(daily.lines()).hasSize(4);
    assertThat(hourly.lines()).hasSize(62 - 1);
  }

  @Test
  void percentilesAreThereWhereTheGroupingHasThem() {
    var report = ask(Map.of("from", month(), "to", end()));

    assertThat(report.total().latency().orElseThrow().p50()).isCloseTo(1_500, within(30.0));
    assertThat(report.total().latency().orElseThrow().p99()).isCloseTo(2_970, within(45.0));
    assertThat(ask(Map.of("from", month(), "to", end(), "group_by", "user")).total().latency())
        .isEmpty();
    assertThat(ask(Map.of("from", month(), "to", end(), "percentiles", "false")).total().latency())
        .isEmpty();
  }

  @Test
  void linesComeInPagesInTheOrderAskedFor() {
    var first =
        ask(
            Map.of(
                "from",
                month(),
                "to",
                end(),
                "group_by",
                "user,function",
                "order",
                "calls",
                "limit",
                "4"));
    var second =
        ask(
            Map.of(
                "from",
                month(),
                "to",
                end(),
                "group_by",
                "user,function",
                "order",
                "calls",
                "limit",
                "4",
                "cursor",
                String.valueOf(first.next().orElseThrow())));

    assertThat(second.next()).isEmpty();
    assertThat(
            Stream.concat(first.lines().stream(), second.lines().stream())
                .map(l -> l.groups())
                .distinct())
        .hasSize(6);
  }

  @Test
  void aFilterCountsOnlyWhatItNames() {
    assertThat(ask(Map.of("from", month(), "to", end(), "function", "f-1")).total().calls())
        .isEqualTo(1_500);
    assertThat(ask(Map.of("from", month(), "to", end(), "tag:team", "t-0")).total().calls())
        .isEqualTo(1_500);
    assertThat(ask(Map.of("from", month(), "to", end(), "user", "' OR 1=1")).total().calls())
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "&group_by=user", "&group_by=tag:team", "&group_by=user&user=bob"})
  void aUserSeesTheOwnRowsAlone(String parameters) throws Exception {
    try (var door = Door.open(pools)) {
      var reply = get(door, "ann", "/v1/usage?from=" + month() + "&to=" + end() + parameters);

      assertThat(reply.at("/total/calls").intValue())
          .isEqualTo(parameters.contains("bob") ? 0 : 1_000);
    }
  }

  @Test
  void aUsersAnswerHoldsEveryMember() throws Exception {
    try (var door = Door.open(pools)) {
      var reply =
          get(
              door,
              "ann",
              "/v1/usage?from=" + month() + "&to=" + end() + "&group_by=tag:team&interval=month");

      assertThat(reply.path("currency").textValue()).isEqualTo("USD");
      var line = reply.at("/data/0");
      assertThat(line.path("period").textValue()).isEqualTo(month() + "T00:00:00Z");
      assertThat(line.path("tag:team").textValue()).startsWith("t-");
      assertThat(line.path("cost_usd").isBigDecimal() || line.path("cost_usd").isNumber()).isTrue();
      assertThat(line.path("p95_ms").isNumber()).isTrue();
      assertThat(reply.path("next_cursor").isNull()).isTrue();
    }
  }

  @Test
  void anExportIsCsvWithGuardedCells() throws Exception {
    try (var door = Door.open(pools)) {
      var reply =
          door.send(
              door.request("/v1/usage?group_by=user&from=" + month() + "&to=" + end())
                  .header("x-weir-user", "=cmd")
                  .header("accept", "text/csv")
                  .GET());

      assertThat(reply.statusCode()).isEqualTo(200);
      assertThat(reply.headers().firstValue("content-type").orElseThrow()).startsWith("text/csv");
      var lines = reply.body().split("\r\n", -1);
      assertThat(lines[0]).startsWith("user,calls,errors");
      assertThat(lines[1]).startsWith("'=cmd,1000,");
    }
  }

  @Test
  void anExportWaitsForAReaderWhoPausesLongerThanACallsTransactionMay(Vertx vertx) {
    database.execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, function_version, provider, model,
          status, execution_time_ms, prompt_tokens, completion_tokens, cost_usd, cache_status)
        SELECT gen_random_uuid(), this.month, (this.month AT TIME ZONE 'UTC')::date, 'slow', 'g-' || n, 'v1', 'p', 'p/m', 'ok',
          1, 1, 1, 0, 'miss'
        FROM generate_series(1, 1200) AS n, LATERAL (SELECT date_trunc('month', now(), 'UTC')) AS this (month)\
        """);
    var query = UsageQueryReader.read(Map.of("from", end(), "group_by", "function"), Instant.now());
    var reader = new PausingReader(vertx);

    new UsageAnalytics(pools, Clock.system())
        .streamOfUser(
            "slow",
            query.first(2_000),
            Buffer.buffer("head\n"),
            line -> Buffer.buffer(line.groups() + "\n"),
            reader)
        .await();

    assertThat(reader.text.toString()).hasLineCount(1_201);
  }

  @Test
  void anEmptyExportHasItsHeadAndAnUnanswerableOneIsAnError() throws Exception {
    try (var door = Door.open(pools)) {
      var empty = send(door, "nobody", "/v1/usage?group_by=function&format=csv");
      assertThat(empty.body()).startsWith("function,calls").hasLineCount(1);

      var refused = send(door, "ann", "/v1/usage?group_by=variant&format=csv&from=2020-01-01");
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("at most 31 days");
      assertThat(refused.headers().firstValue("content-disposition")).isEmpty();
    }
  }

  @Test
  void aWrongQuestionSaysWhatIsAllowed() throws Exception {
    try (var door = Door.open(pools)) {
      assertThat(send(door, "ann", "/v1/usage?group_by=colour").body())
          .contains("function")
          .contains("tag:KEY");
      assertThat(send(door, "ann", "/v1/usage?format=xml").statusCode()).isEqualTo(400);
      assertThat(send(door, "ann", "/v1/usage?limit=1&limit=2").statusCode()).isEqualTo(400);
    }
  }

  private UsageReport ask(Map<String, String> parameters) {
    var query = UsageQueryReader.read(parameters, Instant.now());
    return new UsageAnalytics(pools, Clock.system())
        .ofAll(query)
        .timeout(20, TimeUnit.SECONDS)
        .await();
  }

  /** The month of the calls, which is over: what is asked does not depend on today. */
  private String month() {
    return firstOf("min(billing_month)");
  }

  private String end() {
    return firstOf("min(billing_month) + interval '1 month'");
  }

  private String firstOf(String month) {
    return String.valueOf(
        database.value("SELECT to_char(" + month + ", 'YYYY-MM-DD') FROM ai_usage_metrics"));
  }

  private static JsonNode get(Door door, String user, String path) throws Exception {
    var reply = send(door, user, path);
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    return Json.parse(reply.body());
  }

  private static java.net.http.HttpResponse<String> send(Door door, String user, String path)
      throws Exception {
    HttpRequest.Builder request = door.request(path).header("x-weir-user", user).GET();
    return door.send(request);
  }

  /** Takes nothing for six seconds after the first lines. */
  private static final class PausingReader implements WriteStream<Buffer> {
    private final Vertx vertx;
    private final Buffer text = Buffer.buffer();
    private boolean paused;

    private PausingReader(Vertx vertx) {
      this.vertx = vertx;
    }

    @Override
    public Future<Void> write(Buffer data) {
      text.appendBuffer(data);
      return Future.succeededFuture();
    }

    @Override
    public boolean writeQueueFull() {
      return !paused;
    }

    @Override
    public WriteStream<Buffer> drainHandler(@Nullable Handler<Void> handler) {
      paused = true;
      vertx.setTimer(6_000, _ -> Objects.requireNonNull(handler).handle(null));
      return this;
    }

    @Override
    public Future<Void> end() {
      return Future.succeededFuture();
    }

    @Override
    public WriteStream<Buffer> setWriteQueueMaxSize(int size) {
      return this;
    }

    @Override
    public WriteStream<Buffer> exceptionHandler(@Nullable Handler<Throwable> handler) {
      return this;
    }
  }
}
