package dev.weir.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"a\":1,}",
        "{\"a\":1} x",
        "{\"a\":1}{\"b\":2}",
        "{\"a\":1,\"a\":2}",
        "{'a':1}",
        "[1,2",
        "NaN",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"\\udc00\":1}",
        "{\"a\":1e999999999}",
        "{\"a\":1e-999999999}",
      })
  void refusesWhatIsNotStrictJsonAsTheCallersMistake(String text) {
    var error = catchThrowableOfType(AIError.class, () -> Json.parse(Buffer.buffer(text)));

    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void refusesNestingBeyondTheCapAndAcceptsTheCapItself() {
    assertThat(Json.parse("[".repeat(64) + "]".repeat(64)).isArray()).isTrue();

    var error =
        catchThrowableOfType(AIError.class, () -> Json.parse("[".repeat(200) + "]".repeat(200)));

    assertThat(error.message()).contains("64 levels");
  }

  @ParameterizedTest
  @ValueSource(ints = {0xFF, 0xC0, 0xED})
  void refusesBytesThatAreNoUtf8(int lead) {
    var bytes =
        Buffer.buffer("{\"a\":\"")
            .appendByte((byte) lead)
            .appendByte((byte) 0xA0)
            .appendString("\"}");

    var error = catchThrowableOfType(AIError.class, () -> Json.parse(bytes));

    assertThat(error.message()).contains("UTF-8");
  }

  @Test
  void saysWhereTheMistakeIsAndNeverQuotesTheText() {
    var error =
        catchThrowableOfType(AIError.class, () -> Json.parse("{\n  \"secret\": hunter2\n}"));

    assertThat(error.message()).contains("line 2").doesNotContain("hunter2");
  }

  @Test
  void keepsNumbersExactly() {
    var tree = Json.parse("{\"a\":0.10,\"b\":123456789012345678901234567890,\"c\":1e10}");

    assertThat(tree.get("a").decimalValue()).isEqualTo(new BigDecimal("0.10"));
    assertThat(Json.write(tree).toString())
        .contains("0.10")
        .contains("123456789012345678901234567890");
  }

  @Test
  void keepsPairsOfSurrogates() {
    assertThat(Json.parse("\"\\ud83d\\ude00\"").textValue()).isEqualTo("😀");
  }
}
