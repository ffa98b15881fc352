package dev.weir.app;

import static dev.weir.app.EvaluationWorld.cases;
import static dev.weir.app.EvaluationWorld.order;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Evaluations on Weirs that are processes of their own, one of which is killed or stands still in
 * the middle. The minute of silence is not waited for: the rows that know of it are made older.
 */
@Order(2) // takes long: begins early
@ExtendWith(TestDatabase.Extension.class)
class EvaluationsOutliveKillsIT {
  private static final int ITEMS = 120;
  private static final Pattern QUESTION = Pattern.compile("question \\d+");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final FakeProvider fake = FakeProvider.start();
  @TempDir private Path folder;
  private TestDatabase database;

  @BeforeEach
  void functions(TestDatabase given) throws IOException {
    database = given;
    database.execute("DELETE FROM evaluations");
    answeringIn(Duration.ofMillis(40));
    Files.createDirectories(folder.resolve("functions"));
    Files.writeString(
        folder.resolve("functions/quiz.yaml"),
        """
        name: quiz
        description: asks
        model: openai/gpt-5-mini
        prompt:
          user: 'Answer {{question}}'
        input:
          type: object
          required: [question]
          properties:
            question: {type: string, maxLength: 40}
        output:
          type: object
          required: [answer]
          properties:
            answer: {type: string}
        retry: {max_attempts: 1}
        example: {question: why}
        """);
  }

  private void answeringIn(Duration time) {
    fake.always(answer(time));
  }

  private static Turn answer(Duration time) {
    return Turn.answer("{\"answer\": \"question 7\"}").tokens(1_000, 500).after(time);
  }

  @AfterEach
  void stop() {
    fake.close();
  }

  private WeirProcess weir(String data) {
    var env = new HashMap<String, String>();
    env.put("WEIR_DATABASE_URL", database.url());
    env.put("WEIR_DATABASE_MIGRATION_URL", database.administratorUrl().withPassword());
    env.put("WEIR_FUNCTIONS_DIR", folder.resolve("functions").toString());
    env.put("OPENAI_API_KEY", "sk-test-key-of-the-fake");
    env.put("OPENAI_BASE_URL", fake.chatUri().toString());
    return WeirProcess.launch(folder.resolve(data), Map.copyOf(env));
  }

  private JsonNode ask(WeirProcess weir, String verb, String path, String body) {
    var request =
        HttpRequest.newBuilder(URI.create(weir.found("management +(http://\\S+)") + path))
            .timeout(Duration.ofSeconds(30))
            .header("authorization", "Bearer " + weir.found("admin key +(\\S+)"))
            .header("content-type", "application/json")
            .method(verb, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      return Json.parse(CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private void begin(WeirProcess weir, String name) {
    var order =
        cases(order("production", "schema", "exact"), ITEMS, i -> i % 2 == 0 ? "" : "u" + i % 5)
            .put("name", name);
    order.path("cases").forEach(one -> ((ObjectNode) one).set("output", one.path("expected")));
    // However long it takes until a signal is there: it does not come to its end before.
    answeringIn(Duration.ofSeconds(3));
    IntStream.range(0, 8).forEach(_ -> fake.then(answer(Duration.ofMillis(40))));
    var began = ask(weir, "POST", "/api/evaluations", order.toString());
    assertThat(began.path("items").asInt()).as(began.toString()).isEqualTo(ITEMS);
    Eventually.until("it is under way", () -> done(name) > 0);
  }

  private long done(String name) {
    return database.count("SELECT done FROM evaluations WHERE evaluation_name = ?", name);
  }

  /** So much time goes by without a word of whoever worked on it. */
  private void silence(String name, String time) {
    database.execute(
        "UPDATE evaluations SET moved_at = moved_at - ?::interval WHERE evaluation_name = ?",
        time,
        name);
    database.execute("UPDATE job_leases SET expires_at = least(expires_at, now())");
  }

  private List<String> leftToAsk(String name) {
    return database
        .query(
            "SELECT convert_from(given, 'UTF8')::jsonb->'input'->>'question' AS q FROM"
                + " evaluation_work WHERE evaluation_name = ?",
            name)
        .stream()
        .map(row -> String.valueOf(row.get("q")))
        .toList();
  }

  private List<String> asked(int since) {
    return fake.requests().stream()
        .skip(since)
        .map(
            seen -> {
              var found = QUESTION.matcher(seen.body().toString());
              return found.find() ? found.group() : "?";
            })
        .toList();
  }

  private void isDoneOnceAndPaidFor(WeirProcess weir, String name) {
    Eventually.until(
        "it ends",
        () -> ask(weir, "GET", "/api/evaluations/" + name, "").path("ended_at").isTextual());
    var so = ask(weir, "GET", "/api/evaluations/" + name, "");
    assertThat(so.path("status").asText()).as(so.toString()).isEqualTo("done");
    assertThat(so.path("turn").asInt()).isEqualTo(2);
    assertThat(so.path("done").asInt()).isEqualTo(ITEMS);
    assertThat(so.at("/report/items").asInt()).isEqualTo(ITEMS);
    assertThat(so.at("/report/candidate/answered").asInt()).isEqualTo(ITEMS);
    assertThat(
            database.count("SELECT count(*) FROM evaluation_items WHERE evaluation_name = ?", name))
        .isEqualTo(ITEMS);
    assertThat(database.count("SELECT count(*) FROM evaluation_work")).isZero();
    Eventually.until(
        "what it spent is what usage says",
        () ->
            usage(so)
                    .compareTo(
                        ask(weir, "GET", "/api/evaluations/" + name, "")
                            .path("spent_usd")
                            .decimalValue())
                == 0);
    assertThat(usage(so)).isPositive().isLessThan(so.path("budget_usd").decimalValue());
  }

  private BigDecimal usage(JsonNode so) {
    return (BigDecimal)
        database.value(
            "SELECT coalesce(sum(cost_usd), 0) FROM ai_usage_metrics WHERE user_id = ?",
            so.path("account").asText());
  }

  @Test
  void afterAKillTheSameNodeStartedAgainAsksWhatIsLeftOnce() {
    List<String> left;
    int before;
    try (var killed = weir("one").up()) {
      begin(killed, "killed");
      killed.signal("KILL").awaitEnd();
      Eventually.until("its calls have ended", () -> fake.active() == 0);
      left = leftToAsk("killed");
      before = fake.requests().size();
    }
    assertThat(left).isNotEmpty();
    answeringIn(Duration.ofMillis(40));
    silence("killed", "61 seconds");

    try (var next = weir("one").up()) {
      isDoneOnceAndPaidFor(next, "killed");
      assertThat(asked(before)).containsExactlyInAnyOrderElementsOf(left);
    }
  }

  @Test
  void whoStoodStillAndComesBackAfterAnotherTookOverDoesNoHarm() {
    try (var still = weir("one");
        var other = weir("two")) {
      other.up();
      begin(still.up(), "still");
      standStill(still);
      answeringIn(Duration.ofMillis(40));
      // Longer than anybody waits to hear what it spent.
      silence("still", "11 minutes");
      Eventually.until(
          "the other works on it",
          () ->
              database.count("SELECT turn FROM evaluations WHERE evaluation_name = 'still'") == 2);

      still.signal("CONT");

      isDoneOnceAndPaidFor(other, "still");
      Eventually.until(
          "it hears that it is not its own",
          () -> still.output().contains("no longer this node's"));
    }
  }

  /** Stops a process while it has no transaction open, whose locks would stop everybody. */
  private void standStill(WeirProcess weir) {
    Eventually.until(
        "it stands still without a lock",
        () -> {
          weir.signal("STOP");
          Eventually.until(
              "transactions end, or do not", () -> open("0 seconds") == 0 || open("1 second") > 0);
          if (open("0 seconds") == 0) {
            return true;
          }
          weir.signal("CONT");
          return false;
        });
  }

  private long open(String since) {
    return database.count(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE"
            + " 'idle in transaction%' AND state_change <= clock_timestamp() - ?::interval",
        since);
  }
}
