package dev.weir.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.prompts.RetryPolicy;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final RetryPolicy POLICY =
      new RetryPolicy(5, Duration.ofMillis(100), Duration.ofMillis(1000));

  @Test
  void theBoundDoublesUpToTheLongestDelay() {
    assertThat(IntStream.rangeClosed(1, 6).mapToObj(n -> Backoff.bound(POLICY, n).toMillis()))
        .containsExactly(100L, 200L, 400L, 800L, 1000L, 1000L);
  }

  @Test
  void aHugeRetryNumberDoesNotOverflow() {
    assertThat(Backoff.bound(POLICY, Integer.MAX_VALUE)).isEqualTo(Duration.ofMillis(1000));
  }

  @Test
  void theJitterIsFull() {
    var random = new Random(7);

    var draws =
        IntStream.range(0, 10_000)
            .mapToLong(_ -> Backoff.draw(POLICY, 3, random).toMillis())
            .summaryStatistics();

    assertThat(draws.getMin()).isZero();
    assertThat(draws.getMax()).isBetween(395L, 400L);
    assertThat(draws.getAverage()).isBetween(190.0, 210.0);
  }

  @Test
  void noDelayIsLegal() {
    var policy = new RetryPolicy(3, Duration.ZERO, Duration.ZERO);

    assertThat(Backoff.draw(policy, 1, new Random(1))).isZero();
  }
}
