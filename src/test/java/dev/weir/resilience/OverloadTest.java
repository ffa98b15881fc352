package dev.weir.resilience;

import static dev.weir.resilience.Calls.aCall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.OverloadSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OverloadTest {
  private static final OverloadSettings SETTINGS =
      new OverloadSettings(100, Duration.ofSeconds(1), 90, List.of("free", "pro", "enterprise"));

  private final VirtualTime time = new VirtualTime();
  private Duration lag = Duration.ZERO;
  private double memory;
  private final Overload overload = new Overload(SETTINGS, time, () -> lag, () -> memory);

  @Test
  void nothingIsShedWhileThereIsRoom() {
    lag = Duration.ofMillis(600);
    memory = 0.6;

    assertThat(sharesAfter(40)).isZero();
    assertThat(overload.tryEnter(0, 0)).isTrue();
  }

  @Test
  void oneLateBeatIsNothing() {
    lag = Duration.ofSeconds(30);
    sharesAfter(1);
    lag = Duration.ZERO;

    assertThat(sharesAfter(3)).isZero();
  }

  @Test
  void lateLoopsShedTheLowestTierFirstAndTheHighestLast() {
    lag = Duration.ofSeconds(2);
    var share = 0.0;
    while (share < 0.5) {
      share = sharesAfter(1);
    }

    assertThat(overload.tryEnter(0, 0.999)).isFalse();
    assertThat(overload.tryEnter(1, 0.2)).isFalse();
    assertThat(overload.tryEnter(1, 0.9)).isTrue();
    assertThat(overload.tryEnter(2, 0)).isTrue();
    assertThat(overload.shed()).isEqualTo(2);
  }

  @Test
  void aFullHeapSheds() {
    memory = 0.95;

    assertThat(sharesAfter(3)).isGreaterThan(0.2);
  }

  @Test
  void manyCallsShedSomeAndTooManyAll() {
    for (var call = 0; call < 100; call++) {
      assertThat(overload.tryEnter(2, 0.5)).isTrue();
    }

    assertThat(overload.tryEnter(2, 0.99)).as("the hundred and first").isFalse();
    assertThat(sharesAfter(4)).isGreaterThan(0.3);
    overload.leave();
    assertThat(overload.tryEnter(2, 0.99)).as("in the place of one that ended").isTrue();
    assertThat(overload.tryEnter(0, 0.99)).isFalse();
  }

  @Test
  void theShareStaysWhereTheLoadIsNeitherHighNorLow() {
    memory = 0.95;
    var high = sharesAfter(5);
    memory = 0.80;
    var between = sharesAfter(20);
    memory = 0.3;
    var calm = sharesAfter(3);
    var later = sharesAfter(20);

    assertThat(between).as("no swinging").isEqualTo(high);
    assertThat(calm).isLessThan(high).isPositive();
    assertThat(later).isZero();
  }

  @Test
  void aQuietTimeIsForgottenByTheFirstCallAfterIt() {
    memory = 0.95;
    sharesAfter(10);
    memory = 0.2;

    time.passMillis(60_000);

    assertThat(overload.tryEnter(0, 0)).isTrue();
  }

  @Test
  void aCallIsCountedUntilItsEndAndARefusedOneIsToldWhenToComeBack() {
    var stage = new SheddingStage(overload, SETTINGS, _ -> Optional.of("free"));
    var below = Promise.<Reply>promise();
    var chain = Chain.of(List.of(stage, (_, _) -> below.future()));
    chain.proceed(aCall(time).begin());
    assertThat(overload.calls()).isEqualTo(1);

    below.complete(new Reply.Whole(Exchanges.answer("hi")));

    assertThat(overload.calls()).isZero();
    memory = 1;
    sharesAfter(5);
    var refused = chain.proceed(aCall(time).begin());
    var error = (AIError) refused.cause();
    assertThat(error.code()).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(error.retryAfter()).contains(Duration.ofSeconds(1));
    assertThat(overload.calls()).isZero();
  }

  @Test
  void aCallThatFailsIsNotCountedAnyMore() {
    var stage = new SheddingStage(overload, SETTINGS, _ -> Optional.empty());
    var chain =
        Chain.of(
            List.of(
                stage,
                (_, _) -> Future.failedFuture(AIError.of(ErrorCode.TIMEOUT, "It took too long."))));

    chain.proceed(aCall(time).begin());

    assertThat(overload.calls()).isZero();
  }

  /** Lets so many looks pass, at each of which a call of the highest rank comes and goes. */
  private double sharesAfter(int looks) {
    for (var look = 0; look < looks; look++) {
      time.passMillis(250);
      if (overload.tryEnter(2, 0.999)) {
        overload.leave();
      }
    }
    return overload.share();
  }
}
