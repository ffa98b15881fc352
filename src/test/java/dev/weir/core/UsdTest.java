package dev.weir.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class UsdTest {
  @Test
  void roundsFractionsOfANanoDollarUp() {
    assertThat(Usd.of(new BigDecimal("0.0000000001"))).isEqualTo(new Usd(1));
    assertThat(Usd.of(new BigDecimal("5"))).isEqualTo(new Usd(5_000_000_000L));
  }

  @Test
  void refusesToOverflow() {
    assertThatThrownBy(() -> new Usd(Long.MAX_VALUE).plus(new Usd(1)))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void printsPlainDecimals() {
    assertThat(new Usd(1)).hasToString("0.000000001");
    assertThat(Usd.of(new BigDecimal("10.50"))).hasToString("10.5");
    assertThat(Usd.ZERO).hasToString("0");
    assertThat(Usd.of(new BigDecimal("100"))).hasToString("100");
  }
}
