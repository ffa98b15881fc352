package dev.weir.providers;

import static dev.weir.providers.Fixtures.chat;
import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.function;
import static dev.weir.providers.Fixtures.prompted;
import static dev.weir.providers.Fixtures.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Answer.Finish;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Message;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Target;
import dev.weir.prompts.Schema;
import dev.weir.prompts.Search;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SandboxTest {
  private static final AIError GONE = AIError.of(ErrorCode.CANCELLED, "The caller went away.");
  private static final Schema SCHEMA =
      Schema.of(
          Json.parse(
              """
              {"type": "object", "required": ["title", "points"], "additionalProperties": false,
               "properties": {"title": {"type": "string", "maxLength": 60},
                 "points": {"type": "array", "minItems": 2, "items": {"type": "string"}}}}\
              """));

  private final Loop loop = new Loop(config(Mode.DEV));

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void standsInForAModelWithAPlainSuccess() {
    var target =
        new Target(
            new ModelRef("perplexity", "error-500"), "sandbox", true, true, Optional.empty());
    var x = exchange(asked(), target);

    var answer = loop.answer(x);

    assertThat(SCHEMA.validate(Json.parse(answer.text()))).isEmpty();
    assertThat(answer.model()).isEqualTo("perplexity/error-500");
    assertThat(answer.usage().outputTokens()).isPositive();
    assertThat(answer.usage().searches()).isEqualTo(1);
    assertThat(answer.sources()).hasSize(3);
    assertThat(x.currentAttempt().reported()).contains(answer.usage());
    assertThat(x.currentAttempt().sent()).isTrue();
  }

  @Test
  void answersTheSameQuestionAlikeAndOthersOtherwise() {
    var one = loop.answer(call("plain", chat("Tell me about Kafka and Postgres", false))).text();
    var same = loop.answer(call("plain", chat("Tell me about Kafka and Postgres", false))).text();
    var other = loop.answer(call("plain", chat("Tell me about sailing and knots", false))).text();

    assertThat(one).isEqualTo(same).isNotEqualTo(other);
    assertThat(loop.answer(call("echo", chat("say this", false))).text()).isEqualTo("say this");
  }

  @Test
  void streamsWordByWord() {
    var x = call("plain", chat("Tell me about Kafka", true));

    var gathered = loop.stream(x);
    var answer = gathered.awaitEnd();

    assertThat(gathered.parts.size()).isGreaterThan(5);
    assertThat(gathered.text()).isEqualTo(answer.text());
    assertThat(x.currentAttempt().reported()).contains(answer.usage());
  }

  @Test
  void restsWhenItsReaderDoes() {
    var x = call("plain", chat("Tell me about Kafka", true));
    var stream = ((Reply.Streamed) loop.reply(x)).stream();
    var gathered = new Loop.Gathered();
    loop.run(
        () -> {
          stream.start(gathered);
          stream.pause();
        });
    var atRest = gathered.parts.size();

    loop.run(stream::resume);

    gathered.awaitEnd();
    assertThat(gathered.parts.size()).isGreaterThan(atRest);
  }

  @Test
  void failsAsItsNameSays() {
    assertThat(loop.error(call("error-500", asked())).code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    var limited = loop.error(call("error-429", asked()));
    assertThat(limited.code()).isEqualTo(ErrorCode.PROVIDER_RATE_LIMITED);
    assertThat(limited.retryAfter()).isPresent();
    assertThat(loop.error(call("error-400", asked())).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(loop.error(call("truncate", asked())).code())
        .isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
    var cut = loop.stream(call("truncate", chat("hi", true)));
    assertThat(cut.awaitFailure().code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(cut.parts).isNotEmpty();
    assertThat(loop.error(call("no-such-thing", asked())).code()).isEqualTo(ErrorCode.NOT_FOUND);
  }

  @Test
  void failsItsShareOfTheCalls() {
    var failed = 0;
    for (var i = 0; i < 100; i++) {
      var reply = loop.ask(call("flaky-30", chat("hi", false)));
      failed += reply.handle((_, e) -> e == null ? 0 : 1).join();
    }

    assertThat(failed).isEqualTo(30);
  }

  @Test
  void stallsUntilItIsCancelled() {
    var whole = call("stall", asked());
    var pending = loop.ask(whole);
    var streamed = call("stall", chat("hi", true));
    var gathered = loop.stream(streamed);
    gathered.awaitPart();

    loop.run(() -> whole.cancellation().cancel(GONE));
    loop.run(() -> streamed.cancellation().cancel(GONE));

    assertThat(Loop.failure(pending)).isSameAs(GONE);
    assertThat(gathered.awaitFailure()).isSameAs(GONE);
  }

  @Test
  void waitsAsLongAsItsNameSaysUnlessItIsCancelled() {
    var x = call("slow-600000ms", asked());
    var pending = loop.ask(x);

    loop.run(() -> x.cancellation().cancel(GONE));

    assertThat(Loop.failure(pending)).isSameAs(GONE);
    assertThat(loop.answer(call("slow-20ms", asked())).text()).isNotEmpty();
  }

  /** A cancelled call has several listeners; whichever is told first, the others must bear it. */
  @Test
  void canBeCancelledAtAnyMoment() {
    var over = new ArrayList<CompletableFuture<Void>>();
    for (var millis = 1; millis <= 25; millis++) {
      for (var ask : List.of(chat("hi", true), chat("hi", false))) {
        var x = call("slow-5ms", ask);
        var reply = loop.ask(x);
        over.add(loop.after(millis, () -> x.cancellation().cancel(GONE)));
        over.add(reply.handle((_, _) -> null));
      }
    }

    assertThat(CompletableFuture.allOf(over.toArray(CompletableFuture[]::new)))
        .succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void wrapsBreaksAndBendsItsJson() {
    assertThat(text("prose-json")).startsWith("Sure!").contains("\"title\"");
    assertThat(text("fenced-json")).startsWith("```json\n").endsWith("\n```");
    assertThat(parses(text("broken-json"))).isFalse();
    assertThat(SCHEMA.validate(Json.parse(text("invalid-schema")))).isNotEmpty();
    assertThat(SCHEMA.validate(Json.parse(text("invalid-once")))).isNotEmpty();
    assertThat(loop.answer(call("length", asked())).finish()).isEqualTo(Finish.LENGTH);
  }

  @Test
  void mendsItsAnswerWhenItIsAskedAgain() {
    var again =
        new Ask.Prompted(
            List.of(
                new Message(Message.Role.USER, "Write about rivers."),
                new Message(Message.Role.ASSISTANT, "{}"),
                new Message(Message.Role.USER, "That does not fit the schema.")),
            function(Search.OFF, Optional.of(SCHEMA)),
            false);

    var answer = loop.answer(call("invalid-once", again));

    assertThat(SCHEMA.validate(Json.parse(answer.text()))).isEmpty();
  }

  @Test
  void answersAChatThatBringsASchema() {
    var body = Fixtures.chatBody("Write about rivers.");
    body.putObject("response_format")
        .put("type", "json_schema")
        .putObject("json_schema")
        .set("schema", SCHEMA.node());

    var answer = loop.answer(call("plain", new Ask.Chat(body, false)));

    assertThat(SCHEMA.validate(Json.parse(answer.text()))).isEmpty();
  }

  private String text(String behaviour) {
    return loop.answer(call(behaviour, asked())).text();
  }

  private static boolean parses(String text) {
    try {
      Json.parse(text);
      return true;
    } catch (AIError _) {
      return false;
    }
  }

  private static Ask asked() {
    return prompted(function(Search.OFF, Optional.of(SCHEMA)), false);
  }

  private static Exchange call(String behaviour, Ask ask) {
    return exchange(ask, target("sandbox/" + behaviour));
  }
}
