package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PurseTest {
  private static BigDecimal usd(String amount) {
    return new BigDecimal(amount);
  }

  private static Purse purse(String most, int atOnce) {
    return new Purse(Optional.of(usd(most)), atOnce);
  }

  @Test
  void partsUnderWayTogetherAreNeverMoreThanThereIs() {
    var purse = purse("1", 3);

    var parts = IntStream.range(0, 3).mapToObj(_ -> purse.take().orElseThrow()).toList();

    assertThat(purse.take()).as("three at a time").isEmpty();
    assertThat(
            parts.stream().map(part -> part.cap().orElseThrow()).reduce(usd("0"), BigDecimal::add))
        .isLessThanOrEqualTo(usd("1"))
        .isGreaterThan(usd("0.99"));
    assertThat(parts).noneMatch(Purse.Part::whole);
  }

  @Test
  void whereItBecameNarrowerFewerAreOutAtATime() {
    var purse = purse("1", 2);
    var first = purse.take().orElseThrow();
    var second = purse.take().orElseThrow();

    assertThat(purse.narrow()).isTrue();
    assertThat(purse.narrow()).as("one is left").isFalse();
    purse.settle(first, usd("0"));
    assertThat(purse.take()).isEmpty();
    purse.settle(second, usd("0.25"));

    var all = purse.take().orElseThrow();
    assertThat(all.whole()).isTrue();
    assertThat(all.cap().orElseThrow()).isEqualByComparingTo("0.75");
  }

  @Test
  void whatAPartDidNotNeedIsThereForTheNext() {
    var purse = purse("1", 2);
    var first = purse.take().orElseThrow();
    assertThat(purse.take()).isPresent();

    purse.settle(first, usd("0.1"));

    assertThat(purse.take().orElseThrow().cap().orElseThrow()).isEqualByComparingTo("0.4");
  }

  @Test
  void whereAPartWasTooSmallOneAtATimeGetsAllThatIsLeft() {
    var purse = purse("1", 2);
    var one = purse.take().orElseThrow();
    var other = purse.take().orElseThrow();

    purse.settle(one, usd("0"));
    purse.tooSmall();

    assertThat(purse.take()).as("while another is under way").isEmpty();
    purse.settle(other, usd("0.3"));
    var whole = purse.take().orElseThrow();
    assertThat(whole.whole()).isTrue();
    assertThat(whole.cap().orElseThrow()).isEqualByComparingTo("0.7");
    assertThat(purse.take()).isEmpty();
  }

  @Test
  void anEmptyPurseGivesNothingAndOneWithoutABoundAlwaysDoes() {
    assertThat(purse("0", 4).take()).isEmpty();
    var boundless = new Purse(Optional.empty(), 2);
    var part = boundless.take().orElseThrow();
    boundless.settle(part, usd("100"));

    assertThat(boundless.take().orElseThrow().cap()).isEmpty();
    assertThat(boundless.isOut()).isTrue();
  }
}
