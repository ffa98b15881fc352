package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Cap;
import dev.weir.gateway.Chain;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.gateway.Target;
import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import dev.weir.pricing.TokenCounter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpendingStageTest {
  private static final TokenCounter TOKENS = new TokenCounter();
  private final PriceTable prices =
      ((PriceFile.Result.Loaded) PriceFile.read(Path.of("conf/prices.yaml"))).table();
  private final SpendingStage stage =
      new SpendingStage(Limits.off(), () -> prices, TOKENS, Clock.system());

  @Test
  void anAnswerIsPricedByTheProvidersFigures() {
    var x = run("perplexity/sonar", answers());

    // 10 x 0.25 + 5 x 2.50 = 15 millionths of a dollar
    assertThat(x.tally().cost()).isEqualTo(Usd.of(new BigDecimal("0.000015")));
    assertThat(x.tally().usage().estimated()).isFalse();
  }

  @Test
  void aVectorReservesItsInputAlone() {
    var chat = Exchanges.chat("perplexity/pplx-embed-v1-0.6b");
    var x =
        chat.with(
            chat.plan()
                .asking(
                    new Ask.Embedding(List.of("hello hello", "weir"), OptionalInt.empty(), false)));

    // Eleven and four bytes and twice sixteen around them, or fewer counted tokens; each at 4
    // billionths of a dollar.
    var counted = (long) Math.ceil(TOKENS.count("hello hello\nweir\n") * 1.3) + 32;
    assertThat(stage.atMost(x)).contains(new Usd(4 * Math.min(counted, 15 + 32)));
  }

  @Test
  void tokensThatTheCallerCountedReserveOneEachAndCostAsMuchWhereNobodyReportsMore() {
    var lists = JsonNodeFactory.instance.arrayNode();
    lists.addArray().add(15).add(100_000).add(7);
    lists.addArray().add(0);
    var chat = Exchanges.chat("perplexity/pplx-embed-v1-0.6b");
    var tokens = new EmbeddingInput.Tokens(lists, 4);
    var asked =
        chat.with(chat.plan().asking(new Ask.Embedding(tokens, OptionalInt.empty(), false)));
    var target = Exchanges.target("perplexity/pplx-embed-v1-0.6b");
    var x = asked.with(new Attempt(UUID.randomUUID(), 1, target));

    assertThat(stage.atMost(x)).contains(new Usd(4 * (4 + 32)));
    assertThat(Tokens.estimate(x)).isEqualTo(4);

    Chain.of(List.of(stage, answersWith(Usage.NONE))).proceed(x);

    assertThat(x.tally().usage()).isEqualTo(new Usage(4, TOKENS.count("hi"), 0, 0, 0, true));
  }

  @Test
  void anAnswerWithoutUsageIsCountedHereAndMarkedSo() {
    var x = run("perplexity/sonar", answersWith(Usage.NONE));

    assertThat(x.tally().usage())
        .isEqualTo(new Usage(TOKENS.count("Say hello to me\n"), TOKENS.count("hi"), 0, 0, 0, true));
    assertThat(x.tally().cost()).isGreaterThan(Usd.ZERO);
  }

  @Test
  void aCallIsPricedByTheMomentThatItsRecordBears(@TempDir Path folder) throws IOException {
    var file =
        Files.writeString(
            folder.resolve("prices.yaml"),
            """
            prices:
              - {model: a/b, from: 2026-01-01, input: 1, output: 1}
              - {model: a/b, from: 2026-02-01, input: 1000, output: 1000}
            """);
    var dated = ((PriceFile.Result.Loaded) PriceFile.read(file)).table();
    var any = Exchanges.chat("a/b");
    // It was admitted at 23:59:59 of January and ends in February.
    any.tally().startedAt(Instant.parse("2026-01-31T23:59:59Z"));
    var ends =
        new At(Instant.parse("2026-02-01T00:00:01Z"), any.origin().arrivedNanos() + 2_000_000_000L);
    var x = any.with(new Attempt(UUID.randomUUID(), 1, Exchanges.target("a/b")));

    Chain.of(List.of(new SpendingStage(Limits.off(), () -> dated, TOKENS, ends), answers()))
        .proceed(x);

    // 15 tokens at a millionth
    assertThat(x.tally().cost()).isEqualTo(new Usd(15_000));
  }

  private record At(Instant now, long nanoTime) implements Clock {}

  @Test
  void aModelWithoutAPriceCostsWhatItsRouteSaysAtMostAndABudgetReservesThat() {
    var clock = Clock.system();
    var ledger = new HandLedger();
    ledger.usdLimit = 5_000_000_000L;
    var limits =
        new Limits(new LeaseDesk(ledger, clock, AT_ONCE), clock, Limits.Enforcement.ENFORCE);
    var half = Usd.of(new BigDecimal("0.5"));
    var unpriced = new SpendingStage(limits, () -> prices, TOKENS, clock);
    var bounded =
        new SpendingStage(limits, () -> prices, TOKENS, clock, Map.of("openai/unheard-of", half));

    var refused = spend(unpriced, limits);
    var paid = spend(bounded, limits);

    assertThat(AIError.from(refused.cause()).code()).isEqualTo(ErrorCode.MODEL_UNPRICED);
    assertThat(paid.result().tally().cost()).isEqualTo(half);
  }

  private Future<Exchange> spend(SpendingStage stage, Limits limits) {
    var any = Exchanges.chat("openai/unheard-of");
    limits.enforce(any.origin().id(), Who.of(any.principal()), any.cancellation());
    var x = any.with(new Attempt(UUID.randomUUID(), 1, Exchanges.target("openai/unheard-of")));
    return Chain.of(List.of(stage, answers())).proceed(x).map(x);
  }

  private static final LeaseDesk.Loop AT_ONCE =
      new LeaseDesk.Loop() {
        @Override
        public void run(Runnable work) {
          work.run();
        }

        @Override
        public void after(Duration delay, Runnable work) {}
      };

  @Test
  void aModelWithoutAPriceHasNoCostRatherThanNone() {
    var x = run("openai/unheard-of", answers());

    assertThat(x.tally().attempts().getFirst().cost()).isEmpty();
  }

  @Test
  void anAttemptThatNeverLeftCostsNothing() {
    var x = run("perplexity/sonar", (_, _) -> fails(ErrorCode.CIRCUIT_OPEN));

    assertThat(x.tally().usage()).isEqualTo(Usage.NONE);
    assertThat(x.tally().attempts().getFirst().failure()).contains(ErrorCode.CIRCUIT_OPEN);
  }

  @Test
  void anAttemptThatWasRefusedBeforeATokenCostsNothing() {
    var x =
        run(
            "perplexity/sonar",
            (y, _) -> {
              y.currentAttempt().markSent();
              y.currentAttempt().markRefused();
              return fails(ErrorCode.PROVIDER_RATE_LIMITED);
            });

    assertThat(x.tally().cost()).isEqualTo(Usd.ZERO);
  }

  @Test
  void anAttemptThatWasSentAndCancelledIsBilledForItsPromptAndWhatWasDelivered() {
    var x =
        run(
            "perplexity/sonar",
            (y, _) -> {
              y.currentAttempt().markSent();
              y.currentAttempt().produced("Hello there");
              return fails(ErrorCode.CANCELLED);
            });

    assertThat(x.tally().usage())
        .isEqualTo(new Usage(TOKENS.count("Say hello to me\n"), 2, 0, 0, 0, true));
    assertThat(x.tally().cost()).isGreaterThan(Usd.ZERO);
  }

  @Test
  void anAttemptThatWasCancelledInAForcedSearchIsBilledForTheSearch() {
    var target = Exchanges.target("perplexity/sonar");
    var searching = new Target(target.model(), target.servedBy(), false, true, target.preset());
    var x = Exchanges.chat("perplexity/sonar").with(new Attempt(UUID.randomUUID(), 1, searching));

    Chain.of(
            List.of(
                stage,
                (y, _) -> {
                  y.currentAttempt().markSent();
                  return fails(ErrorCode.CANCELLED);
                }))
        .proceed(x);

    assertThat(x.tally().usage().searches()).isEqualTo(1);
  }

  private Exchange run(String model, Stage upstream) {
    var x = Exchanges.chat(model).with(new Attempt(UUID.randomUUID(), 1, Exchanges.target(model)));
    Chain.of(List.of(stage, upstream)).proceed(x);
    return x;
  }

  private static Stage answersWith(Usage usage) {
    var answer = Exchanges.answer("hi");
    return (_, _) ->
        Future.succeededFuture(
            new Reply.Whole(
                new Answer(
                    answer.text(),
                    answer.data(),
                    answer.finish(),
                    answer.model(),
                    usage,
                    answer.providerCost(),
                    answer.sources(),
                    answer.wire())));
  }

  private static Stage answers() {
    return (_, _) -> Future.succeededFuture(new Reply.Whole(Exchanges.answer("hi")));
  }

  private static Future<Reply> fails(ErrorCode code) {
    return Future.failedFuture(AIError.of(code, "no"));
  }

  @Test
  void aCallWithACapMakesNoAttemptThatCouldBringItAboveThat() {
    var one = stage.atMost(Exchanges.chat("perplexity/sonar")).orElseThrow();
    var call = Exchanges.chat("perplexity/sonar");
    var cap = new Cap(one);
    call.tally().cap(cap);
    var sent = new AtomicInteger();
    var chain =
        Chain.of(
            List.of(
                stage,
                (x, _) -> {
                  sent.incrementAndGet();
                  x.currentAttempt().markSent();
                  return Future.failedFuture(AIError.of(ErrorCode.PROVIDER_UNREACHABLE, "broken"));
                }));

    var first = chain.proceed(attempt(call, 1));
    var second = chain.proceed(attempt(call, 2));

    assertThat(AIError.from(first.cause()).code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
    assertThat(AIError.from(second.cause()).code()).isEqualTo(ErrorCode.BUDGET_EXCEEDED);
    assertThat(AIError.from(second.cause()).details()).containsEntry("limit", "usd_per_call");
    assertThat(sent).as("the second was never sent").hasValue(1);
    assertThat(call.tally().cost()).isGreaterThan(Usd.ZERO).isLessThan(one);
    assertThat(cap.taken()).as("nothing stays reserved").isEqualTo(call.tally().cost());
  }

  @Test
  void anAttemptUnderWayCountsAgainstTheCapWithItsWorstPrice() {
    var call = Exchanges.chat("perplexity/sonar");
    var one = stage.atMost(call).orElseThrow();
    var cap = new Cap(one.plus(new Usd(1)));
    call.tally().cap(cap);
    var hangs = Chain.of(List.of(stage, (_, _) -> Promise.<Reply>promise().future()));

    hangs.proceed(attempt(call, 1));
    var second = hangs.proceed(attempt(call, 2));

    assertThat(AIError.from(second.cause()).code()).isEqualTo(ErrorCode.BUDGET_EXCEEDED);
    assertThat(AIError.from(second.cause()).details()).containsEntry("limit", "usd_held");
    assertThat(cap.taken()).isEqualTo(one);
  }

  @Test
  void anAttemptThatWasRefusedLeavesTheCapForTheNextOne() {
    var call = Exchanges.chat("perplexity/sonar");
    call.tally().cap(new Cap(stage.atMost(call).orElseThrow()));
    var refuses =
        Chain.of(
            List.of(
                stage,
                (x, _) -> {
                  x.currentAttempt().markSent();
                  x.currentAttempt().markRefused();
                  return Future.failedFuture(AIError.of(ErrorCode.PROVIDER_ERROR, "500"));
                }));

    refuses.proceed(attempt(call, 1));
    var second = Chain.of(List.of(stage, answers())).proceed(attempt(call, 2));

    assertThat(second.succeeded()).isTrue();
  }

  @Test
  void aCapNeedsAPrice() {
    var call = Exchanges.chat("openai/unheard-of");
    call.tally().cap(new Cap(Usd.of(BigDecimal.ONE)));

    var asked = Chain.of(List.of(stage, answers())).proceed(attempt(call, 1));

    assertThat(stage.atMost(call)).isEmpty();
    assertThat(AIError.from(asked.cause()).code()).isEqualTo(ErrorCode.MODEL_UNPRICED);
  }

  private static Exchange attempt(Exchange call, int number) {
    return call.with(new Attempt(UUID.randomUUID(), number, call.plan().route().first()));
  }
}
