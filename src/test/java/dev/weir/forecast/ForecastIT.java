package dev.weir.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Clock;
import dev.weir.jobs.Turn;
import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Forecasts over a real database, with the rights of those who ask. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class ForecastIT {
  /** The morning of a day with nineteen and a half more to come. */
  private static final Instant NOW = Instant.parse("2026-11-11T12:00:00Z");

  private TestDatabase database;
  private Database pools;
  private ForecastService service;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
    for (var table :
        new String[] {
          "usage_daily",
          "forecast_pool",
          "subject_limits",
          "user_quotas",
          "admission_refusals",
          "job_leases"
        }) {
      database.execute("DELETE FROM " + table);
    }
    service = new ForecastService(vertx, pools, ForecastIT::prices, at(NOW));
  }

  @Test
  void aUsersMonthIsTheBooksAndTheRestWithIntervals() {
    spend("ada", "letters", 200, 0.5, "2026-11-11");
    limit("ada", "usd", "1000");
    limit("ada", "calls", "1000000");
    callsPerDay("ada", "1000000");

    var f = await(service.own("ada"));

    // Ten days and half of the eleventh are in the books; nineteen and a half are to come.
    assertThat(f.path("by").asText()).isEqualTo("user");
    assertThat(f.path("month").asText()).isEqualTo("2026-11");
    assertThat(usd(f.at("/month_to_date/settled"))).isCloseTo(5.5, within(0.8));
    assertThat(usd(f.path("expected"))).isBetween(13.0, 18.0);
    assertThat(usd(f.at("/interval_95/low")))
        .isLessThan(usd(f.at("/interval_80/low")))
        .isGreaterThanOrEqualTo(usd(f.at("/month_to_date/settled")));
    assertThat(usd(f.at("/interval_95/high"))).isGreaterThan(usd(f.at("/interval_80/high")));
    assertThat(f.path("pooled").asBoolean()).isFalse();
    assertThat(f.at("/back_test/mornings").asInt()).isGreaterThan(39);
    assertThat(f.at("/remaining_demand/0/model").asText()).isEqualTo("perplexity/sonar");
    assertThat(f.at("/remaining_demand/0/calls").asLong()).isPositive();
  }

  @Test
  void theBudgetOfTheTierStopsItOnADay() {
    spend("bob", "letters", 200, 0.5, "2026-11-11");

    var free = await(service.own("bob"));

    // The free tier has 5 USD a month, and they are gone.
    assertThat(usd(free.path("budget"))).isEqualTo(5);
    assertThat(free.at("/exhaustion/p50").asText()).isEqualTo("2026-11-11");
    assertThat(usd(free.path("expected"))).isEqualTo(usd(free.at("/month_to_date/settled")));

    limit("bob", "usd", "10");
    limit("bob", "calls", "1000000");
    callsPerDay("bob", "1000000");
    var ten = await(service.own("bob"));

    assertThat(usd(ten.path("budget"))).isEqualTo(10);
    assertThat(ten.at("/exhaustion/p10").asText())
        .isLessThanOrEqualTo(ten.at("/exhaustion/p50").asText());
    assertThat(ten.at("/exhaustion/p50").asText()).isBetween("2026-11-17", "2026-11-25");
    assertThat(usd(ten.path("expected"))).isCloseTo(10, within(0.2));
    assertThat(ten.at("/exhaustion/not_this_month").asDouble()).isLessThan(0.2);
  }

  @Test
  void oneUserNeverSeesAnothersForecast() {
    spend("cyd", "letters", 60, 3, "2026-11-11");

    var f = await(service.own("dan"));

    assertThat(usd(f.path("expected"))).isZero();
    assertThat(f.path("remaining_demand")).isEmpty();
  }

  @Test
  void functionsAddUpToTheTotalAndSoDoUsers() {
    for (var user : new String[] {"eve", "fay", "gil"}) {
      spend(user, "letters", 150, 0.4, "2026-11-11");
      spend(user, "plans", 120, 0.2, "2026-11-11");
      limit(user, "usd", "1000");
      limit(user, "calls", "1000000");
      callsPerDay(user, "1000000");
    }

    var total = rest(await(service.of(By.TOTAL, "")));
    var functions =
        rest(await(service.of(By.FUNCTION, "letters")))
            + rest(await(service.of(By.FUNCTION, "plans")));
    var users =
        rest(await(service.of(By.USER, "eve")))
            + rest(await(service.of(By.USER, "fay")))
            + rest(await(service.of(By.USER, "gil")));

    assertThat(functions).isCloseTo(total, within(0.001 * total));
    assertThat(users).isCloseTo(total, within(0.01 * total));
    assertThat(await(service.of(By.TOTAL, "")).path("method").asText()).isEqualTo("bottom_up");
  }

  @Test
  void aYoungUserGetsThePooledIntervalOnceThereIsOne() {
    spend("hal", "letters", 10, 0.5, "2026-11-11");
    assertThat(await(service.own("hal")).path("interval_95").isNull()).isTrue();

    for (var i = 0; i < 6; i++) {
      spend("donor-" + i, "function-" + i, 150, 1 + i, "2026-11-11");
    }
    var fence = database.count("SELECT weir_lead('forecast-pools', 'test', '10 minutes')");
    await(service.pools(new Turn("forecast-pools", fence, pools)));
    limit("hal", "usd", "1000");
    limit("hal", "calls", "1000000");
    callsPerDay("hal", "1000000");
    var f = await(service.own("hal"));

    assertThat(f.path("pooled").asBoolean()).isTrue();
    assertThat(f.path("interval_95").isNull()).isFalse();
    assertThat(database.query("SELECT kind FROM forecast_pool")).hasSize(2);
  }

  @Test
  void whatLimitsRefusedIsDemand() {
    spend("ida", "letters", 100, 0.1, "2026-11-11");
    limit("ida", "usd", "1000");
    limit("ida", "calls", "1000000");
    callsPerDay("ida", "1000000");
    var before = rest(await(service.own("ida")));
    database.execute(
        """
        INSERT INTO admission_refusals (minute, user_id, function_name, code, refusals)
        SELECT day + interval '12 hours', 'ida', 'letters', 'BUDGET_EXCEEDED', 10
        FROM generate_series('2026-11-01 00:00+00'::timestamptz, '2026-11-10 00:00+00', interval '1 day') AS day\
        """);

    assertThat(rest(await(service.own("ida")))).isGreaterThan(1.2 * before);
  }

  @Test
  void whatIsHeldIsOpenAndTakenFromTheBudget() {
    spend("jon", "letters", 100, 0.1, "2026-11-11");
    database.execute(
        "INSERT INTO user_quotas (subject_kind, subject_id, billing_month, usd_settled, usd_held)"
            + " VALUES ('user', 'jon', '2026-11-01', 1, 4)");

    var f = await(service.own("jon"));

    assertThat(usd(f.at("/month_to_date/high")) - usd(f.at("/month_to_date/settled")))
        .isCloseTo(4, within(1e-9));
    assertThat(f.at("/exhaustion/p50").asText()).isEqualTo("2026-11-11");
  }

  private static double usd(JsonNode amount) {
    assertThat(amount.isNumber()).as(amount.toString()).isTrue();
    return amount.decimalValue().doubleValue();
  }

  private static double rest(JsonNode f) {
    return usd(f.path("expected")) - usd(f.at("/month_to_date/settled"));
  }

  /** So many days of about so many dollars until this day, half of the last one gone. */
  private void spend(String user, String function, int days, double usd, String until) {
    // 10 calls a day of tokens that cost what the table says: sonar's output is 2.50 per million.
    database.execute(
        """
        INSERT INTO usage_daily (
          day, billing_month, user_id, team_id, key_id, function_name, provider, model, simulated, calls, errors, cache_hits,
          prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens, searches, cost_usd, provider_cost_usd,
          unpriced_calls)
        SELECT
          day, date_trunc('month', day)::date, ?, '', '', ?, 'perplexity', 'perplexity/sonar', false, 10, 0, 0, 0,
          (spent / 2.5 * 1000000)::bigint, 0, 0, 0, spent::numeric(20, 9), 0, 0
        FROM generate_series(?::date - ?, ?::date, interval '1 day') AS moment,
          LATERAL (SELECT moment::date) AS d (day),
          LATERAL (SELECT ?::float8 * CASE WHEN day = ?::date THEN 0.5 ELSE 1 END
            * (1 + 0.3 * sin(extract(isodow FROM day)::float8)
              + 0.2 * ((hashtext(day::text || ?)::bigint & 255) / 255.0 - 0.5))) AS s (spent)\
        """,
        user,
        function,
        until,
        days,
        until,
        usd,
        until,
        user + function);
  }

  private void limit(String user, String unit, String amount) {
    database.execute(
        "INSERT INTO subject_limits (subject_kind, subject_id, unit, period, amount)"
            + " VALUES ('user', ?, ?, 'month', ?::numeric)",
        user,
        unit,
        amount);
  }

  private void callsPerDay(String user, String amount) {
    database.execute(
        "INSERT INTO subject_limits (subject_kind, subject_id, unit, period, amount)"
            + " VALUES ('user', ?, 'calls', 'day', ?::numeric)",
        user,
        amount);
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static PriceTable prices() {
    return switch (PriceFile.read(Path.of("conf/prices.yaml"))) {
      case PriceFile.Result.Loaded(var table) -> table;
      case PriceFile.Result.Refused refused -> throw new AssertionError(refused);
    };
  }

  private static Clock at(Instant now) {
    return new Clock() {
      @Override
      public Instant now() {
        return now;
      }

      @Override
      public long nanoTime() {
        return System.nanoTime();
      }
    };
  }
}
