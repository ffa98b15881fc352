package dev.weir.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.RetryBudgetSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryBudgetTest {
  private static final String PROVIDER = "perplexity";

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget = new RetryBudget(RetryBudgetSettings.DEFAULT, time);

  @Test
  void aQuietProviderMayAlwaysBeRetriedAFewTimes() {
    assertThat(granted(budget, 50)).isEqualTo(10);
  }

  @Test
  void aBusyProviderMayBeRetriedForATenthOfItsCalls() {
    calls(budget, 1000);

    assertThat(granted(budget, 500)).isEqualTo(100);
  }

  @Test
  void theBudgetIsFullAgainAfterTheWindow() {
    assertThat(granted(budget, 50)).isEqualTo(10);

    time.passMillis(11_000);

    assertThat(granted(budget, 50)).isEqualTo(10);
  }

  @Test
  void oldCallsEarnNoRetries() {
    calls(budget, 1000);

    time.passMillis(11_000);

    assertThat(granted(budget, 500)).isEqualTo(10);
  }

  @Test
  void oneProvidersOutageLeavesTheOthersBudgetAlone() {
    assertThat(granted(budget, 50)).isEqualTo(10);

    assertThat(budget.tryRetry("openai")).isTrue();
  }

  @Test
  void aBudgetOfNothingGrantsNothing() {
    var none = new RetryBudget(new RetryBudgetSettings(0, 0, Duration.ofSeconds(10)), time);
    calls(none, 1000);

    assertThat(none.tryRetry(PROVIDER)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void inNoWindowAreMoreRetriesGrantedThanTheShareOfItsCalls(long seed) {
    var random = new Random(seed);
    var settings = new RetryBudgetSettings(20, 3, Duration.ofMillis(1000));
    var tested = new RetryBudget(settings, time);
    List<Long> calls = new ArrayList<>();
    List<Long> retries = new ArrayList<>();

    for (var i = 0; i < 5_000; i++) {
      time.pass(
          Duration.ofNanos(random.nextLong(random.nextInt(10) == 0 ? 300_000_000 : 9_000_000)));
      if (random.nextInt(3) > 0) {
        tested.called(PROVIDER);
        calls.add(time.passed().toNanos());
      } else if (tested.tryRetry(PROVIDER)) {
        retries.add(time.passed().toNanos());
        var since = time.passed().toNanos() - settings.window().toNanos();
        var allowed = Math.max(3, within(calls, since) * 20 / 100);
        assertThat(within(retries, since)).isLessThanOrEqualTo(allowed);
      }
    }

    assertThat(retries).hasSizeGreaterThan(100);
  }

  @Test
  void racingThreadsGetNoMoreThanTheBudget() throws Exception {
    calls(budget, 1000);
    var granted = new AtomicInteger();

    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var t = 0; t < 4; t++) {
        threads.submit(() -> granted.addAndGet(granted(budget, 1000)));
      }
    }

    assertThat(granted).hasValue(100);
  }

  private static long within(List<Long> moments, long since) {
    return moments.stream().filter(m -> m > since).count();
  }

  private static void calls(RetryBudget budget, int count) {
    for (var i = 0; i < count; i++) {
      budget.called(PROVIDER);
    }
  }

  private static int granted(RetryBudget budget, int asked) {
    var granted = 0;
    for (var i = 0; i < asked; i++) {
      granted += budget.tryRetry(PROVIDER) ? 1 : 0;
    }
    return granted;
  }
}
