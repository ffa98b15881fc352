package dev.weir.providers;

import static dev.weir.providers.Fixtures.chat;
import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.function;
import static dev.weir.providers.Fixtures.prompted;
import static dev.weir.providers.Fixtures.searching;
import static dev.weir.providers.Fixtures.target;
import static dev.weir.testing.Turn.agentCancelled;
import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.agentFailed;
import static dev.weir.testing.Turn.agentIncomplete;
import static dev.weir.testing.Turn.agentStatus;
import static dev.weir.testing.Turn.stream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer.Finish;
import dev.weir.prompts.Schema;
import dev.weir.prompts.Search;
import dev.weir.testing.FakeProvider;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerplexityAgentIT {
  private static final String SONAR = "perplexity/sonar";

  private final FakeProvider fake = FakeProvider.start();
  private final Loop loop = new Loop(config(Mode.PROD, Fixtures.perplexity(fake.agentUri())));

  @AfterEach
  void close() {
    loop.close();
    fake.close();
  }

  @Test
  void sendsAFunctionWithItsSchemaAndForcedSearch() {
    var schema = Schema.of(Json.parse("{\"type\": \"object\", \"required\": [\"text\"]}"));
    var search = new Search(true, List.of("example.org"), Optional.of("week"), Optional.of("high"));

    var x = exchange(prompted(function(search, Optional.of(schema)), false), target(SONAR));
    loop.answer(x);

    var seen = fake.awaitRequest();
    assertThat(seen.path()).isEqualTo("/v1/agent");
    assertThat(seen.headers()).containsEntry("authorization", "Bearer " + Fixtures.KEY);
    assertThat(seen.body().toString())
        .isEqualTo(
            Json.parse(
                    """
                    {"model": "perplexity/sonar", "max_output_tokens": 900, "stream": false,
                     "instructions": "You write.",
                     "input": [{"type": "message", "role": "user",
                                "content": "Write about rivers and weirs."}],
                     "temperature": 0.2, "reasoning": {"effort": "low"},
                     "response_format": {"type": "json_schema", "json_schema": {
                       "name": "cover-letter",
                       "schema": {"type": "object", "required": ["text"]}}},
                     "tools": [{"type": "web_search", "search_context_size": "high",
                       "filters": {"search_domain_filter": ["example.org"],
                                   "search_recency_filter": "week"}}],
                     "tool_choice": {"type": "web_search"}}\
                    """)
                .toString());
    assertThat(x.currentAttempt().sent()).isTrue();
    assertThat(x.currentAttempt().refused()).isFalse();
  }

  @Test
  void pinsTheModelUnderAPresetAndKeepsThePresetsOwnPrompt() {
    loop.answer(
        exchange(prompted(function(Search.OFF, Optional.empty()), false), searching(SONAR, "low")));

    var body = fake.awaitRequest().body();
    assertThat(body.path("preset").asText()).isEqualTo("low");
    assertThat(body.path("model").asText()).isEqualTo(SONAR);
    assertThat(body.has("instructions")).isFalse();
    assertThat(body.path("input").path(0).path("role").asText()).isEqualTo("system");
    assertThat(body.path("tool_choice").path("type").asText()).isEqualTo("web_search");
  }

  @Test
  void namesModelsOfOtherVendorsAsTheyAre() {
    loop.answer(exchange(chat("hi", false), target("perplexity/anthropic/claude-x")));

    assertThat(fake.awaitRequest().body().path("model").asText()).isEqualTo("anthropic/claude-x");
  }

  @Test
  void readsTextSourcesUsageSearchesAndCost() {
    fake.then(agentCompleted("All about weirs.").sources("https://a.example", "https://b.example"));

    var x = exchange(chat("hi", false), target(SONAR));
    var answer = loop.answer(x);

    assertThat(answer.text()).isEqualTo("All about weirs.");
    assertThat(answer.finish()).isEqualTo(Finish.STOP);
    assertThat(answer.model()).isEqualTo(SONAR);
    assertThat(answer.sources()).extracting("url").contains("https://a.example");
    assertThat(answer.sources().getFirst().date()).contains("2026-11-01");
    assertThat(answer.usage()).isEqualTo(new Usage(11, 7, 3, 0, 1, false));
    assertThat(answer.providerCost()).contains(new Usd(5_018_000));
    assertThat(answer.wire()).isEmpty();
    assertThat(x.currentAttempt().reported()).contains(answer.usage());
  }

  @Test
  void anIncompleteAnswerIsOneThatHitItsCap() {
    fake.then(agentIncomplete("cut o"));

    var answer = loop.answer(exchange(chat("hi", false), target(SONAR)));

    assertThat(answer.finish()).isEqualTo(Finish.LENGTH);
    assertThat(answer.text()).isEqualTo("cut o");
  }

  @Test
  void aFailureUnderStatus200IsAFailure() {
    fake.then(agentFailed("internal_error"))
        .then(agentFailed("request_rate_limit_exceeded"))
        .then(agentFailed("content_filter"))
        .then(agentCancelled());

    assertThat(loop.error(exchange(chat("hi", false), target(SONAR))).code())
        .isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.error(exchange(chat("hi", false), target(SONAR))).code())
        .isEqualTo(ErrorCode.PROVIDER_RATE_LIMITED);
    assertThat(loop.error(exchange(chat("hi", false), target(SONAR))).code())
        .isEqualTo(ErrorCode.CONTENT_FILTERED);
    assertThat(loop.error(exchange(chat("hi", false), target(SONAR))).code())
        .isEqualTo(ErrorCode.PROVIDER_ERROR);
  }

  @ParameterizedTest
  @ValueSource(strings = {"queued", "in_progress", "requires_action", "never_heard_of"})
  void anAnswerThatIsNotFinishedIsAFailure(String status) {
    fake.then(agentStatus(status));

    var error = loop.error(exchange(chat("hi", false), target(SONAR)));

    assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7})
  void streamsWhateverTheSlices(int slice) {
    fake.then(stream("Wéirs ", "hold ", "water 🌊.").sources("https://a.example").slicedBy(slice));

    var x = exchange(chat("hi", true), target(SONAR));
    var gathered = loop.stream(x);
    var answer = gathered.awaitEnd();

    assertThat(gathered.parts).extracting("text").containsExactly("Wéirs ", "hold ", "water 🌊.");
    assertThat(answer.text()).isEqualTo("Wéirs hold water 🌊.");
    assertThat(answer.usage().outputTokens()).isEqualTo(7);
    assertThat(answer.providerCost()).isPresent();
    assertThat(answer.sources()).hasSize(1);
    assertThat(x.currentAttempt().produced().toString()).isEqualTo(answer.text());
    assertThat(x.currentAttempt().reported()).contains(answer.usage());
  }

  @Test
  void everyEndOfAStreamIsKnown() {
    fake.then(stream("cut o").ending("incomplete"))
        .then(stream("a").ending("failed").errorCode("internal_error"))
        .then(stream("a").ending("cancelled"))
        .then(stream("a").ending("error"))
        .then(stream("a").endAfter(1))
        .then(stream("a", "b").cutAfter(1));

    assertThat(loop.stream(streaming()).awaitEnd().finish()).isEqualTo(Finish.LENGTH);
    assertThat(loop.stream(streaming()).awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.stream(streaming()).awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.stream(streaming()).awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.stream(streaming()).awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.stream(streaming()).awaitFailure().code())
        .isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
  }

  @Test
  void aFailureBeforeTheFirstPartFailsTheReplySoThatItCanBeTriedAgain() {
    fake.then(stream().ending("failed").errorCode("request_rate_limit_exceeded"))
        .then(stream("a").cutAfter(0))
        .then(stream("a").endAfter(0))
        .then(stream("a").errorAfter(0));

    assertThat(loop.error(streaming()).code()).isEqualTo(ErrorCode.PROVIDER_RATE_LIMITED);
    assertThat(loop.error(streaming()).code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
    assertThat(loop.error(streaming()).code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(loop.error(streaming()).code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
  }

  private static dev.weir.gateway.Exchange streaming() {
    return exchange(chat("hi", true), target(SONAR));
  }
}
