package dev.weir.app;

import static dev.weir.app.EvaluationWorld.cases;
import static dev.weir.app.EvaluationWorld.order;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations treat both sides alike, and take no more than they were given. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EvaluationsAreFairIT {
  private static final String ASKS = "Answer {{question}}";
  private static final Pattern ASKED = Pattern.compile("(Candidate|Baseline) (question \\d+)");

  private TestDatabase database;
  private EvaluationWorld world;

  @BeforeAll
  void start(TestDatabase given, @TempDir Path folder) {
    database = given;
    world = new EvaluationWorld(given, folder);
  }

  @AfterAll
  void stop() {
    world.close();
  }

  @BeforeEach
  void empty() {
    database.execute("DELETE FROM stored_contents");
    world.fake.always(Turn.answer("{\"answer\": \"from the fake\"}"));
  }

  @Test
  void eachSideIsAskedFirstByTurns() {
    var candidate = world.version("openai/gpt-5-mini", "Candidate {{question}}");
    var baseline = world.version("openai/gpt-5-mini", "Baseline {{question}}");
    var before = world.fake.requests().size();

    world.evaluate(cases(order(candidate).put("baseline", baseline), 8, _ -> ""));

    var first = new HashMap<String, String>();
    var asked = world.fake.requests().subList(before, world.fake.requests().size());
    assertThat(asked).hasSize(16);
    for (var request : asked) {
      var found = ASKED.matcher(request.body().toString());
      assertThat(found.find()).isTrue();
      first.putIfAbsent(found.group(2), found.group(1));
    }
    assertThat(first.values().stream().filter("Candidate"::equals)).hasSize(4);
  }

  @Test
  void anAnswerFitsTheSchemaOfWhoGaveItAndOneThatWasWrittenTheCandidates() {
    var brief = world.brief("{\"answer\": \"yes\"}", 4);

    var asked = world.evaluate(cases(order(brief).put("baseline", world.repeats), 3, _ -> ""));
    var order = cases(order(brief), 3, _ -> "");
    order
        .path("cases")
        .forEach(one -> ((ObjectNode) one).putObject("output").put("answer", "far too long"));
    var written = world.evaluate(order);

    assertThat(asked.at("/report/scorers/0/baseline_mean").doubleValue()).isEqualTo(1);
    assertThat(asked.at("/report/scorers/0/candidate_mean").doubleValue()).isEqualTo(1);
    assertThat(written.at("/report/scorers/0/baseline_mean").doubleValue()).isZero();
    assertThat(written.at("/report/scorers/0/candidate_mean").doubleValue()).isEqualTo(1);
  }

  @Test
  void aFailureOfItsProviderIsNoneOfTheVersionAndIsCountedApart() {
    for (var i = 0; i < 4; i++) {
      world.fake.then(Turn.status(500).retryAfter(0));
    }
    var asks = world.version("openai/gpt-5-mini", ASKS);

    var so =
        world.evaluate(
            cases(order(asks, "schema", "exact").put("baseline", "production"), 1, _ -> ""));

    assertThat(so.path("status").asText()).isEqualTo("done");
    assertThat(so.at("/report/candidate/failed/PROVIDER_ERROR").asInt()).isEqualTo(1);
    for (var line : so.at("/report/scorers")) {
      assertThat(line.path("items").asInt()).isZero();
      assertThat(line.path("without_score").asInt()).isEqualTo(1);
      assertThat(line.path("missing_candidate").asInt()).isEqualTo(1);
      assertThat(line.path("missing_baseline").asInt()).isZero();
      assertThat(line.path("finding").asText()).isEqualTo("too_much_missing");
      assertThat(line.has("difference")).isFalse();
    }
  }

  @Test
  void aTextThatIsTooLongToBeLookedForIsRefusedBeforeAnythingIsAsked() {
    var id = world.store("ann", "q", "a");
    database.execute(
        "UPDATE stored_contents SET expected = convert_to(to_json(repeat('x', 10001))::text,"
            + " 'UTF8') WHERE id = ?",
        id);
    var stored = world.one.post("/api/evaluations", order(world.repeats, "contains").toString());
    var long1 = cases(order(world.repeats, "contains"), 2, _ -> "");
    ((ObjectNode) long1.at("/cases/1")).put("expected", "x".repeat(10_001));
    var given = world.one.post("/api/evaluations", long1.toString());
    ((ObjectNode) long1.at("/cases/1")).put("expected", "x".repeat(10_000));

    assertThat(stored.status()).isEqualTo(400);
    assertThat(stored.raw().body()).contains(id.toString()).contains("10000 characters");
    assertThat(given.status()).isEqualTo(400);
    assertThat(given.raw().body()).contains("Line 2").contains("10000 characters");
    assertThat(world.evaluate(long1).path("status").asText()).isEqualTo("done");
  }

  @Test
  void whoFindsNoRoomIsToldBeforeItsOrderIsReadAndARefusedOrderTakesNone() {
    world.fake.always(Turn.answer("{\"answer\": \"from the fake\"}").after(Duration.ofMillis(200)));
    var asks = world.version("openai/gpt-5-mini", ASKS);
    var running =
        Stream.of("a", "b")
            .map(_ -> world.begin(cases(order(asks).put("baseline", asks), 400, _ -> "")))
            .toList();

    assertThat(refused()).isEqualTo(409);
    running.forEach(name -> world.one.post("/api/evaluations/" + name + "/stop", "{}"));
    Eventually.until("there is room", () -> refused() == 400);
    for (var i = 0; i < 3; i++) {
      assertThat(refused()).isEqualTo(400);
    }

    running.forEach(world::ended);
    world.evaluate(cases(order(world.repeats), 1, _ -> ""));
  }

  private int refused() {
    return world.one.post("/api/evaluations", "{\"surprise\": true}").status();
  }

  @Test
  void theBudgetHoldsWhereTheLedgerWouldLetMore() {
    // As when a month ends: what the ledger counts against its budget begins anew.
    world.fake.always(
        Turn.answer("{\"answer\": \"from the fake\"}")
            .tokens(1_000, 500)
            .after(Duration.ofMillis(100)));
    var asks = world.version("openai/gpt-5-mini", ASKS);
    var order = cases(order(asks, "exact").put("baseline", world.repeats), 60, i -> "u" + i);

    var name = world.begin(order.put("budget_usd", new BigDecimal("0.03")));
    database.execute(
        "UPDATE subject_limits SET amount = 1000, changed_at = now() WHERE subject_id = ?",
        "weir-eval." + name);
    var so = world.ended(name);

    assertThat(so.path("status").asText()).isEqualTo("budget");
    assertThat(so.path("spent_usd").decimalValue())
        .isPositive()
        .isLessThanOrEqualTo(new BigDecimal("0.03"));
  }
}
