package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.HandClock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GenerationsTest {
  private static final int MOST = 3;
  private static final Subjects ADAS =
      new Subjects("letter", "1", Optional.of("ada"), "0".repeat(64));
  private static final Subjects SHARED =
      new Subjects("quote", "7", Optional.empty(), "1".repeat(64));

  private final HandClock clock = new HandClock();
  private final Generations generations = new Generations(clock, MOST);

  @Test
  void anInvalidationMovesTheStampsOfItsSubjectAlone() {
    var adas = generations.stamp(ADAS);
    var shared = generations.stamp(SHARED);

    generations.moved("user", "ada", 5);

    assertThat(generations.stamp(ADAS)).isNotEqualTo(adas);
    assertThat(generations.stamp(ADAS).generations()).containsExactly(0L, 0L, 0L, 5L, 0L);
    assertThat(generations.stamp(SHARED)).isEqualTo(shared);
  }

  @Test
  void eachKindOfSubjectIsToldApartAndAllIsEveryones() {
    var generations = new Generations(clock);
    generations.moved("function", "letter", 1);
    generations.moved("version", "letter:1", 2);
    generations.moved("version", "letter:2", 3);
    generations.moved("key", ADAS.key(), 4);
    generations.moved("user", "letter", 5);
    generations.moved("all", "*", 6);

    assertThat(generations.stamp(ADAS).generations()).containsExactly(6L, 1L, 2L, 0L, 4L);
    assertThat(generations.stamp(SHARED).generations()).containsExactly(6L, 0L, 0L, 0L, 0L);
  }

  @Test
  void aWordThatComesTwiceOrLateMovesNothing() {
    generations.moved("user", "ada", 5);
    var stamp = generations.stamp(ADAS);

    generations.moved("user", "ada", 5);
    generations.moved("user", "ada", 4);

    assertThat(generations.stamp(ADAS)).isEqualTo(stamp);
  }

  @Test
  void whatWasLoadedIsTheFloorOfEverybodyAndWhatCameAfterItStays() {
    generations.moved("user", "ada", 12);

    generations.upTo(10);
    generations.moved("function", "letter", 9);

    assertThat(generations.stamp(ADAS).generations()).containsExactly(10L, 10L, 10L, 12L, 10L);
    assertThat(generations.stamp(SHARED).generations()).containsOnly(10L);
  }

  @Test
  void oneSubjectTooManyBeginsTheMemoryAnewOnceAndNothingIsLostAfterwards() {
    generations.upTo(100);
    var before = generations.stamp(SHARED);
    var overflows = 0;
    for (var n = 1; n <= 10 * MOST; n++) {
      overflows += generations.moved("user", "user-" + n, 100 + n) ? 0 : 1;
    }

    var after = generations.stamp(SHARED);

    assertThat(overflows).as("one in so many as are remembered and one more").isEqualTo(7);
    assertThat(after).isNotEqualTo(before);
    assertThat(after.generations()).as("all of them are known to have happened").containsOnly(128L);
    generations.moved("user", "ada", 200);
    assertThat(generations.stamp(ADAS).user()).isEqualTo(200);
    assertThat(generations.stamp(SHARED)).isEqualTo(after);
  }

  @Test
  void anInvalidationOfManyAgoIsNeverForgottenByAnOverflow() {
    var before = generations.stamp(ADAS);
    generations.moved("user", "ada", 1);
    for (var n = 2; n <= 2 + MOST; n++) {
      generations.moved("user", "user-" + n, n);
    }

    assertThat(generations.stamp(ADAS)).isNotEqualTo(before);
    assertThat(generations.stamp(ADAS).user()).isGreaterThanOrEqualTo(1);
  }

  @Test
  void afterALossNothingCountsAndNothingIsTrustedUntilAWordIsHeard() {
    generations.heard(clock.nanoTime());
    var before = generations.stamp(ADAS);

    generations.lost();

    assertThat(generations.stamp(ADAS)).isNotEqualTo(before);
    assertThat(generations.fresh()).isFalse();
    generations.heard(clock.nanoTime());
    assertThat(generations.fresh()).isTrue();
  }

  @Test
  void aWordIsTrustedForASecond() {
    generations.heard(clock.nanoTime());

    clock.pass(Generations.TRUSTED);
    assertThat(generations.fresh()).isTrue();
    clock.pass(Duration.ofNanos(1));
    assertThat(generations.fresh()).isFalse();
  }

  @Test
  void whileWordsComeThroughAnyFlightMayBeJoinedElseThoseOfTheLastSecondAlone() {
    generations.heard(clock.nanoTime());
    clock.pass(Generations.TRUSTED);
    assertThat(generations.joinableFrom()).isEqualTo(Generations.ANY);

    clock.pass(Duration.ofNanos(1));
    assertThat(generations.joinableFrom())
        .isEqualTo(clock.nanoTime() - Generations.TRUSTED.toNanos());

    generations.heard(clock.nanoTime());
    assertThat(generations.joinableFrom()).isEqualTo(Generations.ANY);
  }
}
