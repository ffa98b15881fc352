package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyFormTest {
  private static CacheKey key(String json) {
    return new KeyForm().value(Json.parse(json)).key();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\": 1, \"b\": 2} | {\"b\":2,\"a\":1}",
        "{\"a\": {\"x\": 1, \"y\": [1, 2]}} | { \"a\" : {\"y\":[1,2], \"x\":1} }",
        "1 | 1.0",
        "1 | 1e0",
        "100 | 1e2",
        "100 | 100.000",
        "0 | -0",
        "0 | 0.0e5",
        "0.5 | 5e-1",
        "12345678901234567890 | 1234567890123456789e1",
        "1e300 | 10e299",
        "\"\\u00e4\" | \"ä\"",
      })
  void whatMeansTheSameHasOneKey(String one, String other) {
    assertThat(key(one)).isEqualTo(key(other));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | \"1\"",
        "1 | true",
        "null | false",
        "null | 0",
        "{\"a\": null} | {}",
        "[1, 2] | [2, 1]",
        "[[1], 2] | [1, [2]]",
        "[\"ab\", \"c\"] | [\"a\", \"bc\"]",
        "{\"a\": \"b\"} | [\"a\", \"b\"]",
        "\"a\" | \"a \"",
        "\"A\" | \"a\"",
        "10 | 1",
        "-1 | 1",
        "0.1 | 0.10000000000000001",
        "1e300 | 1e299",
        "{} | []",
        "\"\" | null",
      })
  void whatDiffersHasTwo(String one, String other) {
    assertThat(key(one)).isNotEqualTo(key(other));
  }

  @Test
  void membersThatAreLeftOutDoNotCount() {
    var one = Json.object().put("a", 1).put("stream", true);
    var other = Json.object().put("stream", false).put("a", 1);

    assertThat(new KeyForm().object(one, Set.of("stream")).key())
        .isEqualTo(new KeyForm().object(other, Set.of("stream")).key());
  }

  @Test
  void aKeyIsReadBackFromItsDigits() {
    var key = key("{\"a\": [1, 2, 3]}");

    assertThat(key.hex()).matches("[0-9a-f]{64}");
    assertThat(CacheKey.parse(key.hex())).contains(key);
    assertThat(CacheKey.parse(key.hex().toUpperCase(java.util.Locale.ROOT))).isEmpty();
    assertThat(CacheKey.parse("")).isEmpty();
  }

  @Test
  void aLongInputIsNoShorterKey() {
    var key = key("\"" + "x".repeat(100_000) + "\"");

    assertThat(key).isNotEqualTo(key("\"" + "x".repeat(100_001) + "\""));
  }
}
