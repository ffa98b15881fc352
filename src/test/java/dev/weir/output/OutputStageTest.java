package dev.weir.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.config.OutputSettings;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Message;
import dev.weir.gateway.OutputOutcome;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Source;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutputStageTest {
  private static final String GOOD = "{\"title\": \"Engineer\", \"years\": 3}";
  private static final JsonNode VALUE = Json.parse(GOOD);

  private final Deque<Future<Reply>> script = new ArrayDeque<>();
  private final List<Exchange> asked = new ArrayList<>();

  @Test
  void aChatCallPassesUntouched() {
    var answer = Exchanges.answer("not JSON at all");
    script.add(Future.succeededFuture(new Reply.Whole(answer)));

    var reply = run(Exchanges.chat("a/1"));

    assertThat(reply.result()).isEqualTo(new Reply.Whole(answer));
  }

  @Test
  void plainJsonIsTheValue() {
    assertThat(valueOf(GOOD)).isEqualTo(VALUE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "```json\n%s\n```",
        "```\n%s\n```",
        "Sure! Here is the JSON you asked for:\n\n%s\n\nLet me know if you need more.",
        "As the sources say [1][2]:\n```json\n%s\n```\nSources: [1] a, [2] b",
        "<think>The user wants {\"title\": \"x\", \"years\": 1}, no.</think>\n%s",
        "First I thought {\"title\": \"Draft\", \"years\": 1}, but better is %s",
        "An empty one would be {}. %s"
      })
  void jsonIsTakenOutOfWhatStandsAroundIt(String around) {
    var x = Functions.call();
    answer(around.formatted(GOOD));

    var reply = run(x);

    assertThat(data(reply)).isEqualTo(VALUE);
    assertThat(x.tally().repairs()).as("nothing was broken").isEmpty();
  }

  @Test
  void brokenJsonIsRepairedAndTheEditsAreNoted() {
    var x = Functions.call();
    answer("{'title': 'Engineer', 'years': 3,");

    var reply = run(x);

    assertThat(data(reply)).isEqualTo(VALUE);
    assertThat(x.tally().repairs()).isNotEmpty().allMatch(r -> r.matches("[a-z_]+: .+"));
  }

  @Test
  void citationMarksGoWhereTheFunctionSaysSo() {
    var json = "{\"title\": \"Engineer at a growing firm [1][2].\", \"years\": 3}";
    answer(json);
    answer(json);

    var without = data(run(Functions.call(f -> f.removeCitations())));
    var with = data(run(Functions.call()));

    assertThat(without.path("title").asText()).isEqualTo("Engineer at a growing firm.");
    assertThat(with.path("title").asText()).isEqualTo("Engineer at a growing firm [1][2].");
  }

  @Test
  void marksBeyondTheSourcesAreNoCitations() {
    var sources = List.of(new Source("https://example.com", "", "", Optional.empty()));
    var text = "{\"title\": \"Engineer [1] of the [2020s] and [7]\", \"years\": 3}";
    script.add(whole(answerOf(text, Answer.Finish.STOP, sources)));

    var value = data(run(Functions.call(f -> f.removeCitations())));

    assertThat(value.path("title").asText()).isEqualTo("Engineer of the [2020s] and [7]");
  }

  @Test
  void anAnswerWithoutJsonIsUnparseable() {
    answer("I am sorry, I cannot help with that.");

    var error = errorOf(run(Functions.call()));

    assertThat(error.code()).isEqualTo(ErrorCode.OUTPUT_UNPARSEABLE);
    assertThat(error.message()).contains("job-analysis").doesNotContain("sorry");
  }

  @Test
  void anAnswerThatBreaksTheSchemaIsInvalidAndSaysHow() {
    answer("{\"title\": \"Engineer\", \"years\": [], \"extra\": 1}");

    var error = errorOf(run(Functions.call()));

    assertThat(error.code()).isEqualTo(ErrorCode.OUTPUT_INVALID);
    assertThat(error.message()).contains("$.years").contains("$.extra");
    assertThat(error.details().get("violations"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.list(Map.class))
        .hasSize(2)
        .allMatch(v -> v.containsKey("path") && v.containsKey("message"));
  }

  @Test
  void aFunctionWithoutASchemaGivesItsText() {
    answer("Dear Ada, [1] thank you.");

    var value = data(run(Functions.call(f -> f.plainText().removeCitations())));

    assertThat(value).isEqualTo(Json.object().put("text", "Dear Ada, thank you."));
  }

  @Test
  void aCutAnswerThatCannotBeUsedNamesTheCap() {
    script.add(whole(answerOf("{\"title\": \"Engi", Answer.Finish.LENGTH, List.of())));

    var error = errorOf(run(Functions.call(f -> f.secondAsk())));

    assertThat(error.code()).isEqualTo(ErrorCode.OUTPUT_INVALID);
    assertThat(error.message()).contains("max_output_tokens").contains("4096");
    assertThat(asked).as("it would be cut again").hasSize(1);
  }

  @Test
  void aCutAnswerWhoseRestFitsIsGood() {
    script.add(
        whole(answerOf("{\"years\": 3, \"title\": \"Engineer", Answer.Finish.LENGTH, List.of())));

    assertThat(data(run(Functions.call()))).isEqualTo(VALUE);
  }

  @Test
  void aFilteredAnswerIsTheFiltersFault() {
    script.add(whole(answerOf("{\"title\": \"", Answer.Finish.CONTENT_FILTER, List.of())));

    assertThat(errorOf(run(Functions.call(f -> f.secondAsk()))).code())
        .isEqualTo(ErrorCode.CONTENT_FILTERED);
  }

  @Test
  void aSecondAskShowsTheModelItsAnswerTheViolationsAndTheSchema() {
    var x = Functions.call(f -> f.secondAsk());
    answer("{\"title\": \"Engineer\", \"years\": []}");
    answer(GOOD);

    var reply = run(x);

    assertThat(data(reply)).isEqualTo(VALUE);
    assertThat(x.tally().repairs()).singleElement().asString().startsWith("second_ask: ");
    var ask = (Ask.Prompted) asked.get(1).plan().ask();
    assertThat(ask.stream()).isFalse();
    assertThat(ask.messages())
        .extracting(Message::role)
        .containsExactly(Message.Role.USER, Message.Role.ASSISTANT, Message.Role.USER);
    assertThat(ask.messages().get(1).text()).contains("\"years\": []");
    assertThat(ask.messages().get(2).text()).contains("$.years").contains("\"required\"");
  }

  @Test
  void aFunctionThatDoesNotWantASecondAskGetsNone() {
    answer("nothing");

    run(Functions.call());

    assertThat(asked).hasSize(1);
  }

  @Test
  void thereIsNoThirdAsk() {
    answer("nothing");
    answer("{\"title\": 7}");

    var error = errorOf(run(Functions.call(f -> f.secondAsk())));

    assertThat(error.code()).isEqualTo(ErrorCode.OUTPUT_INVALID);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aSecondAskThatFailsReportsTheFirstAnswersFault() {
    answer("nothing");
    script.add(Future.failedFuture(AIError.of(ErrorCode.CIRCUIT_OPEN, "Not now.")));

    var error = errorOf(run(Functions.call(f -> f.secondAsk())));

    assertThat(error.code()).isEqualTo(ErrorCode.OUTPUT_UNPARSEABLE);
  }

  @Test
  void aCallThatEndsDuringTheSecondAskEndsWithItsReason() {
    var x = Functions.call(f -> f.secondAsk());
    var late = AIError.of(ErrorCode.TIMEOUT, "Too late.");
    answer("nothing");

    var reply =
        Chain.of(
                List.of(
                    new OutputStage(OutputSettings.DEFAULT, Clock.system()),
                    (y, _) -> {
                      if (!script.isEmpty()) {
                        return script.remove();
                      }
                      y.cancellation().cancel(late);
                      return Future.failedFuture(late);
                    }))
            .proceed(x);

    assertThat(errorOf(reply).code()).isEqualTo(ErrorCode.TIMEOUT);
  }

  @Test
  void aLongAnswerIsQuotedInPart() {
    answer("x".repeat(500_000));
    answer(GOOD);

    run(Functions.call(f -> f.secondAsk()));

    var ask = (Ask.Prompted) asked.get(1).plan().ask();
    assertThat(ask.messages().get(1).text()).hasSizeLessThan(25_000);
  }

  @Test
  void theCorrectedAnswerKeepsTheSourcesOfTheFirst() {
    var sources = List.of(new Source("https://example.com", "", "", Optional.empty()));
    script.add(whole(answerOf("nothing", Answer.Finish.STOP, sources)));
    answer(GOOD);

    var reply = run(Functions.call(f -> f.secondAsk()));

    assertThat(((Reply.Whole) reply.result()).answer().sources()).isEqualTo(sources);
  }

  @Test
  void aStreamPassesItsPartsAndItsEndCarriesTheValue() {
    var heard = stream("```json\n" + GOOD + "\n```");

    assertThat(heard).containsExactly("part", "end " + VALUE);
  }

  @Test
  void aStrictParsersVerdictAndWhatBecameOfTheAnswerAreNoted() {
    assertThat(outcome(GOOD)).contains(OutputOutcome.STRICT);
    assertThat(outcome("```json\n" + GOOD + "\n```")).contains(OutputOutcome.RESCUED);
    assertThat(outcome("{'title': 'Engineer', 'years': 3,")).contains(OutputOutcome.RESCUED);
    assertThat(outcome("{\"title\": \"Engineer\", \"years\": \"3\"}"))
        .contains(OutputOutcome.CORRECTED);
    assertThat(outcome("nothing")).contains(OutputOutcome.LOST);
    assertThat(outcome("{\"title\": \"Engineer\", \"years\": []}")).contains(OutputOutcome.INVALID);
    assertThat(outcome("nothing", GOOD)).contains(OutputOutcome.RESCUED);
    assertThat(outcome("{\"title\": 1, \"years\": []}", GOOD)).contains(OutputOutcome.CORRECTED);
    assertThat(outcome("nothing", "nothing")).contains(OutputOutcome.LOST);
  }

  @Test
  void withoutASchemaThereIsNothingToNote() {
    var x = Functions.call(f -> f.plainText());
    answer("Dear Ada");

    run(x);

    assertThat(x.tally().output()).isEmpty();
  }

  @Test
  void repairsAreCountedByKindBeyondThoseThatAreShown() {
    var x = Functions.call();
    answer("{\"title\": \"x\",, \"years\": 3" + ",".repeat(50) + "}");

    run(x);

    assertThat(x.tally().repairs()).hasSize(21).last().asString().matches("and \\d+ more");
    assertThat(x.tally().repairKinds().values().stream().mapToInt(Integer::intValue).sum())
        .isGreaterThan(45);
  }

  @Test
  void whatTheModelWasAskedAgainForIsCountedToo() {
    var x = Functions.call(f -> f.secondAsk());
    answer("nothing");
    answer("{'title': 'Engineer', 'years': 3}");

    run(x);

    assertThat(x.tally().repairKinds()).containsEntry("second_ask", 1).containsKey("quote_style");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "```json\n%s\n```",
        "Here you are: %s",
        "%s,",
        "<think>so</think>%s",
        "{'title': 'Engineer', 'years': 3}"
      })
  void inStrictModeNothingButStrictJsonCounts(String text) {
    answer(text.formatted(GOOD));

    var error = errorOf(run(Functions.call(f -> f.strict())));

    assertThat(error.code()).isEqualTo(ErrorCode.OUTPUT_UNPARSEABLE);
    assertThat(error.message()).contains("strict");
  }

  @Test
  void inStrictModeStrictJsonIsTheValueAndNothingIsCoerced() {
    answer("\n" + GOOD + "\n");
    answer("{\"title\": \"Engineer\", \"years\": \"3\"}");

    assertThat(data(run(Functions.call(f -> f.strict())))).isEqualTo(VALUE);
    assertThat(errorOf(run(Functions.call(f -> f.strict()))).code())
        .isEqualTo(ErrorCode.OUTPUT_INVALID);
  }

  @Test
  void inStrictModeTheModelMayBeAskedAgain() {
    answer("```json\n" + GOOD + "\n```");
    answer(GOOD);

    assertThat(data(run(Functions.call(f -> f.strict().secondAsk())))).isEqualTo(VALUE);
    assertThat(((Ask.Prompted) asked.get(1).plan().ask()).messages().get(2).text())
        .contains("strict JSON");
  }

  @Test
  void aTagOfThoughtsInAStringOfStrictJsonIsText() {
    var json = "{\"title\": \"Uses of </think>\", \"years\": 3}";

    assertThat(valueOf(json)).isEqualTo(Json.parse(json));
  }

  @Test
  void aStreamThatDoesNotFitFailsAtItsEndWithoutASecondAsk() {
    var heard = stream("nothing");

    assertThat(heard).containsExactly("part", "fail OUTPUT_UNPARSEABLE");
    assertThat(asked).hasSize(1);
  }

  static List<String> hostileAnswers() {
    var size = 1_000_000;
    return List.of(
        "{".repeat(size),
        "[".repeat(size),
        "[{\"a\":".repeat(size / 6),
        "{}".repeat(size / 2),
        "[1]".repeat(size / 3),
        "\"".repeat(size),
        "\\".repeat(size),
        "{\"a\": \"" + "\\\"".repeat(size / 2),
        "`".repeat(size),
        "</think>".repeat(size / 8),
        "{\"title\": " + "1".repeat(size) + "}",
        "{\"years\": 1e999999999, \"title\": \"x\"}",
        "{\"title\": \"" + "[1".repeat(size / 2) + "\", \"years\": 1}",
        "{\"title\": \"a" + " [1]".repeat(size / 4) + "\", \"years\": 1}",
        "{\"title\": \"a" + " ".repeat(size) + "[1]\", \"years\": 1}",
        "{" + "\"k\": 1,".repeat(size / 7) + "}",
        "{\"title\": \"x\", \"years\": [" + "1,".repeat(size / 2) + "]}",
        "x".repeat(3 * size));
  }

  @ParameterizedTest
  @MethodSource("hostileAnswers")
  void whateverAModelWritesIsJudgedSoon(String text) {
    answer(text);

    // Generous for a busy machine; anything quadratic takes minutes.
    var reply =
        assertTimeoutPreemptively(
            Duration.ofSeconds(10), () -> run(Functions.call(f -> f.removeCitations())));

    assertThat(reply.isComplete()).isTrue();
    if (reply.failed()) {
      assertThat(errorOf(reply).code())
          .isIn(ErrorCode.OUTPUT_UNPARSEABLE, ErrorCode.OUTPUT_INVALID);
    }
  }

  private List<String> stream(String text) {
    script.add(
        Future.succeededFuture(
            new Reply.Streamed(
                new AnswerStream() {
                  @Override
                  public void start(Sink sink) {
                    sink.part(new Part(text, Buffer.buffer()));
                    sink.end(Exchanges.answer(text));
                  }

                  @Override
                  public void pause() {}

                  @Override
                  public void resume() {}
                })));
    var reply = run(Functions.call(f -> f.secondAsk()));
    List<String> heard = new ArrayList<>();
    ((Reply.Streamed) reply.result())
        .stream()
            .start(
                new AnswerStream.Sink() {
                  @Override
                  public void part(AnswerStream.Part part) {
                    heard.add("part");
                  }

                  @Override
                  public void end(Answer answer) {
                    heard.add("end " + answer.data().orElseThrow());
                  }

                  @Override
                  public void fail(AIError error) {
                    heard.add("fail " + error.code());
                  }
                });
    return heard;
  }

  private Optional<OutputOutcome> outcome(String... answers) {
    for (var text : answers) {
      answer(text);
    }
    var x = answers.length > 1 ? Functions.call(f -> f.secondAsk()) : Functions.call();
    run(x);
    return x.tally().output();
  }

  private JsonNode valueOf(String text) {
    answer(text);
    return data(run(Functions.call()));
  }

  private void answer(String text) {
    script.add(whole(Exchanges.answer(text)));
  }

  private static Future<Reply> whole(Answer answer) {
    return Future.succeededFuture(new Reply.Whole(answer));
  }

  private static Answer answerOf(String text, Answer.Finish finish, List<Source> sources) {
    var plain = Exchanges.answer(text);
    return new Answer(
        text,
        plain.data(),
        finish,
        plain.model(),
        plain.usage(),
        plain.providerCost(),
        sources,
        plain.wire());
  }

  private Future<Reply> run(Exchange x) {
    return Chain.of(
            List.of(
                new OutputStage(OutputSettings.DEFAULT, Clock.system()),
                (y, _) -> {
                  asked.add(y);
                  return script.remove();
                }))
        .proceed(x);
  }

  private static JsonNode data(Future<Reply> reply) {
    assertThat(reply.cause()).isNull();
    return ((Reply.Whole) reply.result()).answer().data().orElseThrow();
  }

  private static AIError errorOf(Future<Reply> reply) {
    assertThat(reply.failed()).isTrue();
    return (AIError) reply.cause();
  }
}
