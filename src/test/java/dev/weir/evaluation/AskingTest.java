package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Planner;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Route;
import dev.weir.gateway.Target;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.FunctionText;
import dev.weir.prompts.ModelCheck;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whose failure an error is, on a gateway that plays a script; each of its calls costs a dollar.
 */
class AskingTest {
  private static final Usd DOLLAR = new Usd(1_000_000_000);
  private static final Target TARGET =
      new Target(new ModelRef("sandbox", "plain"), "sandbox", true, false, Optional.empty());
  private static final Target OTHER =
      new Target(new ModelRef("sandbox", "echo"), "sandbox", true, false, Optional.empty());

  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong nanos = new AtomicLong();
  private final Queue<Optional<ErrorCode>> script = new ConcurrentLinkedQueue<>();
  private final Queue<AIError> refusals = new ConcurrentLinkedQueue<>();
  private final Queue<Exchange> seen = new ConcurrentLinkedQueue<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Clock clock =
      new Clock() {
        @Override
        public Instant now() {
          return Instant.EPOCH;
        }

        @Override
        public long nanoTime() {
          return nanos.get();
        }
      };

  /** So many calls run out of time before anybody is asked. */
  private final AtomicInteger unsent = new AtomicInteger();

  private OwnCalls calls;
  private Asking asking;
  private Candidate candidate;

  @BeforeEach
  void open() {
    var models =
        new ModelDirectory() {
          @Override
          public Route route(String name, List<String> fallbacks) {
            return new Route(name, List.of(TARGET, OTHER));
          }

          @Override
          public List<String> names() {
            return List.of();
          }
        };
    calls = new OwnCalls(clock);
    calls.serve(
        vertx.getOrCreateContext(),
        new Gateway(
            new Planner(() -> FunctionCatalogue.EMPTY, models),
            Chain.of(List.of((x, _) -> play(x)))));
    asking = asking(DOLLAR.times(10));
    candidate = Candidate.of(function(), models);
  }

  private Asking asking(Usd budget) {
    return new Asking(
        calls,
        Principal.weir("weir-eval.e"),
        clock,
        Duration.ofMinutes(2),
        budget,
        Usd.ZERO,
        Usd.ZERO,
        over);
  }

  private static FunctionDefinition function() {
    var source =
        """
        name: quiz
        description: asks
        model: sandbox/plain
        prompt: {user: "Answer {{question}}"}
        input: {type: object, properties: {question: {type: string}}}
        timeout_ms: {default: 60000, max: 60000}
        example: {question: why}
        """;
    return ((FunctionText.Reading.Good) FunctionText.read("quiz", source, ModelCheck.ANY))
        .function();
  }

  private Future<Reply> play(Exchange x) {
    seen.add(x);
    nanos.addAndGet(Duration.ofSeconds(50).toNanos());
    if (unsent.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      return Future.failedFuture(AIError.of(ErrorCode.TIMEOUT, "It waited for too long."));
    }
    x.tally()
        .add(
            new AttemptRecord(
                new UUID(0, 1),
                TARGET,
                Instant.EPOCH,
                Optional.empty(),
                Duration.ZERO,
                Usage.NONE,
                Optional.of(DOLLAR),
                Optional.empty()));
    var refusal = refusals.poll();
    if (refusal != null) {
      return Future.failedFuture(refusal);
    }
    return Optional.ofNullable(script.poll())
        .flatMap(o -> o)
        .map(
            code ->
                Future.<Reply>failedFuture(
                    AIError.of(code, "It is so.").retryAfter(Duration.ofMillis(1))))
        .orElseGet(
            () ->
                Future.succeededFuture(
                    new Reply.Whole(
                        new Answer(
                            "yes",
                            Optional.of((JsonNode) Json.object().put("answer", "yes")),
                            Answer.Finish.STOP,
                            "plain",
                            Usage.NONE,
                            Optional.empty(),
                            List.of(),
                            Optional.empty()))));
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private Outcome ask() throws InterruptedException {
    return asking.ask(candidate, "quiz@eval", Json.object().put("question", "why"));
  }

  private void fails(ErrorCode... codes) {
    for (var code : codes) {
      script.add(Optional.of(code));
    }
  }

  @Test
  void aVersionIsAskedByItselfUnderItsOwnLabelAndPastTheCache() throws InterruptedException {
    var outcome = ask();

    assertThat(outcome.word()).isEqualTo("ok");
    assertThat(outcome.value()).contains(Json.object().put("answer", "yes"));
    assertThat(outcome.cost()).contains(DOLLAR);
    assertThat(asking.spent()).isEqualTo(DOLLAR);
    assertThat(seen)
        .singleElement()
        .satisfies(
            x -> {
              assertThat(x.plan().label()).isEqualTo("quiz@eval");
              assertThat(x.plan().route().targets()).containsExactly(TARGET);
              assertThat(x.call().options().cache()).isEqualTo(CacheUse.OFF);
              assertThat(x.principal()).isEqualTo(Principal.weir("weir-eval.e"));
            });
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {
        "OUTPUT_INVALID",
        "OUTPUT_UNPARSEABLE",
        "TIMEOUT",
        "CONTENT_FILTERED",
        "CONTEXT_LENGTH_EXCEEDED",
        "INVALID_REQUEST"
      })
  void whatTheModelDoesWrongIsTheVersionsFailure(ErrorCode code) throws InterruptedException {
    fails(code);

    var outcome = ask();

    assertThat(outcome.word()).isEqualTo(code.name());
    assertThat(outcome.value()).isEmpty();
    assertThat(outcome.cost()).contains(DOLLAR);
    assertThat(seen).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {"PROVIDER_ERROR", "PROVIDER_UNREACHABLE"})
  void whatAProviderDoesWrongIsAskedAgainAndThenTheVersionsFailure(ErrorCode code)
      throws InterruptedException {
    fails(code, code, code);

    assertThat(ask().word()).isEqualTo("ok");
    assertThat(seen).hasSize(4);
    fails(code, code, code, code);
    assertThat(ask().word()).isEqualTo(code.name());
    assertThat(seen).hasSize(8);
  }

  @Test
  void aProviderThatFailsCallAfterCallEndsTheEvaluation() throws InterruptedException {
    asking = asking(DOLLAR.times(1_000));
    for (var i = 0; i < Asking.IN_A_ROW - 1; i++) {
      fails(ErrorCode.TIMEOUT);
      assertThat(ask().word()).isEqualTo("TIMEOUT");
    }
    assertThat(ask().word()).as("one that answers begins the row anew").isEqualTo("ok");
    for (var i = 0; i < Asking.IN_A_ROW - 1; i++) {
      fails(ErrorCode.TIMEOUT);
      assertThat(ask().word()).isEqualTo("TIMEOUT");
    }
    fails(ErrorCode.TIMEOUT);

    assertThatThrownBy(this::ask)
        .isInstanceOf(EvaluationEnd.class)
        .hasMessageContaining("TIMEOUT: 10 calls of 'quiz' in a row")
        .hasMessageContaining("sandbox/plain")
        .extracting(e -> ((EvaluationEnd) e).status())
        .isEqualTo("failed");
  }

  @Test
  void whoRanOutOfTimeBeforeAnybodyWasAskedIsAskedAgain() throws InterruptedException {
    unsent.set(1);

    assertThat(ask().word()).isEqualTo("ok");
    assertThat(seen).hasSize(2);
  }

  @Test
  void allCallsOfAnEvaluationStandUnderOneCapOfItsBudget() throws InterruptedException {
    ask();
    ask();

    assertThat(seen.stream().map(x -> x.tally().cap().orElseThrow()).distinct())
        .singleElement()
        .satisfies(cap -> assertThat(cap.most()).isEqualTo(DOLLAR.times(10)));
  }

  @Test
  void heldMoneyIsWaitedForAsLongAsACallUnderWayMayTake() throws InterruptedException {
    // Its longest call may take a minute, so there are three minutes of patience and not two.
    var held =
        AIError.of(ErrorCode.BUDGET_EXCEEDED, "Held.")
            .with("limit", "usd_held")
            .retryAfter(Duration.ofMillis(1));
    for (var i = 0; i < 3; i++) {
      refusals.add(held);
    }

    assertThat(ask().word()).isEqualTo("ok");
    assertThat(seen).hasSize(4);
    for (var i = 0; i < 4; i++) {
      refusals.add(held);
    }
    assertThatThrownBy(this::ask).hasMessage("BUDGET_EXCEEDED: Held.");
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {
        "RATE_LIMITED",
        "PROVIDER_RATE_LIMITED",
        "OVERLOADED",
        "STORAGE_UNAVAILABLE",
        "CIRCUIT_OPEN"
      })
  void whatPassesIsWaitedForAndWhatStaysEndsTheEvaluation(ErrorCode code)
      throws InterruptedException {
    fails(code, code);

    assertThat(ask().word()).isEqualTo("ok");
    assertThat(seen).hasSize(3);
    assertThat(asking.spent()).isEqualTo(DOLLAR.times(3));
    fails(code, code, code, code, code);
    assertThatThrownBy(this::ask)
        .isInstanceOf(EvaluationEnd.class)
        .hasMessage(code.name() + ": It is so.")
        .extracting(e -> ((EvaluationEnd) e).status())
        .isEqualTo("failed");
    assertThat(seen).hasSize(6);
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      names = {"QUOTA_EXCEEDED", "MODEL_UNPRICED", "PROVIDER_AUTH", "INTERNAL", "FORBIDDEN"})
  void whatStaysEndsTheEvaluationAtOnce(ErrorCode code) {
    fails(code);

    assertThatThrownBy(this::ask)
        .isInstanceOf(EvaluationEnd.class)
        .extracting(e -> ((EvaluationEnd) e).status())
        .isEqualTo("failed");
    assertThat(seen).hasSize(1);
  }

  @Test
  void aSpentBudgetEndsItAsThat() {
    fails(ErrorCode.BUDGET_EXCEEDED);

    assertThatThrownBy(this::ask).extracting(e -> ((EvaluationEnd) e).status()).isEqualTo("budget");
  }

  @Test
  void theBudgetHoldsOverAMonthsEndToo() throws InterruptedException {
    for (var i = 0; i < 10; i++) {
      ask();
    }

    assertThatThrownBy(this::ask).extracting(e -> ((EvaluationEnd) e).status()).isEqualTo("budget");
    assertThat(seen).hasSize(10);
  }

  @Test
  void whoGoesDownInterruptsIt() {
    fails(ErrorCode.DRAINING);

    assertThatThrownBy(this::ask)
        .extracting(e -> ((EvaluationEnd) e).status())
        .isEqualTo("interrupted");
  }

  @Test
  void nobodyWaitsOnceItIsOver() {
    fails(ErrorCode.RATE_LIMITED);
    over.countDown();

    assertThatThrownBy(this::ask).isInstanceOf(EvaluationEnd.class);
    assertThat(seen).hasSize(1);
  }
}
