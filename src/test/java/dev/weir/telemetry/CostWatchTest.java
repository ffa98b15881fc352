package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Clock;
import dev.weir.core.Usd;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CostWatchTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Hand clock = new Hand();
  private final CostWatch watch =
      new CostWatch(registry, BigDecimal.ONE, new BigDecimal("0.0001"), clock);

  @Test
  void aDifferenceBeyondBothTolerancesIsCountedByProviderAndModel() {
    compare("1", "1.011");
    compare("1.011", "1");

    assertThat(differences()).isEqualTo(2);
  }

  @Test
  void aDifferenceWithinOneOfThemIsNone() {
    compare("1", "1.01"); // 1 % of theirs is 0.0101
    compare("0.0001", "0.0002"); // half, but of a cent's hundredth

    assertThat(differences()).isZero();
    assertThat(watch.strayed()).isEmpty();
  }

  @Test
  void theSumsOfAModelThatStraysAreShownForAnHour() {
    compare("1", "1");
    compare("1", "2");

    assertThat(watch.strayed()).containsExactly(new CostWatch.Strayed("a/b", usd("2"), usd("3")));

    clock.now = clock.now.plus(Duration.ofHours(1));
    assertThat(watch.strayed()).isEmpty();
  }

  @Test
  void aModelIsSaidOnceAnHourAndItsSumsBeginAnewThen() {
    compare("1", "2");
    compare("3", "5");
    compare("1", "2");

    assertThat(watch.strayed())
        .as("since the hour's one line, at the first")
        .containsExactly(new CostWatch.Strayed("a/b", usd("4"), usd("7")));

    clock.now = clock.now.plus(Duration.ofHours(1));
    compare("1", "2");
    compare("2", "4");
    assertThat(watch.strayed())
        .as("since the next hour's line")
        .containsExactly(new CostWatch.Strayed("a/b", usd("2"), usd("4")));
  }

  @Test
  void aModelWithoutAPriceIsCounted() {
    watch.attempt("a", "a/b", Optional.empty(), Optional.of(usd("1")));

    assertThat(registry.get("weir.unpriced.attempts").tag("model", "a/b").counter().count())
        .isEqualTo(1);
    assertThat(watch.strayed()).isEmpty();
  }

  @Test
  void labelsAreBounded() {
    for (var i = 0; i < 1_000; i++) {
      watch.attempt("a", "a/" + i, Optional.empty(), Optional.empty());
    }

    assertThat(registry.find("weir.unpriced.attempts").counters()).hasSizeLessThanOrEqualTo(201);
    assertThat(registry.get("weir.unpriced.attempts").tag("model", "other").counter().count())
        .isEqualTo(800);
  }

  private void compare(String ours, String theirs) {
    watch.attempt("a", "a/b", Optional.of(usd(ours)), Optional.of(usd(theirs)));
  }

  private double differences() {
    return registry
        .get("weir.cost.differences")
        .tag("provider", "a")
        .tag("model", "a/b")
        .counter()
        .count();
  }

  private static Usd usd(String dollars) {
    return Usd.of(new BigDecimal(dollars));
  }

  private static final class Hand implements Clock {
    private Instant now = Instant.parse("2026-11-24T12:30:00Z");

    @Override
    public Instant now() {
      return now;
    }

    @Override
    public long nanoTime() {
      return 0;
    }
  }
}
