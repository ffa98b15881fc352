package dev.weir.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UsageTest {
  @Test
  void negativeAndAbsurdReportsAreClamped() {
    var usage = new Usage(-5, Long.MAX_VALUE, 7, Long.MAX_VALUE, -1, false);

    assertThat(usage).isEqualTo(new Usage(0, 1_000_000_000, 0, 1_000_000_000, 0, false));
  }

  @Test
  void aSumIsEstimatedIfAPartIs() {
    var sum = Usage.of(1, 2).plus(new Usage(10, 20, 5, 3, 1, true));

    assertThat(sum).isEqualTo(new Usage(11, 22, 5, 3, 1, true));
  }

  @Test
  void whatIsReadAndWrittenIsNeverMoreThanTheInput() {
    var usage = new Usage(100, 0, 60, Long.MAX_VALUE, 50, 0, 0, false);

    assertThat(usage).isEqualTo(new Usage(100, 0, 60, 40, 0, 0, 0, false));
    assertThat(Usage.of(100, 0).writing(-1, 30))
        .isEqualTo(new Usage(100, 0, 0, 0, 30, 0, 0, false));
    assertThat(usage.plus(usage).writtenTokens()).isEqualTo(80);
  }
}
