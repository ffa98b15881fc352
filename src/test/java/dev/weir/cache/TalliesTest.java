package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Usd;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Tally.CacheStatus;
import dev.weir.testing.HandClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TalliesTest {
  private final HandClock clock = new HandClock();
  private final Tallies tallies = new Tallies(new CacheMeters(new SimpleMeterRegistry()), clock);

  private static Entry entry(String question) {
    return Frame.of(
        new KeyForm().text(question).key(),
        new Frame.About(
            Optional.of("ann"),
            Instant.EPOCH,
            Instant.EPOCH,
            Instant.EPOCH,
            Exchanges.target("perplexity/sonar"),
            new Usd(1_000),
            Duration.ofSeconds(2)),
        Exchanges.answer("an answer"));
  }

  private void hit(String question) {
    Exchange x = Exchanges.chat("perplexity/sonar");
    tallies.served(x, entry(question), CacheStatus.HIT, x.origin().arrivedNanos());
  }

  private void miss(String question) {
    var x = Exchanges.chat("perplexity/sonar");
    x.tally().cache(CacheStatus.MISS);
    tallies.asked(x, entry(question));
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenWithTheNext() {
    hit("one");
    hit("one");
    miss("two");
    tallies.take();
    var lost = tallies.take();

    tallies.putBack(lost);
    hit("one");
    hit("three");
    tallies.take();
    var again = tallies.take();

    var sums = again.sums().values().iterator().next();
    assertThat(again.sums()).hasSize(1);
    assertThat(sums.served(CacheStatus.HIT)).isEqualTo(4);
    assertThat(sums.served(CacheStatus.MISS)).isEqualTo(1);
    assertThat(sums.saved()).isEqualTo(new Usd(4_000));
    assertThat(sums.savedMillis()).isEqualTo(8_000);
    assertThat(sums.spent()).isEqualTo(new Usd(1_000));
    assertThat(sums.spentMillis()).isEqualTo(2_000);
    assertThat(again.hits())
        .containsEntry(entry("one").key(), 3L)
        .containsEntry(entry("three").key(), 1L)
        .hasSize(2);
  }

  @Test
  void figuresOfAnotherHourStayTheirsHoweverLateTheyAreWritten() {
    hit("one");
    tallies.take();
    var lost = tallies.take();
    clock.pass(Duration.ofHours(1));

    hit("one");
    tallies.putBack(lost);
    tallies.take();
    var again = tallies.take();

    assertThat(again.sums()).hasSize(2);
    assertThat(again.hits()).containsEntry(entry("one").key(), 2L);
  }

  @Test
  void howeverLongItLastsTheKeysStayBounded() {
    for (var round = 0; round < 3; round++) {
      for (var i = 0; i < 10_000; i++) {
        hit("question " + round + " " + i);
      }
      tallies.take();
      var lost = tallies.take();
      tallies.putBack(lost);
    }
    tallies.take();
    var all = tallies.take();

    assertThat(all.hits()).hasSizeLessThanOrEqualTo(20_000).hasSizeGreaterThan(19_000);
    assertThat(all.sums().values().iterator().next().served(CacheStatus.HIT))
        .as("by function nothing is dropped")
        .isEqualTo(30_000);
  }
}
