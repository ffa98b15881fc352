package dev.weir.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AIErrorTest {
  @Test
  void anUnexpectedFailureShowsTheCallerNothingOfItself() {
    var error = AIError.from(new IllegalStateException("password=hunter2"));

    assertThat(error.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(error.message()).doesNotContain("hunter2");
    assertThat(error).hasRootCauseMessage("password=hunter2");
  }

  @Test
  void detailsAndWaitAddUp() {
    var error =
        AIError.of(ErrorCode.RATE_LIMITED, "slow down")
            .with("limit", 5)
            .retryAfter(Duration.ofSeconds(2))
            .with("unit", "calls");

    assertThat(error.retryAfter()).contains(Duration.ofSeconds(2));
    assertThat(error.details()).containsEntry("limit", 5).containsEntry("unit", "calls");
  }

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void aMistakeOfTheCallerIsNeverRetriedNorHeldAgainstTheProvider(ErrorCode code) {
    if (code.status() < 429 || code.status() == 431) {
      assertThat(code.retry()).isEqualTo(ErrorCode.Retry.NEVER);
      assertThat(code.countsAgainstBreaker()).isFalse();
    }
  }
}
