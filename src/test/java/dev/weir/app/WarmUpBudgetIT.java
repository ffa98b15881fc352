package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.reset;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Warm-up never spends more than its day's budget, and spends it on what is worth most. A request
 * costs a cent, a thousand tokens of an answer another: a call costs two cents at most.
 */
@ExtendWith(TestDatabase.Extension.class)
class WarmUpBudgetIT {
  private static final String BUDGET = "0.05";

  @TempDir private Path directory;
  private TestDatabase database;
  private FakeProvider fake;
  private RunningWeir weir;
  private String key;

  @BeforeEach
  void start(TestDatabase given) throws IOException {
    database = given;
    database.execute("TRUNCATE response_cache, cache_warm_ups, ai_usage_metrics");
    // Midnight may pass: the day to come has nothing to spend.
    database.execute(
        "INSERT INTO cache_warm_ups (day, spent_usd) SELECT (now() AT TIME ZONE 'UTC')::date + 1,"
            + " "
            + BUDGET);
    Files.createDirectory(directory.resolve("functions"));
    function("worth", "retry: {max_attempts: 3}");
    Files.writeString(
        directory.resolve("prices.yaml"),
        """
        prices:
          - {model: perplexity/sonar, from: 2026-01-01, input: 0, output: 10, request: 0.01}
        """);
    fake = FakeProvider.start();
    fake.always(agentCompleted("A fresh answer.").tokens(100, 200));
    weir =
        RunningWeir.start(
            database,
            fake,
            "WEIR_CACHE_MODE",
            "on",
            "WEIR_CACHE_PATIENCE",
            "5s",
            "WEIR_CACHE_WARM_UP_EVERY",
            "1s",
            "WEIR_CACHE_WARM_UP_USD_PER_DAY",
            BUDGET,
            "WEIR_PRICES_FILE",
            directory.resolve("prices.yaml").toString(),
            "WEIR_FUNCTIONS_DIR",
            directory.resolve("functions").toString());
    key = weir.serviceKey();
  }

  @AfterEach
  void stop() {
    weir.close();
    fake.close();
  }

  private void function(String name, String more) throws IOException {
    Files.writeString(
        directory.resolve("functions").resolve(name + ".yaml"),
        """
        name: %s
        model: perplexity/sonar
        parameters: {max_output_tokens: 1000}
        prompt: {user: "Tell of {{topic}}."}
        input: {type: object, required: [topic], properties: {topic: {type: string}}}
        cache: {ttl_s: 600}
        %s
        """
            .formatted(name, more));
  }

  /** Asks for each topic once; each belongs to a user of that name. */
  private void keep(String function, List<String> topics) {
    for (var topic : topics) {
      var body = Json.object();
      body.putObject("input").put("topic", topic);
      var got =
          weir.send(
              weir.request(weir.api("/v1/functions/" + function))
                  .setHeader("authorization", "Bearer " + key)
                  .setHeader("x-weir-user", topic)
                  .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                  .build());
      assertThat(got.header("x-weir-cache")).as(got.raw().body()).isEqualTo("miss");
    }
    Eventually.until(
        "all are kept",
        () ->
            database.count(
                    "SELECT count(*) FROM response_cache WHERE user_id = ANY(?)",
                    (Object) topics.toArray(String[]::new))
                == topics.size());
  }

  /** From now on all of them are in the last part of their time, each hit so often. */
  private void areDue(Map<String, Integer> hits) {
    var users = hits.keySet().toArray(String[]::new);
    var counts = List.of(users).stream().map(hits::get).toArray(Integer[]::new);
    database.execute(
        "UPDATE response_cache c SET created_at = now() - interval '500 seconds', expires_at ="
            + " now() + interval '100 seconds', warm_from = now() - interval '20 seconds',"
            + " hit_count = h.hits FROM unnest(?::text[], ?::int[]) AS h (owner, hits) WHERE"
            + " c.user_id = h.owner",
        users,
        counts);
  }

  /** Those that were asked for again: their life is new. */
  private List<Object> refreshed() {
    return database
        .query(
            "SELECT user_id FROM response_cache WHERE created_at > now() - interval '400 seconds'"
                + " ORDER BY user_id")
        .stream()
        .map(row -> row.get("user_id"))
        .toList();
  }

  private BigDecimal spent() {
    return (BigDecimal)
        database.value(
            "SELECT coalesce(sum(spent_usd), 0) FROM cache_warm_ups WHERE day <= (now() AT TIME"
                + " ZONE 'UTC')::date");
  }

  private BigDecimal recorded() {
    return (BigDecimal)
        database.value(
            "SELECT coalesce(sum(cost_usd), 0) FROM ai_usage_metrics WHERE user_id ="
                + " 'weir-warm-up'");
  }

  private long passedOver(String reason) {
    return weir.management("/metrics")
        .raw()
        .body()
        .lines()
        .filter(line -> line.startsWith("weir_cache_passed_over_total{reason=\"" + reason + "\"}"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElse(0);
  }

  private void awaitRecords(long records) {
    Eventually.until(
        "the records are written",
        () ->
            database.count("SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'weir-warm-up'")
                == records);
  }

  @Test
  void exactlyTheMostValuableAreRefreshedTheBudgetHoldsAndTheNextDayGoesOn() {
    keep("worth", List.of("ant", "bee", "cat", "dog", "eel", "fox"));
    areDue(Map.of("ant", 10, "bee", 60, "cat", 30, "dog", 50, "eel", 20, "fox", 40));

    Eventually.until("the fourth does not fit", () -> passedOver("budget") >= 3);
    Eventually.until("three answers are kept", () -> refreshed().size() >= 3);

    // 0.012 each; after three of them 0.014 are left, and a call may cost 0.02
    assertThat(refreshed()).containsExactly("bee", "dog", "fox");
    assertThat(spent()).isEqualByComparingTo("0.036");
    awaitRecords(3);
    assertThat(recorded()).isEqualByComparingTo(spent());
    assertThat(database.count("SELECT refreshed FROM cache_warm_ups WHERE refreshed > 0"))
        .isEqualTo(3);

    database.execute("DELETE FROM cache_warm_ups WHERE refreshed = 0");
    database.execute("UPDATE cache_warm_ups SET day = day - 2");
    Eventually.until("the next day goes on", () -> refreshed().size() == 6);

    assertThat(spent()).isLessThanOrEqualTo(new BigDecimal("0.10"));
    awaitRecords(6);
    Eventually.until("all is settled", () -> recorded().compareTo(spent()) == 0);
  }

  @Test
  void anAnswerThatCostsMoreThanItOnceDidStaysWithinTheBudget() {
    fake.always(agentCompleted("Short.").tokens(100, 10));
    keep("worth", List.of("gnu", "hen", "ibis"));
    // Each is twice as dear now as when it was kept, and as dear as it can be.
    fake.always(agentCompleted("Long.").tokens(100, 1_000));
    areDue(Map.of("gnu", 10, "hen", 30, "ibis", 20));

    Eventually.until("the third does not fit", () -> passedOver("budget") >= 1);
    Eventually.until("two answers are kept", () -> refreshed().size() >= 2);

    assertThat(refreshed()).containsExactly("hen", "ibis");
    assertThat(spent()).isEqualByComparingTo("0.04");
    awaitRecords(2);
    assertThat(recorded()).isEqualByComparingTo(spent());
  }

  @Test
  void aCallWhoseAttemptCostMoneyInVainIsNotTriedAgainBeyondItsCap() {
    keep("worth", List.of("jay", "kid"));
    var before = fake.requests().size();
    // Sent, and never answered: it may have cost its fee. Three attempts would be allowed.
    fake.then(reset());
    areDue(Map.of("jay", 90, "kid", 10));

    Eventually.until("the second one is refreshed", () -> refreshed().contains("kid"));

    assertThat(refreshed()).containsExactly("kid");
    assertThat(fake.requests()).as("one for each").hasSize(before + 2);
    awaitRecords(2);
    Eventually.until("all is settled", () -> recorded().compareTo(spent()) == 0);
    assertThat(spent()).isEqualByComparingTo("0.022");
    Eventually.until("it is remembered", () -> passedOver("in_vain") >= 1);
    assertThat(fake.requests()).hasSize(before + 2);
  }

  @Test
  void answersOfExperimentsArmsAreLeftAloneAndCounted() {
    keep("worth", List.of("lark", "mole"));
    database.execute(
        "UPDATE response_cache SET experiment = 'words', variant = 'short' WHERE user_id = 'lark'");
    areDue(Map.of("lark", 90, "mole", 10));

    Eventually.until("the other one is refreshed", () -> refreshed().contains("mole"));

    assertThat(refreshed()).containsExactly("mole");
    assertThat(passedOver("experiment")).isPositive();
  }

  @Test
  void answersThatCannotBeAskedForAgainKeepNoOthersFromIt() {
    keep("worth", List.of("ant"));
    areDue(Map.of("ant", 60));
    database.execute(
        "INSERT INTO response_cache (cache_key, user_id, function_name, function_version,"
            + " cache_data, size_bytes, cost_usd, created_at, expires_at, keep_until, input,"
            + " hit_count, warm_from, generation) SELECT md5(g::text) || md5(g::text), 'old' || g,"
            + " 'gone', 'v', 'x', 1, 1, now() - interval '500 seconds', now() + interval '100"
            + " seconds', now() + interval '100 seconds', convert_to('{\"topic\": \"x\"}', 'UTF8'),"
            + " 1000, now() - interval '20 seconds', 999999999 FROM generate_series(1, 260) g");

    Eventually.until("the one that can is refreshed", () -> refreshed().equals(List.of("ant")));

    assertThat(passedOver("changed")).isEqualTo(260);
  }
}
