package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressBarTest {
  private final StringWriter printed = new StringWriter();

  private ProgressBar bar(String columns, int all) {
    var world =
        new World(Map.of("COLUMNS", columns), InputStream.nullInputStream(), Path.of(""), true);
    return new ProgressBar(world, new PrintWriter(printed), all);
  }

  private List<String> shown() {
    return List.of(printed.toString().strip().split("\r", -1));
  }

  @ParameterizedTest
  @ValueSource(ints = {45, 40, 30, 25, 16, 10, 5})
  void whereTheTerminalIsNarrowItIsShortEnoughForOneLine(int columns) {
    var bar = bar(String.valueOf(columns), 1200);

    bar.show(7);
    bar.show(600);
    bar.show(1200);

    assertThat(shown())
        .hasSize(3)
        .allSatisfy(line -> assertThat(line.length()).isLessThan(columns));
  }

  @ParameterizedTest
  @CsvSource({
    "80, [###############               ] 60 of 120",
    "'', [###############               ] 60 of 120",
    "0, [###############               ] 60 of 120",
    "wide, [###############               ] 60 of 120",
    "44, [###############               ] 60 of 120",
    "30, [########        ] 60 of 120",
    "19, [##   ] 60 of 120",
    "18, 60 of 120",
    "6, 60 of",
  })
  void itTakesWhatThereIsAndNoMoreThanItNeeds(String columns, String line) {
    bar(columns, 120).show(60);

    assertThat(shown()).containsExactly(line);
  }

  @Test
  void whatIsSaidStandsAboveIt() {
    var bar = bar("30", 2);

    bar.show(1);
    bar.say("line 1: no");
    bar.show(2);

    var half = "[##########          ] 1 of 2";
    assertThat(printed.toString())
        .isEqualTo(
            "\r%s\r%s\rline 1: no\n%s\r[####################] 2 of 2\n"
                .formatted(half, " ".repeat(half.length()), half));
  }
}
