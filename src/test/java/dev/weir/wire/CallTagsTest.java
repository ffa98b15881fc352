package dev.weir.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallTagsTest {
  @Test
  void aHeaderIsAListOfPairs() {
    assertThat(header("team=growth, feature = export"))
        .containsExactly(Map.entry("feature", "export"), Map.entry("team", "growth"));
  }

  @Test
  void severalHeadersAreOneList() {
    assertThat(CallTags.ofHeaders(List.of("team=growth", "feature=export"))).hasSize(2);
  }

  @Test
  void noHeaderAndAnEmptyOneAreNoTags() {
    assertThat(CallTags.ofHeaders(List.of())).isEmpty();
    assertThat(header(" , ")).isEmpty();
  }

  @Test
  void aValueSaysWhatAHeaderCannotByPercentEscapes() {
    assertThat(header("team=R%26D%2c%20Z%C3%BCrich%20100%25"))
        .isEqualTo(Map.of("team", "R&D, Z\u00fcrich 100%"));
    assertThat(header("formula=a=b")).isEqualTo(Map.of("formula", "a=b"));
  }

  @Test
  void aMessageSaysTheSameAsAnObject() {
    assertThat(message("{\"team\": \"R&D, Z\\u00fcrich\"}"))
        .isEqualTo(Map.of("team", "R&D, Z\u00fcrich"));
    assertThat(message("null")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          team              | no key=value
          Team=growth       | a key is [a-z]
          7=growth          | a key is [a-z]
          =growth           | a key is [a-z]
          team=             | 1 to 64
          team=%00          | not printable
          team=%0a          | not printable
          team=%E2%80%8B    | not printable
          team=%20a         | space
          team=a%           | %25
          team=a%4          | %25
          team=a%zz         | %25
          team=%C3          | UTF-8
          team=\u00fc       | percent-encoded
          team=a,team=b     | twice
          """)
  void aWrongHeaderSaysWhatIsWrongAndWhatIsAllowed(String header, String reason) {
    assertThatThrownBy(() -> header(header))
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("x-weir-tags")
        .hasMessageContaining(reason)
        .hasMessageContaining("at most 8 tags");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "\"team\"",
        "{\"team\": 1}",
        "{\"team\": null}",
        "{\"team\": \"a\\u0007\"}",
        "{\"Team\": \"a\"}",
        "{\"team\": \"\"}"
      })
  void aWrongMemberIsRefusedWithItsPath(String member) {
    assertThatThrownBy(() -> message(member))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("$.tags")
        .hasMessageContaining("at most 8 tags");
  }

  @Test
  void eightTagsAreTakenAndNineRefused() {
    assertThat(header(pairs(8))).hasSize(8);
    assertThatThrownBy(() -> header(pairs(9))).hasMessageContaining("more than 8 tags");
  }

  @Test
  void theLongestKeyAndValueAreTakenAndOneMoreIsRefused() {
    assertThat(header("k".repeat(32) + "=" + "v".repeat(64))).hasSize(1);
    assertThatThrownBy(() -> header("k".repeat(33) + "=v")).hasMessageContaining("32 characters");
    assertThatThrownBy(() -> header("team=" + "v".repeat(65))).hasMessageContaining("65");
  }

  @Test
  void aMessageAboutALongTagIsShort() {
    assertThatThrownBy(() -> header("K".repeat(7_000) + "=v"))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
  }

  private static Map<String, String> header(String value) {
    return CallTags.ofHeaders(List.of(value));
  }

  private static Map<String, String> message(String tags) {
    return InvokeMessage.of(
            Json.parse("{\"function\": \"echo\", \"input\": {}, \"tags\": " + tags + "}"))
        .call()
        .options()
        .tags();
  }

  private static String pairs(int count) {
    return IntStream.range(0, count).mapToObj(i -> "k" + i + "=v").collect(Collectors.joining(","));
  }
}
