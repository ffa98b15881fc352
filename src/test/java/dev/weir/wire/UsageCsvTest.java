package dev.weir.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.analytics.UsageLine;
import dev.weir.analytics.UsageQueryReader;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageCsvTest {
  @ParameterizedTest
  @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"})
  void whatASpreadsheetWouldRunIsGuarded(String value) {
    assertThat(UsageCsv.text(value)).containsPattern("^\"?'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"plain|plain", "a,b|\"a,b\"", "say \"hi\"|\"say \"\"hi\"\"\"", "=a,b|\"'=a,b\""})
  void textIsQuotedWhereItHasToBe(String value, String cell) {
    assertThat(UsageCsv.text(value)).isEqualTo(cell);
  }

  @Test
  void numbersStandAsTheyAre() {
    var line =
        new UsageLine(
            Optional.of(Instant.parse("2026-11-01T00:00:00Z")),
            List.of("@evil"),
            -3,
            0,
            0,
            1,
            2,
            0,
            0,
            0,
            new BigDecimal("-0.000000001"),
            BigDecimal.ZERO,
            BigDecimal.ZERO,
            0,
            Optional.of(new UsageLine.Latency(1.04, 2, 3)));

    assertThat(UsageCsv.line(line).toString())
        .isEqualTo(
            "2026-11-01T00:00:00Z,'@evil,-3,0,0,1,2,0,0,0,-0.000000001,0,0,0,1.0,2.0,3.0\r\n");
  }

  @Test
  void theHeadNamesEveryColumn() {
    var query =
        UsageQueryReader.read(
            Map.of("group_by", "user,tag:team", "interval", "day"), Instant.EPOCH.plusSeconds(1));

    assertThat(UsageCsv.head(query).toString())
        .startsWith("period,user,tag:team,calls,")
        .endsWith(",p99_ms\r\n");
  }
}
