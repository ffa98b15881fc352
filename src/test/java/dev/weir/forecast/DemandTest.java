package dev.weir.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemandTest {
  private static final LocalDate TODAY = LocalDate.parse("2026-11-11");

  @TempDir private Path folder;

  @Test
  void demandIsMeasuredAtThePricesOfTodayWhateverTheBooksSay() throws IOException {
    var table = table("- {model: a/b, from: 2026-01-01, input: 2, output: 10}");

    var demand =
        Demand.of(
            List.of(use(2, "a/b", 10, 1_000_000, 0, "1"), use(1, "a/b", 10, 500_000, 0, "1")),
            Map.of(),
            table,
            TODAY);

    assertThat(demand.first()).isEqualTo(TODAY.minusDays(2));
    assertThat(demand.daily()).containsExactly(new double[] {2, 1}, within(1e-6));
    assertThat(demand.usdPerCall()).isCloseTo(0.15, within(1e-6));
  }

  @Test
  void manyCallsAreNotPricedAsOneLargePrompt() throws IOException {
    var table =
        table(
            "- {model: a/b, from: 2026-01-01, input: 1, output: 1, above: [{tokens: 1000, input: 9,"
                + " output: 9}]}");

    var demand =
        Demand.of(List.of(use(1, "a/b", 1_000, 1_000_000, 0, "0")), Map.of(), table, TODAY);

    assertThat(demand.daily()[0]).isCloseTo(1, within(1e-6));
  }

  @Test
  void aKnownPriceOfTheFutureCountsFromItsDay() throws IOException {
    var table =
        table(
            """
            - {model: a/b, from: 2026-01-01, input: 2, output: 10}
            - {model: a/b, from: 2026-11-13, input: 6, output: 10}
            """);
    var demand = Demand.of(List.of(use(1, "a/b", 10, 1_000_000, 0, "2")), Map.of(), table, TODAY);

    assertThat(demand.factors(table, TODAY, 4))
        .containsExactly(new double[] {1, 1, 3, 3}, within(1e-6));
  }

  @Test
  void refusedCallsAreDemandButALoopOfThemIsNot() throws IOException {
    var table = table("- {model: a/b, from: 2026-01-01, input: 1, output: 1}");
    var uses = List.of(use(2, "a/b", 10, 1_000_000, 0, "1"), use(1, "a/b", 5, 500_000, 0, "0.5"));

    var some = Demand.of(uses, Map.of(TODAY.minusDays(1), 5L), table, TODAY);
    var loop = Demand.of(uses, Map.of(TODAY.minusDays(1), 1_000_000L), table, TODAY);

    assertThat(some.daily()[1]).isCloseTo(1, within(1e-6));
    assertThat(loop.daily()[1]).isCloseTo(1.5, within(1e-6));
  }

  @Test
  void aModelWithoutAPriceCountsAsTheBooksHaveIt() throws IOException {
    var demand =
        Demand.of(
            List.of(use(1, "x/y", 10, 1_000, 0, "3")),
            Map.of(),
            table("- {model: a/b, from: 2026-01-01, input: 1, output: 1}"),
            TODAY);

    assertThat(demand.daily()).containsExactly(3);
    assertThat(demand.models().getFirst().priced()).isFalse();
  }

  @Test
  void todayIsNoDayOfHistoryAndAnEmptyHistoryIsNone() throws IOException {
    var table = table("- {model: a/b, from: 2026-01-01, input: 1, output: 1}");

    assertThat(Demand.of(List.of(use(0, "a/b", 1, 1_000, 0, "1")), Map.of(), table, TODAY).daily())
        .isEmpty();
    assertThat(Demand.of(List.of(), Map.of(), table, TODAY).daily()).isEmpty();
  }

  private static DayUse use(int daysAgo, String model, long calls, long in, long out, String cost) {
    return new DayUse(
        TODAY.minusDays(daysAgo),
        model,
        calls,
        new DayUse.Sum(in, out, 0, 0, 0),
        new BigDecimal(cost));
  }

  private PriceTable table(String prices) throws IOException {
    var file = folder.resolve("prices.yaml");
    Files.writeString(file, "prices:\n" + prices.indent(2));
    return switch (PriceFile.read(file)) {
      case PriceFile.Result.Loaded(var table) -> table;
      case PriceFile.Result.Refused refused -> throw new AssertionError(refused);
    };
  }
}
