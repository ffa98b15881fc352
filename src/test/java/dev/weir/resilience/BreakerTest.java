package dev.weir.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BreakerSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BreakerTest {
  private static final BreakerSettings SETTINGS =
      new BreakerSettings(3, Duration.ofSeconds(30), Duration.ofSeconds(10), 3);

  private final VirtualTime time = new VirtualTime();
  private final List<BreakerChange> changes = new ArrayList<>();
  private final Breaker breaker = breaker(SETTINGS);

  @Test
  void opensAtTheThresholdWithinTheWindow() {
    end(Verdict.SICK, Verdict.SICK);
    assertThat(shown()).isEqualTo(BreakerState.CLOSED);

    end(Verdict.SICK);

    assertThat(shown()).isEqualTo(BreakerState.OPEN);
    assertThat(breaker.tryEnter()).isEmpty();
  }

  @Test
  void successesInBetweenDoNotForgiveFailures() {
    end(Verdict.SICK, Verdict.WELL, Verdict.SICK, Verdict.WELL, Verdict.WELL, Verdict.SICK);

    assertThat(shown()).isEqualTo(BreakerState.OPEN);
  }

  @Test
  void failuresOlderThanTheWindowDoNotCount() {
    end(Verdict.SICK, Verdict.SICK);
    time.passMillis(30_000);

    end(Verdict.SICK, Verdict.SICK);

    assertThat(shown()).isEqualTo(BreakerState.CLOSED);
    assertThat(breaker.status().failures()).isEqualTo(2);
  }

  @Test
  void whatProvesNothingDoesNotOpen() {
    end(Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.UNKNOWN);

    assertThat(shown()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void tellsHowLongItStaysOpen() {
    open();
    time.passMillis(3_000);

    assertThat(breaker.untilProbe()).isEqualTo(Duration.ofSeconds(7));
    assertThat(breaker.status().retryAfter()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void letsOneProbeThroughAfterTheResetTimeout() {
    open();
    time.passMillis(9_999);
    assertThat(breaker.tryEnter()).isEmpty();

    time.passMillis(1);

    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);
    assertThat(breaker.tryEnter()).isPresent();
    assertThat(breaker.tryEnter()).isEmpty();
  }

  @Test
  void aFailedProbeReopensForOneWholeResetTimeout() {
    open();
    time.passMillis(10_000);
    end(Verdict.SICK);

    time.passMillis(9_999);
    assertThat(shown()).isEqualTo(BreakerState.OPEN);
    time.passMillis(1);

    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);
    assertThat(time.timers()).as("no second reset timer").isZero();
  }

  @Test
  void aProbeThatProvedNothingLetsTheNextCallProbe() {
    open();
    time.passMillis(10_000);
    end(Verdict.UNKNOWN);
    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);

    end(Verdict.UNKNOWN);
    end(Verdict.WELL, Verdict.WELL, Verdict.WELL);

    assertThat(shown()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void closesOnlyAfterTheSuccessesInARow() {
    open();
    time.passMillis(10_000);
    end(Verdict.WELL, Verdict.WELL);
    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);

    end(Verdict.WELL);

    assertThat(shown()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void oneFailureOnProbationReopens() {
    open();
    time.passMillis(10_000);
    end(Verdict.WELL, Verdict.WELL, Verdict.SICK);

    assertThat(shown()).isEqualTo(BreakerState.OPEN);
    time.passMillis(10_000);
    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);
  }

  @Test
  void onProbationNoMoreCallsRunThanSuccessesAreMissing() {
    open();
    time.passMillis(10_000);
    end(Verdict.WELL);

    var first = breaker.tryEnter();
    var second = breaker.tryEnter();

    assertThat(first).isPresent();
    assertThat(second).isPresent();
    assertThat(breaker.tryEnter()).isEmpty();
    first.orElseThrow().report(Verdict.UNKNOWN);
    assertThat(breaker.tryEnter()).isPresent();
  }

  @Test
  void oneSuccessClosesWhereOneIsEnough() {
    var quick = breaker(new BreakerSettings(1, Duration.ofSeconds(30), Duration.ofSeconds(10), 1));
    quick.tryEnter().orElseThrow().report(Verdict.SICK);
    time.passMillis(10_000);

    quick.tryEnter().orElseThrow().report(Verdict.WELL);

    assertThat(quick.status().state()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void stragglersFromBeforeTheOutageNeitherCloseNorReopen() {
    var stragglers = IntStream.range(0, 4).mapToObj(_ -> breaker.tryEnter().orElseThrow()).toList();
    open();
    time.passMillis(10_000);

    stragglers.get(0).report(Verdict.WELL);
    stragglers.get(1).report(Verdict.SICK);
    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);
    assertThat(breaker.tryEnter()).isPresent();
    end();

    stragglers.get(2).report(Verdict.UNKNOWN);
    assertThat(breaker.tryEnter()).as("a straggler frees nobody's place").isEmpty();
  }

  @Test
  void aClosedBreakerBeginsAgainFromNothing() {
    open();
    time.passMillis(10_000);
    end(Verdict.WELL, Verdict.WELL, Verdict.WELL);

    end(Verdict.SICK, Verdict.SICK);

    assertThat(shown()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void aPermitReportsOnce() {
    var permit = breaker.tryEnter().orElseThrow();

    permit.report(Verdict.SICK);
    permit.report(Verdict.SICK);
    permit.report(Verdict.SICK);

    assertThat(breaker.status().failures()).isEqualTo(1);
  }

  @Test
  void eachChangeIsAnnouncedOnceAndProbationIsShownAsHalfOpen() {
    open();
    time.passMillis(10_000);
    end(Verdict.WELL, Verdict.SICK);
    time.passMillis(10_000);
    end(Verdict.WELL, Verdict.WELL, Verdict.WELL);

    assertThat(changes)
        .extracting(c -> c.from() + ">" + c.to())
        .containsExactly(
            "CLOSED>OPEN",
            "OPEN>HALF_OPEN",
            "HALF_OPEN>OPEN",
            "OPEN>HALF_OPEN",
            "HALF_OPEN>CLOSED");
  }

  private Breaker breaker(BreakerSettings settings) {
    return new Breaker(
        "perplexity", "sonar", settings, time.vertx(), time, Runnable::run, changes::add);
  }

  private void open() {
    end(Verdict.SICK, Verdict.SICK, Verdict.SICK);
    assertThat(shown()).isEqualTo(BreakerState.OPEN);
  }

  private void end(Verdict... verdicts) {
    for (var verdict : verdicts) {
      breaker.tryEnter().orElseThrow().report(verdict);
    }
  }

  private BreakerState shown() {
    return breaker.status().state();
  }
}
