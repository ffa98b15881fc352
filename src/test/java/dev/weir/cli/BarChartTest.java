package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

class BarChartTest {
  private static final List<BarChart.Bar> BARS =
      List.of(bar("mon", "10"), bar("tue", "5.25"), bar("wed", "0"), bar("thu", "0.0001"));

  @Test
  void theLongestBarFillsTheWidthAndNoLineIsLonger() {
    var lines = new BarChart(40, true).lines(BARS);

    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
    assertThat(lines.getFirst()).hasSize(40).contains("\u2588".repeat(31)).endsWith("10");
  }

  @Test
  void aTerminalWithoutUtf8GetsAscii() {
    assertThat(new BarChart(40, false).lines(BARS))
        .allSatisfy(line -> assertThat(line).matches("[ -~]*"))
        .first()
        .asString()
        .contains("####");
  }

  @Test
  void nothingHasNoBarAndTheSmallestSomethingHasOne() {
    var lines = new BarChart(40, true).lines(BARS);

    assertThat(lines.get(2)).matches("wed +0");
    assertThat(lines.get(3)).contains("\u258f");
  }

  @Test
  void aChartOfNothingIsEmpty() {
    assertThat(new BarChart(40, true).lines(List.of())).isEmpty();
  }

  private static BarChart.Bar bar(String label, String value) {
    return new BarChart.Bar(label, new BigDecimal(value), value.length() > 2 ? "x" : value);
  }
}
