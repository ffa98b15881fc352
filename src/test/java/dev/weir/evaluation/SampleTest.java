package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weir.core.Clock;
import dev.weir.core.Ids;
import java.math.BigDecimal;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SampleTest {
  private static final int CALLS = 100_000;
  private static final BigDecimal TENTH = new BigDecimal("0.1");

  private final List<UUID> calls =
      Stream.generate(() -> Ids.next(Clock.system())).limit(CALLS).toList();

  @Test
  void aShareIsAShare() {
    var drawn = calls.stream().filter(id -> Sample.draws("one", id, TENTH)).count();

    // Five standard deviations of a binomial.
    assertThat((double) drawn).isCloseTo(CALLS * 0.1, within(5 * Math.sqrt(CALLS * 0.1 * 0.9)));
  }

  @Test
  void theSameCallIsDrawnOrNotWhoeverLooks() {
    var id = UUID.fromString("01a22af9-5600-779c-bc12-5dbe58993919");

    assertThat(Sample.point("one", id)).isEqualTo(Sample.point("one", id)).isBetween(0.0, 1.0);
  }

  @Test
  void drawsOfUnlikeSaltsTellNothingOfEachOther() {
    var both =
        calls.stream()
            .filter(id -> Sample.draws("one", id, TENTH) && Sample.draws("two", id, TENTH))
            .count();

    assertThat((double) both).isCloseTo(CALLS * 0.01, within(5 * Math.sqrt(CALLS * 0.01 * 0.99)));
  }

  @Test
  void allIsAllAndNothingIsNothing() {
    assertThat(calls).allMatch(id -> Sample.draws("one", id, BigDecimal.ONE));
    assertThat(calls).noneMatch(id -> Sample.draws("one", id, BigDecimal.ZERO));
  }
}
