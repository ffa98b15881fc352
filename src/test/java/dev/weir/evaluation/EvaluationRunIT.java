package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.contents.Contents;
import dev.weir.core.Clock;
import dev.weir.core.Usd;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Route;
import dev.weir.gateway.Target;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionText;
import dev.weir.prompts.ModelCheck;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class EvaluationRunIT {
  private static final ModelDirectory MODELS =
      new ModelDirectory() {
        @Override
        public Route route(String name, List<String> fallbacks) {
          return new Route(
              name,
              List.of(
                  new Target(
                      new ModelRef("sandbox", "plain"), "sandbox", true, false, Optional.empty())));
        }

        @Override
        public List<String> names() {
          return List.of();
        }
      };

  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicInteger leftWaiting = new AtomicInteger();

  /** The first item is too much for whoever takes it; the others come when somebody ends it. */
  private final List<Item> dreadful =
      new AbstractList<>() {
        @Override
        public Item get(int index) {
          if (index == 0) {
            throw new StackOverflowError();
          }
          try {
            if (!over.await(20, TimeUnit.SECONDS)) {
              leftWaiting.incrementAndGet();
            }
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          throw EvaluationEnd.stopped();
        }

        @Override
        public int size() {
          return 40;
        }
      };

  private static Candidate candidate() {
    var source =
        """
        name: quiz
        description: asks
        model: sandbox/plain
        prompt: {user: "Answer {{question}}"}
        input: {type: object, properties: {question: {type: string}}}
        example: {question: why}
        """;
    return Candidate.of(
        ((FunctionText.Reading.Good) FunctionText.read("quiz", source, ModelCheck.ANY)).function(),
        MODELS);
  }

  @Test
  void anErrorOfTheMachineEndsItAndIsNoFailureOfTheVersion(TestDatabase database, Vertx vertx) {
    var pools = database.database(vertx);
    database.execute("DELETE FROM evaluations");
    database.execute(
        """
        INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline, baseline_versions,
          scorers, item_source, items, units, units_expected, unfit, budget_usd, created_by)
        VALUES ('dreadful', 'quiz', 'candidate', 'v', 'stored', '{}', '{schema}', 'cases', 40, 40, 0, 0, 1, 'me')
        """);

    run("dreadful", dreadful, pools, Clock.system()).run();

    assertThat(leftWaiting).hasValue(0);
    assertThat(database.value("SELECT status FROM evaluations WHERE evaluation_name = 'dreadful'"))
        .isEqualTo("failed");
    assertThat(database.value("SELECT reason FROM evaluations WHERE evaluation_name = 'dreadful'"))
        .asString()
        .startsWith("INTERNAL");
  }

  private EvaluationRun run(String name, List<Item> items, Database pools, Clock clock) {
    var asking =
        new Asking(
            new OwnCalls(clock),
            Principal.weir("weir-eval." + name),
            clock,
            Duration.ofMinutes(2),
            new Usd(1),
            Usd.ZERO,
            Usd.ZERO,
            over);
    var plan =
        new EvaluationRun.Plan(
            new EvaluationTable.Held(name, 1),
            "quiz",
            items,
            0,
            candidate(),
            Optional.empty(),
            List.of(new Scorer.Fits()),
            Judges.of(List.of(), FunctionCatalogue.EMPTY, MODELS, ModelCheck.ANY),
            new EvaluationReport(List.of("schema"), 40, 0));
    var replay = new Replay(plan, asking, new Contents(pools, new SimpleMeterRegistry()), clock);
    return new EvaluationRun(plan, replay, asking, new EvaluationTable(pools), clock, over);
  }

  /** A clock that goes on by so much whenever somebody looks at it. */
  private static Clock hasty(Duration step, AtomicInteger looks) {
    return new Clock() {
      @Override
      public Instant now() {
        return Instant.EPOCH;
      }

      @Override
      public long nanoTime() {
        return step.toNanos() * looks.incrementAndGet();
      }
    };
  }

  @Test
  @Timeout(60)
  void anEndThatCannotBeWrittenIsGivenUpAfterTenMinutes(TestDatabase database, Vertx vertx) {
    var away = database.database(vertx);
    away.close().await();
    var looks = new AtomicInteger();

    run("unheard", List.of(), away, hasty(Duration.ofMinutes(4), looks)).run();

    // Of these the first two are of its beginning.
    assertThat(looks.get()).isBetween(4, 6);
  }

  @Test
  @Timeout(60)
  void whoGoesDownWaitsForNoDatabase(TestDatabase database, Vertx vertx) {
    var away = database.database(vertx);
    away.close().await();
    var run = run("going", List.of(), away, Clock.system());
    run.end(EvaluationEnd.goingDown());

    run.run();

    assertThat(over.getCount()).isZero();
  }
}
