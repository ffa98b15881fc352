package dev.weir.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObstacleTest {
  @ParameterizedTest
  @CsvSource({
    "RATE_LIMITED, concurrent_calls, CROWD",
    "RATE_LIMITED, usd_held, HELD",
    "BUDGET_EXCEEDED, usd_held, HELD",
    "BUDGET_EXCEEDED, usd_per_call, CAP",
    "BUDGET_EXCEEDED, usd_per_month, ACCOUNT",
    "RATE_LIMITED, calls_per_minute, ACCOUNT",
    "RATE_LIMITED, '', ACCOUNT",
    "PROVIDER_RATE_LIMITED, '', CALL",
    "CIRCUIT_OPEN, '', CALL",
    "OF_ANOTHER_VERSION, '', CALL",
    "'', '', CALL",
  })
  void theLimitSaysItWhereThereIsOneAndElseTheCode(String code, String limit, Obstacle is) {
    assertThat(Obstacle.of(code, limit)).isEqualTo(is);
  }

  @Test
  void anErrorSaysTheSameAsItsWordsOnTheWire() {
    var held = AIError.of(ErrorCode.RATE_LIMITED, "held").with("limit", "usd_held");
    var limited = AIError.of(ErrorCode.RATE_LIMITED, "five").with("limit", 5);

    assertThat(Obstacle.of(held)).isEqualTo(Obstacle.HELD);
    assertThat(Obstacle.of(limited)).isEqualTo(Obstacle.ACCOUNT);
    assertThat(Obstacle.of(AIError.invalid("no"))).isEqualTo(Obstacle.CALL);
  }

  @Test
  void fewerAtATimeMayDoWhereOnlyOthersUnderWayStandInTheWay() {
    assertThat(Arrays.stream(Obstacle.values()).filter(Obstacle::isOfOthersUnderWay))
        .containsExactly(Obstacle.HELD, Obstacle.CROWD);
    assertThat(Arrays.stream(Obstacle.values()).filter(Obstacle::endsTheRow))
        .containsExactly(Obstacle.HELD, Obstacle.CROWD, Obstacle.ACCOUNT);
  }

  /** Of each code that a limit or the service's own state gives, no other call fares better. */
  @Test
  void theCodesThatEndARowAreThese() {
    assertThat(
            Arrays.stream(ErrorCode.values())
                .filter(code -> Obstacle.of(AIError.of(code, "no")) == Obstacle.ACCOUNT))
        .containsExactlyInAnyOrder(
            ErrorCode.UNAUTHENTICATED,
            ErrorCode.FORBIDDEN,
            ErrorCode.RATE_LIMITED,
            ErrorCode.QUOTA_EXCEEDED,
            ErrorCode.BUDGET_EXCEEDED,
            ErrorCode.OVERLOADED,
            ErrorCode.DRAINING,
            ErrorCode.STORAGE_UNAVAILABLE);
  }
}
