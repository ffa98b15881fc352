package dev.weir.providers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a provider says it consumed is believed only where it can be, and never breaks a call. */
class AbsurdUsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -1                      | 5
          5                       | -1
          1000000000000000000     | 5
          1e18                    | 5
          1e999999999             | 5
          99999999999999999999999 | 5
          100000001               | 5
          "12"                    | 5
          5                       | "12"
          {}                      | 5
          [1]                     | 5
          true                    | 5
          null                    | null
          """)
  void aCountThatCannotBeMakesTheWholeReportUnbelievable(String in, String out) {
    assertThat(chat("{\"prompt_tokens\": " + in + ", \"completion_tokens\": " + out + "}"))
        .isEmpty();
    assertThat(agent("{\"input_tokens\": " + in + ", \"output_tokens\": " + out + "}")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "7", "\"much\"", "[]", "{}", "{\"total_tokens\": 7}"})
  void noUsageIsNone(String usage) {
    assertThat(chat(usage)).isEmpty();
    assertThat(agent(usage)).isEmpty();
  }

  @Test
  void oneOfTheTwoIsEnough() {
    assertThat(chat("{\"prompt_tokens\": 8}")).contains(Usage.of(8, 0));
    assertThat(agent("{\"output_tokens\": 8, \"input_tokens\": null}")).contains(Usage.of(0, 8));
  }

  @Test
  void partsAreBoundedByTheirWholes() {
    var usage =
        chat(
            """
            {"prompt_tokens": 100, "completion_tokens": 10,
             "prompt_tokens_details": {"cached_tokens": 1e18, "cache_creation_tokens": 7},
             "completion_tokens_details": {"reasoning_tokens": -4}, "num_search_queries": 1e30}\
            """);

    assertThat(usage).contains(new Usage(100, 10, 100, 0, 0, false));
  }

  @Test
  void tokensWrittenToACacheAreReadWithTheirTimeToLive() {
    var split =
        """
        "cache_creation_input_tokens": 60,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30}\
        """;

    assertThat(agent("{\"input_tokens\": 100, \"input_tokens_details\": {%s}}".formatted(split)))
        .as("what has no time to live is written for five minutes")
        .contains(Usage.of(100, 0).writing(30, 30));
    assertThat(chat("{\"prompt_tokens\": 100, %s}".formatted(split)))
        .contains(Usage.of(100, 0).writing(30, 30));
    assertThat(
            chat(
                "{\"prompt_tokens\": 100, \"prompt_tokens_details\": {\"cache_write_tokens\": 9}}"))
        .contains(Usage.of(100, 0).writing(9, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-1", "1e999999999", "1e-999999999", "\"0.5\"", "null", "1e30", "{}", "100000"})
  void aCostThatCannotBeIsNone(String cost) {
    assertThat(cost(cost)).isEmpty();
  }

  @Test
  void aCostIsReadExactly() {
    assertThat(cost("0.0050184")).contains(Usd.of(new BigDecimal("0.0050184")));
  }

  private static Optional<Usage> chat(String usage) {
    var bytes = ("{\"choices\": [], \"usage\": " + usage + "}").getBytes(UTF_8);
    return ChatPiece.read(bytes, 0, bytes.length).usage();
  }

  private static Optional<Usage> agent(String usage) {
    return AgentAnswer.usage(json("{\"usage\": " + usage + "}"));
  }

  private static Optional<Usd> cost(String cost) {
    return AgentAnswer.cost(json("{\"usage\": {\"cost\": {\"total_cost\": " + cost + "}}}"));
  }

  private static JsonNode json(String text) {
    return UpstreamJson.object(Buffer.buffer(text));
  }
}
