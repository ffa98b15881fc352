package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SameValueTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'a': 1, 'b': [true, null]} | {'b': [true, null], 'a': 1.0} | true",
        "1e2 | 100 | true",
        "100.10 | 100.1 | true",
        "0.1 | 0.10000000000000000001 | false",
        "[1, 2] | [2, 1] | false",
        "{'a': null} | {} | false",
        "{'a': 1} | {'a': '1'} | false",
        "['\\u00e9'] | ['e\\u0301'] | false",
        "['A'] | ['a'] | false",
        "[] | {} | false",
        "{'a': {'b': [{'c': 1}]}} | {'a': {'b': [{'c': 1e0}]}} | true",
      })
  void isOneOfValuesAndNotOfSpellings(String one, String other, boolean same) {
    var left = Json.parse(one.replace('\'', '"'));
    var right = Json.parse(other.replace('\'', '"'));

    assertThat(SameValue.of(left, right)).isEqualTo(same);
    assertThat(SameValue.of(right, left)).isEqualTo(same);
  }
}
