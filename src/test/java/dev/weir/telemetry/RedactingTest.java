package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.weir.core.Secret;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactingTest {
  private final Redacting redacting = new Redacting(List.of(new Secret("p@$$.word\\E(1)")));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "key weir_u_4fTq0ZbC_0123456789abcdefABCDEF in | key weir_u_4fTq0ZbC_*** in",
        "sk-proj-0123456789abcdef!                     | ***!",
        "pplx-0123456789abcdef                         | ***",
        "Authorization: Bearer abc.def-123456          | Authorization: Bearer ***",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln    | ***",
        "to postgres://weir:hunter2@db:5432/weir       | to postgres://weir:***@db:5432/weir",
        "x p@$$.word\\E(1) y                           | x *** y",
        "sk-proj-0123456789abcdef pplx-0123456789abcdef | *** ***",
      })
  void masksWhatLooksLikeAKeyAndKeepsTheRest(String line, String clean) {
    assertThat(redacting.redact(line)).isEqualTo(clean);
  }

  @ParameterizedTest
  @CsvSource({
    "a call of cover-letter took 812 ms",
    "task-force risk-averse-and-long-winded",
    "019a1b2c-7d3e-7f00-8a1b-2c3d4e5f6071",
    "perplexity/sonar",
  })
  void leavesOrdinaryLinesAsTheyAre(String line) {
    assertThat(redacting.redact(line)).isSameAs(line);
  }

  @Test
  void aSecretTooShortToBeOneIsNotMaskedEverywhere() {
    assertThat(new Redacting(List.of(new Secret("a"))).redact("banana")).isEqualTo("banana");
  }

  @Test
  void aLongHostileLineTakesLinearTime() {
    var line = "weir_u_".repeat(20_000) + "eyJ".repeat(20_000) + "postgres://a:".repeat(5000);

    assertThatCode(() -> redacting.redact(line)).doesNotThrowAnyException();
  }
}
