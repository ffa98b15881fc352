package dev.weir.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BreakerSettings;
import dev.weir.core.Clock;
import dev.weir.gateway.Exchanges;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BreakersTest {
  private static final int LOOPS = 4;
  private static final BreakerSettings SETTINGS =
      new BreakerSettings(5, Duration.ofSeconds(30), Duration.ofMillis(20), 3);

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<BreakerChange> changes = new LinkedBlockingQueue<>();
  private final Breakers breakers = new Breakers(vertx, Clock.system(), SETTINGS, changes::add);

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void aChangeIsPublishedOnTheEventBus() throws Exception {
    var published = new LinkedBlockingQueue<JsonObject>();
    vertx.eventBus().<JsonObject>consumer(Breakers.ADDRESS, m -> published.add(m.body()));

    sicken(breakers.of(Exchanges.target("perplexity/sonar")));

    var event = published.poll(10, TimeUnit.SECONDS);
    assertThat(event.getMap())
        .containsEntry("provider", "perplexity")
        .containsEntry("model", "sonar")
        .containsEntry("from", "closed")
        .containsEntry("to", "open")
        .containsKeys("at", "reason");
  }

  @Test
  void modelsAskedOnceAndForgottenMakeRoomForOthers() {
    for (var i = 0; i < 3 * Breakers.MOST; i++) {
      breakers.of(Exchanges.target("openai/made-up-" + i));
    }

    assertThat(breakers.states()).hasSizeLessThanOrEqualTo(Breakers.MOST);
    assertThat(breakers.states()).noneMatch(s -> s.model().equals(Breakers.SURPLUS));
  }

  @Test
  void modelsBeyondTheMostShareOneBreakerPerProvider() {
    for (var i = 0; i < Breakers.MOST; i++) {
      enter(breakers.of(Exchanges.target("openai/failing-" + i))).report(Verdict.SICK);
    }

    var one = breakers.of(Exchanges.target("openai/one-more"));
    var other = breakers.of(Exchanges.target("openai/and-another"));

    assertThat(one).isSameAs(other);
    assertThat(breakers.of(Exchanges.target("perplexity/x"))).isNotSameAs(one);
    assertThat(breakers.states()).hasSize(Breakers.MOST + 2);
  }

  @Test
  void aNameThatIsNoNameGetsNoBreakerOfItsOwn() {
    breakers.of(Exchanges.target("openai/" + "x".repeat(10_000)));
    breakers.of(Exchanges.target("openai/a\nb"));

    assertThat(breakers.states()).singleElement().extracting(BreakerStatus::model).isEqualTo("*");
  }

  @Test
  void fourEventLoopsOpenItOnceAndOneOfThemProbes() throws Exception {
    var breaker = breakers.of(Exchanges.target("perplexity/sonar"));

    for (var round = 0; round < 20; round++) {
      var underWay = new ConcurrentLinkedQueue<Permit>();
      onAllLoops(() -> underWay.add(enter(breaker)), 50);
      onAllLoops(() -> underWay.remove().report(Verdict.SICK), 50);
      assertThat(next()).isEqualTo("CLOSED>OPEN");
      assertThat(next()).isEqualTo("OPEN>HALF_OPEN");

      var probes = new LinkedBlockingQueue<Permit>();
      onAllLoops(() -> breaker.tryEnter().ifPresent(probes::add), 50);
      assertThat(probes).hasSize(1);
      probes.remove().report(Verdict.WELL);

      onAllLoops(() -> breaker.tryEnter().ifPresent(p -> p.report(Verdict.WELL)), 50);
      assertThat(next()).isEqualTo("HALF_OPEN>CLOSED");
    }
    assertThat(changes).isEmpty();
  }

  @Test
  void underRandomLoadOfFourEventLoopsItWalksLegalPathsAndIsNeverStuck() throws Exception {
    var breaker = breakers.of(Exchanges.target("perplexity/sonar"));

    onAllLoops(
        () -> {
          var sick = ThreadLocalRandom.current().nextInt(3) == 0;
          breaker.tryEnter().ifPresent(p -> p.report(sick ? Verdict.SICK : Verdict.WELL));
        },
        50_000);
    List<BreakerChange> path = new ArrayList<>();
    while (breaker.status().state() != BreakerState.CLOSED) {
      breaker.tryEnter().ifPresentOrElse(p -> p.report(Verdict.WELL), () -> path.add(await()));
    }
    // The last change is announced a moment after the state shows it.
    while (path.isEmpty() || path.getLast().to() != BreakerState.CLOSED || !changes.isEmpty()) {
      path.add(await());
    }

    var at = BreakerState.CLOSED;
    for (var change : path) {
      assertThat(change.from()).isEqualTo(at);
      assertThat(List.of("CLOSED>OPEN", "OPEN>HALF_OPEN", "HALF_OPEN>OPEN", "HALF_OPEN>CLOSED"))
          .contains(change.from() + ">" + change.to());
      at = change.to();
    }
    assertThat(path).hasSizeGreaterThan(2);
  }

  private static void sicken(Breaker breaker) {
    for (var i = 0; i < SETTINGS.failures(); i++) {
      breaker.tryEnter().ifPresent(p -> p.report(Verdict.SICK));
    }
  }

  private static Permit enter(Breaker breaker) {
    return breaker.tryEnter().orElseThrow();
  }

  private String next() {
    var change = await();
    return change.from() + ">" + change.to();
  }

  private BreakerChange await() {
    try {
      return Objects.requireNonNull(changes.poll(10, TimeUnit.SECONDS), "no change came");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs {@code work} this many times on each of four event loops at once, and waits for it. */
  private void onAllLoops(Runnable work, int times) throws Exception {
    var done =
        IntStream.range(0, LOOPS)
            .mapToObj(_ -> freshLoop())
            .map(
                loop -> {
                  Promise<Void> over = Promise.promise();
                  loop.runOnContext(
                      _ -> {
                        for (var i = 0; i < times; i++) {
                          work.run();
                        }
                        over.complete();
                      });
                  return over.future();
                })
            .toList();
    Future.all(List.copyOf(done))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private Context freshLoop() {
    return ((VertxInternal) vertx).createEventLoopContext();
  }
}
