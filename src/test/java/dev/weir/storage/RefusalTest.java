package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.vertx.pgclient.PgException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {
  @ParameterizedTest
  @CsvSource({
    "22021, CONTENT",
    "23514, CONTENT",
    "40P01, DATABASE",
    "42P01, DATABASE",
    "53100, DATABASE",
    "57014, DATABASE",
    "P0001, UNKNOWN",
    "54000, UNKNOWN",
    ", UNKNOWN"
  })
  void theStateOfTheStatementTellsWhomItBlames(String state, Refusal refusal) {
    assertThat(Refusal.of(new PgException("no", "ERROR", state, ""))).isEqualTo(refusal);
  }

  @Test
  void aDatabaseThatDoesNotAnswerBlamesNoContent() {
    assertThat(Refusal.of(AIError.of(ErrorCode.STORAGE_UNAVAILABLE, "away")))
        .isEqualTo(Refusal.DATABASE);
    assertThat(Refusal.of(new IllegalArgumentException("cannot be encoded")))
        .isEqualTo(Refusal.UNKNOWN);
  }
}
