package dev.weir.providers;

import static dev.weir.providers.Fixtures.searching;
import static dev.weir.providers.Fixtures.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Tally;
import dev.weir.gateway.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatToAgentTest {
  private static final Target SONAR = searching("perplexity/sonar", "");
  private static final String HI = "\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]";

  private final Tally tally = new Tally();

  @Test
  void translatesEverythingThatHasAPlaceInTheAgentApi() {
    var body =
        translate(
            """
            {"model": "sonar", "stream": true, "stream_options": {"include_usage": false},
             "messages": [
               {"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."},
               {"role": "user", "content": [{"type": "text", "text": "what is this"},
                 {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
               {"role": "assistant", "content": "a weir"}, {"role": "user", "content": "why"}],
             "max_tokens": 5, "temperature": 0.3, "top_p": 0.9, "reasoning_effort": "low",
             "response_format": {"type": "json_schema", "json_schema": {
               "schema": {"type": "object", "x-odd": 1}, "odd": true}},
             "search_domain_filter": ["-example.com"], "search_recency_filter": "day",
             "search_after_date_filter": "01/01/2026", "num_search_results": 7,
             "web_search_options": {"search_context_size": "high",
               "user_location": {"type": "approximate", "approximate": {"country": "DE"}}},
             "user": "u1", "n": 1, "stop": null, "presence_penalty": 0, "return_images": false,
             "tools": [], "tool_choice": "auto", "search_mode": "web"}\
            """,
            SONAR,
            GoneFields.REFUSE);

    assertThat(Json.parse(body.toString()))
        .isEqualTo(
            Json.parse(
                """
                {"model": "perplexity/sonar", "max_output_tokens": 16, "stream": true,
                 "instructions": "Be brief.\\n\\nBe kind.",
                 "input": [
                   {"type": "message", "role": "user", "content": [
                     {"type": "input_text", "text": "what is this"},
                     {"type": "input_image", "image_url": "https://example.org/a.png"}]},
                   {"type": "message", "role": "assistant", "content": "a weir"},
                   {"type": "message", "role": "user", "content": "why"}],
                 "temperature": 0.3, "top_p": 0.9, "reasoning": {"effort": "low"},
                 "response_format": {"type": "json_schema", "json_schema": {"name": "answer",
                   "schema": {"type": "object", "x-odd": 1}}},
                 "tools": [{"type": "web_search", "max_results": 7, "search_context_size": "high",
                   "user_location": {"country": "DE"},
                   "filters": {"search_domain_filter": ["-example.com"],
                     "search_recency_filter": "day", "search_after_date_filter": "01/01/2026"}}],
                 "tool_choice": {"type": "web_search"}}\
                """));
    assertThat(tally.warnings()).isEmpty();
  }

  @Test
  void leavesOutWhatIsGoneAndSaysSoOnce() {
    var call =
        "{" + HI + ", \"stop\": [\"x\"], \"top_k\": 5, \"return_images\": true, \"a\\r\\nb\": 1}";

    var body = translate(call, SONAR, GoneFields.DROP);
    translate(call, SONAR, GoneFields.DROP);

    assertThat(body.has("stop")).isFalse();
    assertThat(tally.warnings())
        .containsExactly(
            "left out, as this provider no longer has it: an unknown field, return_images, stop,"
                + " top_k");
  }

  @Test
  void refusesWhatIsGoneWhereTheOperatorWantsThat() {
    assertThatThrownBy(() -> translate("{" + HI + ", \"top_k\": 5}", SONAR, GoneFields.REFUSE))
        .isInstanceOfSatisfying(
            AIError.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
              assertThat(e.message()).contains("'top_k'");
            });
  }

  @Test
  void searchesOnlyWhereTheRouteDoesAndTheCallerHasNotSwitchedItOff() {
    assertThat(translate("{" + HI + "}", target("perplexity/sonar"), GoneFields.DROP).has("tools"))
        .isFalse();
    assertThat(
            translate("{" + HI + ", \"disable_search\": true}", SONAR, GoneFields.DROP)
                .has("tools"))
        .isFalse();
    assertThat(translate("{" + HI + "}", SONAR, GoneFields.DROP).path("max_output_tokens").asInt())
        .isEqualTo(4096);
  }

  @Test
  void keepsSystemMessagesAsInputUnderAPresetOrWhenNothingElseIsThere() {
    var both =
        "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\","
            + " \"content\": \"u\"}]}";
    var only = "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}]}";

    var preset = translate(both, searching("perplexity/sonar", "low"), GoneFields.DROP);
    var lonely = translate(only, SONAR, GoneFields.DROP);

    assertThat(preset.has("instructions")).isFalse();
    assertThat(preset.path("input")).hasSize(2);
    assertThat(lonely.path("input")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"messages\": []} | messages",
        "{\"messages\": \"hi\"} | messages",
        "{\"messages\": [{\"role\": \"tool\", \"content\": \"x\"}]} | messages[0].role",
        "{\"messages\": [{\"role\": \"user\", \"content\": 7}]} | messages[0].content",
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"file_url\"}]}]} |"
            + " messages[0].content",
      })
  void namesTheMessageAtFault(String call, String field) {
    assertThatThrownBy(() -> translate(call, SONAR, GoneFields.DROP))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("'" + field + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"n\": 2",
        "\"tools\": [{\"type\": \"function\"}]",
        "\"function_call\": {\"name\": \"f\"}",
        "\"max_tokens\": 0",
        "\"max_tokens\": 1.5",
        "\"max_tokens\": \"many\"",
      })
  void refusesWhatCannotBeLeftOut(String field) {
    assertThatThrownBy(() -> translate("{" + HI + ", " + field + "}", SONAR, GoneFields.DROP))
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
  }

  private ObjectNode translate(String call, Target target, GoneFields gone) {
    var body = (ObjectNode) Json.parse(call);
    var stream = body.path("stream").asBoolean();
    return new ChatToAgent(gone).translate(new Ask.Chat(body, stream), target, tally);
  }
}
