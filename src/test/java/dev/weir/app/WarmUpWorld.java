package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A Weir that warms up, in a database of its own. A request costs a cent, a thousand tokens of an
 * answer another: a call of the function {@code worth} costs two cents at most, and 0.012 USD where
 * the provider answers as it does at first. Answers of {@code fleeting} are not kept. {@code frail}
 * has two attempts, the second of them at a model that is twice as dear. {@code meant} has one, and
 * matches by meaning: the vector of its input costs a tenth of a cent.
 */
public final class WarmUpWorld implements AutoCloseable {
  /** On whose account its calls go. */
  public static final String USER = "weir-warm-up";

  /** Its database. */
  public final TestDatabase database;

  /** Its provider. */
  public final FakeProvider fake;

  /** The service. */
  public RunningWeir weir;

  private final Path functions;
  private final String[] settings;
  private final String key;

  /**
   * Starts it.
   *
   * @param budget USD a day
   * @param atOnce calls at a time
   */
  public WarmUpWorld(TestDatabase database, Path directory, String budget, int atOnce)
      throws IOException {
    this.database = database;
    database.execute("TRUNCATE response_cache, cache_warm_ups, ai_usage_metrics");
    database.execute("DELETE FROM subject_limits");
    database.execute("DELETE FROM api_rate_limits");
    // Midnight may pass: the day to come has nothing to spend.
    database.execute(
        "INSERT INTO cache_warm_ups (day, spent_usd) SELECT (now() AT TIME ZONE 'UTC')::date + 1,"
            + " "
            + budget);
    functions = Files.createDirectory(directory.resolve("functions"));
    function("worth", "ttl_s: 600", "{max_attempts: 3}");
    function("fleeting", "ttl_s: 0", "{max_attempts: 3}");
    function("frail", "ttl_s: 600", "{max_attempts: 2}\nfallbacks: [openai/gpt-dear]");
    function("meant", "ttl_s: 600, similarity: 0.99", "{max_attempts: 1}");
    var prices = directory.resolve("prices.yaml");
    Files.writeString(
        prices,
        """
        prices:
          - {model: perplexity/sonar, from: 2026-01-01, input: 0, output: 10, request: 0.01}
          - {model: openai/gpt-dear, from: 2026-01-01, input: 0, output: 20, request: 0.02}
          - {model: perplexity/pplx-embed-v1-0.6b, from: 2026-01-01, input: 0, output: 0, request: 0.001}
        """);
    fake = FakeProvider.start();
    fake.always(agentCompleted("A fresh answer.").tokens(100, 200));
    settings =
        new String[] {
          "WEIR_CACHE_MODE",
          "on",
          "WEIR_CACHE_PATIENCE",
          "5s",
          "WEIR_CACHE_WARM_UP_EVERY",
          "1s",
          "WEIR_CACHE_WARM_UP_CONCURRENCY",
          Integer.toString(atOnce),
          "WEIR_CACHE_WARM_UP_USD_PER_DAY",
          budget,
          "WEIR_PRICES_FILE",
          prices.toString(),
          "WEIR_FUNCTIONS_DIR",
          functions.toString()
        };
    weir = RunningWeir.start(database, fake, settings);
    key = weir.serviceKey();
  }

  /** Another process takes the place of this one, which has ended. */
  void startAgain() {
    weir = RunningWeir.start(database, fake, settings);
  }

  private void function(String name, String cache, String retry) throws IOException {
    Files.writeString(
        functions.resolve(name + ".yaml"),
        """
        name: %s
        model: perplexity/sonar
        parameters: {max_output_tokens: 1000}
        prompt: {user: "Tell of {{topic}}."}
        input: {type: object, required: [topic], properties: {topic: {type: string}}}
        cache: {%s}
        retry: %s
        """
            .formatted(name, cache, retry));
  }

  @Override
  public void close() {
    weir.close();
    fake.close();
  }

  /** Asks for each topic once; each belongs to a user of that name. */
  void keep(List<String> topics) {
    keep("worth", topics);
  }

  /** The same of a function. */
  void keep(String function, List<String> topics) {
    for (var topic : topics) {
      var got = ask(function, topic);
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

  /** Keeps so many answers of a function that is gone by now, of the users old1, old2 and so on. */
  void keepOfAFunctionThatIsGone(int many) {
    database.execute(
        "INSERT INTO response_cache (cache_key, user_id, function_name, function_version,"
            + " cache_data, size_bytes, cost_usd, created_at, expires_at, keep_until, input,"
            + " warm_from, generation) SELECT md5(g::text) || md5(g::text), 'old' || g, 'gone',"
            + " 'v', 'x', 1, 1, now(), now() + interval '1 hour', now() + interval '1 hour',"
            + " convert_to('{\"topic\": \"x\"}', 'UTF8'), now() + interval '1 hour', 999999999"
            + " FROM generate_series(1, ?) g",
        many);
  }

  /** Asks for a topic, as a user of that name. */
  RunningWeir.Got ask(String topic) {
    return ask("worth", topic);
  }

  private RunningWeir.Got ask(String function, String topic) {
    var body = Json.object();
    body.putObject("input").put("topic", topic);
    return weir.send(
        weir.request(weir.api("/v1/functions/" + function))
            .setHeader("authorization", "Bearer " + key)
            .setHeader("x-weir-user", topic)
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build());
  }

  /** Bounds the account on which its calls go. */
  public void limit(String limits) {
    var set =
        weir.send(
            weir.request(URI.create(weir.managementUrl() + "/api/limits/user/" + USER))
                .setHeader("authorization", "Bearer " + weir.key("WEIR_ADMIN_KEY"))
                .PUT(HttpRequest.BodyPublishers.ofString("{\"limits\": " + limits + "}"))
                .build());
    assertThat(set.status()).as(set.raw().body()).isEqualTo(200);
  }

  /** From now on all of them are in the last part of their time, each hit so often. */
  void areDue(Map<String, Integer> hits) {
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
  List<Object> refreshed() {
    return database
        .query(
            "SELECT user_id FROM response_cache WHERE created_at > now() - interval '400 seconds'"
                + " ORDER BY user_id")
        .stream()
        .map(row -> row.get("user_id"))
        .toList();
  }

  /** Answers are stored after their calls have ended: waits until exactly these are. */
  void awaitRefreshed(Object... users) {
    Eventually.until(List.of(users) + " are refreshed", () -> refreshed().size() >= users.length);
    assertThat(refreshed()).containsExactly(users);
  }

  /** What the budget's rows up to now hold. */
  BigDecimal spent() {
    return (BigDecimal)
        database.value(
            "SELECT coalesce(sum(spent_usd), 0) FROM cache_warm_ups WHERE day <= (now() AT TIME"
                + " ZONE 'UTC')::date");
  }

  /** What the records of its calls say. */
  public BigDecimal recorded() {
    return (BigDecimal)
        database.value(
            "SELECT coalesce(sum(cost_usd), 0) FROM ai_usage_metrics WHERE user_id = ?", USER);
  }

  /** Waits for so many records of its calls. */
  public void awaitRecords(long records) {
    Eventually.until(
        "the records are written",
        () ->
            database.count("SELECT count(*) FROM ai_usage_metrics WHERE user_id = ?", USER)
                == records);
  }

  /** What the meter says of a reason. */
  long passedOver(String reason) {
    return meter("weir_cache_passed_over_total{reason=\"" + reason + "\"}");
  }

  /** A meter of one line. */
  long meter(String name) {
    return (long) weir.meter(name);
  }
}
