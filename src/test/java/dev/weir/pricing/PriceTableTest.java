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
