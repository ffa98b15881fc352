package dev.weir.providers;

import static dev.weir.providers.Fixtures.chat;
import static dev.weir.providers.Fixtures.chatBody;
import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.function;
import static dev.weir.providers.Fixtures.prompted;
import static dev.weir.providers.Fixtures.provider;
import static dev.weir.providers.Fixtures.target;
import static dev.weir.testing.Turn.answer;
import static dev.weir.testing.Turn.raw;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.stream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Secret;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer.Finish;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Exchange;
import dev.weir.prompts.Schema;
import dev.weir.prompts.Search;
import dev.weir.testing.FakeProvider;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiChatIT {
  private final FakeProvider fake = FakeProvider.start();
  private final Loop loop =
      new Loop(
          config(
              Mode.PROD,
              Fixtures.openai(fake.chatUri()),
              provider(
                  "local",
                  Protocol.CHAT,
                  fake.chatUri(),
                  Optional.of(new Secret("local-key")),
                  4,
                  4)));

  @AfterEach
  void close() {
    loop.close();
    fake.close();
  }

  @Test
  void passesACallersBodyThroughWithModelAndCap() {
    var body = chatBody("hi").put("x_unknown", 7);
    body.putArray("stop").add("END");

    loop.answer(exchange(new Ask.Chat(body, false), target("openai/gpt-5-mini")));

    assertThat(fake.awaitRequest().body().toString())
        .isEqualTo(
            Json.parse(
                    """
                    {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}],
                     "x_unknown": 7, "stop": ["END"], "max_completion_tokens": 4096}\
                    """)
                .toString());
    assertThat(body.path("model").asText()).isEqualTo("asked-for");
    assertThat(body.has("max_completion_tokens")).isFalse();
  }

  @Test
  void keepsTheCapOfACallerAndCapsOtherServersInTheirWay() {
    loop.answer(
        exchange(
            new Ask.Chat(chatBody("hi").put("max_tokens", 5), false), target("openai/gpt-4o")));
    loop.answer(exchange(chat("hi", false), target("local/llama/70b")));

    var first = fake.awaitRequest().body();
    var second = fake.awaitRequest().body();
    assertThat(first.path("max_tokens").asInt()).isEqualTo(5);
    assertThat(first.has("max_completion_tokens")).isFalse();
    assertThat(second.path("max_tokens").asInt()).isEqualTo(4096);
    assertThat(second.path("model").asText()).isEqualTo("llama/70b");
  }

  @Test
  void keepsAWholeAnswerByteForByte() {
    fake.then(answer("Weirs hold water.").because("length"));

    var x = exchange(chat("hi", false), target("openai/gpt-4o"));
    var answer = loop.answer(x);

    assertThat(answer.wire().orElseThrow().toString())
        .startsWith("{ \"id\"")
        .contains("\"x_unknown_field\":\"kept\"");
    assertThat(answer.text()).isEqualTo("Weirs hold water.");
    assertThat(answer.finish()).isEqualTo(Finish.LENGTH);
    assertThat(answer.usage()).isEqualTo(new Usage(11, 7, 3, 2, 0, false));
    assertThat(x.currentAttempt().reported()).contains(answer.usage());
    assertThat(answer.providerCost()).isEmpty();
  }

  @Test
  void asksAFunctionByItsPromptAndSchema() {
    var schema = Schema.of(Json.parse("{\"type\": \"object\"}"));
    var ask = prompted(function(Search.OFF, Optional.of(schema)), false);

    var answer = loop.answer(exchange(ask, target("openai/gpt-5-mini")));

    assertThat(answer.wire()).isEmpty();
    assertThat(fake.awaitRequest().body().toString())
        .isEqualTo(
            Json.parse(
                    """
                    {"model": "gpt-5-mini", "messages": [
                       {"role": "system", "content": "You write."},
                       {"role": "user", "content": "Write about rivers and weirs."}],
                     "max_completion_tokens": 900, "temperature": 0.2, "reasoning_effort": "low",
                     "response_format": {"type": "json_schema", "json_schema": {
                       "name": "cover-letter", "schema": {"type": "object"}}}}\
                    """)
                .toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 50})
  void streamsTheProvidersEventsUntouchedButForTheUsageNobodyAskedFor(int slice) {
    fake.then(stream("Weirs ", "hold 🌊").slicedBy(slice));

    var x = exchange(chat("hi", true), target("openai/gpt-4o"));
    var gathered = loop.stream(x);
    var answer = gathered.awaitEnd();

    assertThat(fake.awaitRequest().body().path("stream_options").path("include_usage").asBoolean())
        .isTrue();
    assertThat(gathered.text()).isEqualTo("Weirs hold 🌊").isEqualTo(answer.text());
    assertThat(gathered.parts).allMatch(p -> p.wire().toString().endsWith("}\n\n"));
    assertThat(gathered.wire())
        .startsWith("data: {\"id\":\"chatcmpl-fake\"")
        .contains("\"finish_reason\":\"stop\"")
        .doesNotContain("prompt_tokens", "[DONE]", ": hello");
    assertThat(answer.usage()).isEqualTo(new Usage(11, 7, 3, 2, 0, false));
    assertThat(answer.finish()).isEqualTo(Finish.STOP);
    assertThat(x.currentAttempt().produced().toString()).isEqualTo("Weirs hold 🌊");
  }

  @Test
  void leavesTheUsageInAStreamForCallersWhoAsked() {
    fake.then(stream("a"));
    var body = chatBody("hi");
    body.putObject("stream_options").put("include_usage", true).put("other", 1);

    var gathered = loop.stream(exchange(new Ask.Chat(body, true), target("openai/gpt-4o")));
    gathered.awaitEnd();

    assertThat(gathered.wire()).contains("\"prompt_tokens\":11");
    assertThat(fake.awaitRequest().body().path("stream_options").path("other").asInt())
        .isEqualTo(1);
  }

  @Test
  void aStreamWithoutItsEndIsCutOff() {
    fake.then(stream("a").withoutDone())
        .then(stream("a", "b").endAfter(1))
        .then(stream("a", "b").cutAfter(1))
        .then(
            raw("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n")
                .header("content-type", "text/event-stream"));

    assertThat(loop.stream(streaming()).awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.stream(streaming()).awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.stream(streaming()).awaitFailure().code())
        .isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
    assertThat(loop.stream(streaming()).awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
  }

  @Test
  void anErrorInMidStreamFailsTheStream() {
    fake.then(stream("a", "b").errorAfter(1).errorCode("rate_limit_exceeded"));

    var gathered = loop.stream(streaming());
    var error = gathered.awaitFailure();

    assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_RATE_LIMITED);
    assertThat(error.message()).doesNotContain("SECRET");
    assertThat(gathered.text()).isEqualTo("a");
  }

  @Test
  void aBodyWithoutChoicesIsNoAnswer() {
    fake.then(raw("{\"id\": \"x\"}"))
        .then(raw("{\"error\": {\"message\": \"SECRET\", \"code\": 429}}"))
        .then(raw("{\"choices\": [{\"message\": {\"content\": \"trunc"));

    assertThat(error().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(error().code()).isEqualTo(ErrorCode.PROVIDER_RATE_LIMITED);
    assertThat(error().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
  }

  @ParameterizedTest
  @CsvSource({
    "400, context_length_exceeded, CONTEXT_LENGTH_EXCEEDED",
    "400, content_filter, CONTENT_FILTERED",
    "400, invalid_value, INVALID_REQUEST",
    "422, invalid_value, INVALID_REQUEST",
    "401, invalid_api_key, PROVIDER_AUTH",
    "429, insufficient_quota, PROVIDER_AUTH",
    "402, whatever, PROVIDER_AUTH",
    "429, rate_limit_exceeded, PROVIDER_RATE_LIMITED",
    "404, model_not_found, NOT_FOUND",
    "500, server_error, PROVIDER_ERROR",
    "408, timeout, PROVIDER_ERROR",
  })
  void readsOpenAisErrors(int status, String code, ErrorCode expected) {
    fake.then(status(status).errorCode(code));

    var error = error();

    assertThat(error.code()).isEqualTo(expected);
    assertThat(error.details())
        .containsEntry("upstream_code", code)
        .containsEntry("upstream_status", status);
    assertThat(error.message()).doesNotContain("SECRET");
  }

  @Test
  void tellsWhenTheBaseUrlLeadsNowhere() {
    try (var astray =
        new Loop(config(Mode.PROD, Fixtures.openai(fake.agentUri().resolve("/v9"))))) {
      fake.always(status(404).body("<html>no such page</html>"));

      var error = astray.error(exchange(chat("hi", false), target("openai/gpt-4o")));

      assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
      assertThat(error.message()).contains("base URL");
    }
  }

  private dev.weir.core.AIError error() {
    return loop.error(exchange(chat("hi", false), target("openai/gpt-4o")));
  }

  private static Exchange streaming() {
    return exchange(chat("hi", true), target("openai/gpt-4o"));
  }
}
