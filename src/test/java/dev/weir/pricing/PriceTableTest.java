package dev.weir.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceTableTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @TempDir private Path folder;

  @Test
  void everyPartOfAUsageIsPricedExactly() throws IOException {
    var table =
        table(
            "- {model: a/b, from: 2026-01-01, input: 2, cached: 0.5, output: 10, reasoning: 4,"
                + " request: 0.001, search: 0.005}");

    var cost = table.cost("a/b", new Usage(1_000, 200, 400, 50, 3, false), NOW);

    // 600 x 2 + 400 x 0.5 + 150 x 10 + 50 x 4 = 3,100 millionths, and 0.001 + 3 x 0.005
    assertThat(cost).contains(Usd.of(new BigDecimal("0.0191")));
  }

  @Test
  void theNewestEntryThatHasBegunHolds() throws IOException {
    var table =
        table(
            """
            - {model: a/b, from: 2026-01-01, input: 1, output: 1}
            - {model: a/b, from: 2026-11-01, input: 2, output: 1}
            - {model: a/b, from: 2027-01-01, input: 3, output: 1}
            """);
    var million = Usage.of(1_000_000, 0);

    assertThat(table.cost("a/b", million, NOW)).contains(Usd.of(new BigDecimal("2")));
    assertThat(table.cost("a/b", million, Instant.parse("2026-10-31T23:59:59Z")))
        .contains(Usd.of(new BigDecimal("1")));
    assertThat(table.cost("a/b", million, Instant.parse("2025-12-31T23:59:59Z"))).isEmpty();
  }

  @Test
  void largePromptsHaveTheirOwnRates() throws IOException {
    var table =
        table(
            "- {model: a/b, from: 2026-01-01, input: 1, output: 1, above: [{tokens: 1000, input: 2,"
                + " output: 3}]}");

    assertThat(table.cost("a/b", Usage.of(1_000, 0), NOW))
        .contains(Usd.of(new BigDecimal("0.001")));
    assertThat(table.cost("a/b", Usage.of(1_001, 0), NOW))
        .contains(Usd.of(new BigDecimal("0.002002")));
  }

  @Test
  void tokensWrittenToACacheCostByTheirTimeToLive() throws IOException {
    var table =
        table(
            "- {model: a/b, from: 2026-01-01, input: 4, cached: 0.4, cache_write: {5m: 5, 1h: 8},"
                + " output: 1, above: [{tokens: 1000, input: 8, output: 1, cache_write: {1h:"
                + " 16}}]}");

    // 500 x 4 + 200 x 0.4 + 200 x 5 + 100 x 8 millionths
    assertThat(table.cost("a/b", new Usage(1_000, 0, 200, 200, 100, 0, 0, false), NOW))
        .contains(Usd.of(new BigDecimal("0.00388")));
    // 1,001 x 8 + 1,000 x 16: what no price is given for costs as input
    assertThat(table.cost("a/b", new Usage(2_001, 0, 0, 1_001, 1_000, 0, 0, false), NOW))
        .contains(Usd.of(new BigDecimal("0.024008")));
    assertThat(
            table("- {model: a/b, from: 2026-01-01, input: 4, output: 1}")
                .cost("a/b", Usage.of(1_000, 0).writing(500, 500), NOW))
        .contains(Usd.of(new BigDecimal("0.004")));
  }

  @Test
  void aPriceThatIsKnownAheadHoldsFromItsDayOn() throws IOException {
    var table =
        table(
            """
            - {model: a/b, from: 2027-01-01, input: 3, output: 1}
            - {model: a/b, from: 2026-01-01, input: 1, output: 1}
            """);

    assertThat(table.cost("a/b", Usage.of(1, 0), NOW)).contains(new Usd(1_000));
    assertThat(table.cost("a/b", Usage.of(1, 0), Instant.parse("2027-01-01T00:00:00Z")))
        .contains(new Usd(3_000));
  }

  @Test
  void theWorstUsageAtTheHighestPriceIsStillASumThatCanBeAdded() throws IOException {
    var table =
        table(
            "- {model: a/b, from: 2026-01-01, input: 1000000, output: 1000000, request: 1000000,"
                + " search: 1000000}");
    var worst = new Usage(Long.MAX_VALUE, Long.MAX_VALUE, 0, Long.MAX_VALUE, Long.MAX_VALUE, false);

    var cost = table.cost("a/b", worst, NOW).orElseThrow();

    assertThat(cost.times(100).dollars()).isEqualByComparingTo("1000000000");
  }

  @Test
  void tablesWithTheSameEntriesHaveTheSameFingerprint() throws IOException {
    var one = "- {model: a/b, from: 2026-01-01, input: 1, output: 1}\n";
    var other = "- {model: a/c, from: 2026-01-01, input: 1, output: 1}\n";

    assertThat(table(one + other).digest()).isEqualTo(table(other + one).digest());
    assertThat(table(one).digest())
        .isNotEqualTo(table(one.replace("input: 1", "input: 2")).digest());
  }

  @Test
  void aModelWithoutAnEntryHasNoPrice() throws IOException {
    assertThat(table("[]").cost("a/b", Usage.of(1, 1), NOW)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          - {model: ab, from: 2026-01-01, input: 1, output: 1} | $.prices[0].model
          - {model: a/b, from: soon, input: 1, output: 1} | $.prices[0].from
          - {model: a/b, from: 2026-01-01, input: -1, output: 1} | $.prices[0].input
          - {model: a/b, from: 2026-01-01, output: 1} | $.prices[0].input
          - {model: a/b, from: 2026-01-01, input: x, output: 1} | $.prices[0].input
          - {model: a/b, from: 2026-01-01, input: 1, output: 1, serch: 2} | $.prices[0].serch
          - {model: a/b, from: 2026-01-01, input: 1, output: 1, cache_write: 2} | $.prices[0].cache_write
          - {model: a/b, from: 2026-01-01, input: 1, output: 1, cache_write: {2h: 2}} | $.prices[0].cache_write.2h
          - {model: a/b, from: 2026-01-01, input: 1, output: 1, cache_write: {5m: -2}} | $.prices[0].cache_write.5m
          """)
  void aBadEntryIsRefusedWithItsPath(String entry, String path) throws IOException {
    var faults = faults(entry);

    assertThat(faults)
        .anySatisfy(fault -> assertThat(fault).contains("prices.yaml").contains(path));
  }

  @Test
  void theShippedTableIsGood() {
    assertThat(PriceFile.read(Path.of("conf/prices.yaml")))
        .isInstanceOfSatisfying(
            PriceFile.Result.Loaded.class,
            l -> assertThat(l.table().has("perplexity/sonar", NOW)).isTrue());
  }

  private PriceTable table(String entries) throws IOException {
    return ((PriceFile.Result.Loaded) PriceFile.read(write(entries))).table();
  }

  private List<String> faults(String entries) throws IOException {
    return ((PriceFile.Result.Refused) PriceFile.read(write(entries))).faults();
  }

  private Path write(String entries) throws IOException {
    var text = entries.equals("[]") ? "prices: []\n" : "prices:\n" + entries.indent(2);
    return Files.writeString(folder.resolve("prices.yaml"), text);
  }
}
