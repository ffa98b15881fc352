package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HouseTest {
  @Test
  void runsOnTheJdkItIsBuiltFor() {
    assertThat(Runtime.version().feature()).isGreaterThanOrEqualTo(25);
  }
}
