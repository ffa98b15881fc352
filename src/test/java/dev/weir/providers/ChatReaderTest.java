package dev.weir.providers;

import static dev.weir.providers.Fixtures.chat;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Answer.Finish;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

/** What is made of completions that say more than a text, whole and in pieces. */
class ChatReaderTest {
  private static final String STOPPED = piece("{}").replace("null", "\"stop\"");

  private final dev.weir.gateway.Exchange x = exchange(chat("hi", true), target("openai/gpt-5"));

  private final ChatReader reader =
      new ChatReader(x.currentAttempt(), new Refusals(Clock.system()), x.plan().ask());

  private static String piece(String delta) {
    return "{\"id\": \"c-1\", \"created\": 7, \"model\": \"gpt-5-x\", \"choices\": [{\"index\": 0,"
        + " \"delta\": "
        + delta
        + ", \"finish_reason\": null}]}";
  }

  /** The answer at the end of a stream of these pieces. */
  private Answer streamed(String... pieces) {
    var out = new LiveStream(x, new StillFlow());
    for (var piece : pieces) {
      reader.event(event(piece), out);
    }
    reader.event(event("[DONE]"), out);
    var end = new Answer[1];
    out.start(new OnlyTheEnd(end));
    return end[0];
  }

  private static SseEvent event(String data) {
    var bytes = data.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return new SseEvent(Buffer.buffer("data: " + data + "\n\n"), bytes, 0, bytes.length);
  }

  private static JsonNode message(Answer answer) {
    return Json.parse(answer.wire().orElseThrow()).at("/choices/0/message");
  }

  @Test
  void aStreamThatRefusesIsARefusalThoughItSaysThatItStopped() {
    var answer =
        streamed(
            piece("{\"role\": \"assistant\", \"content\": \"\"}"),
            piece("{\"refusal\": \"I will \"}"),
            piece("{\"refusal\": \"not.\"}"),
            STOPPED);

    assertThat(answer.finish()).isEqualTo(Finish.CONTENT_FILTER);
    assertThat(message(answer).path("refusal").asText()).isEqualTo("I will not.");
  }

  @Test
  void aStreamThatCallsAToolIsNoTextThoughItSaysThatItStopped() {
    var call = "{\"tool_calls\": [{\"index\": 0, \"id\": \"c\", \"type\": \"function\"}]}";

    assertThat(streamed(piece("{\"content\": \"Hi\"}"), piece(call), STOPPED).finish())
        .isEqualTo(Finish.TOOL_CALLS);
  }

  @Test
  void aWholeCompletionThatCallsAToolIsNoTextThoughItSaysThatItStopped() {
    var whole =
        reader.whole(
            Buffer.buffer(
                "{\"choices\": [{\"message\": {\"content\": \"Hi\", \"tool_calls\": [{\"id\":"
                    + " \"c\"}]}, \"finish_reason\": \"stop\"}]}"));

    assertThat(whole.finish()).isEqualTo(Finish.TOOL_CALLS);
  }

  @Test
  void whatAStreamSaysBesideItsTextIsPutTogether() {
    var answer =
        streamed(
            piece("{\"role\": \"assistant\", \"content\": \"\", \"refusal\": null}"),
            piece("{\"reasoning_content\": \"Dams, \"}"),
            piece("{\"reasoning_content\": \"weirs.\", \"annotations\": [{\"n\": 1}]}"),
            piece("{\"content\": \"Water.\", \"annotations\": [{\"n\": 2}]}"),
            STOPPED);

    assertThat(answer.finish()).isEqualTo(Finish.STOP);
    assertThat(message(answer))
        .isEqualTo(
            Json.parse(
                """
                {"role": "assistant", "content": "Water.", "reasoning_content": "Dams, weirs.",
                 "annotations": [{"n": 1}, {"n": 2}]}\
                """));
    var completion = Json.parse(answer.wire().orElseThrow());
    assertThat(completion.path("id").asText()).isEqualTo("c-1");
    assertThat(completion.path("created").asLong()).isEqualTo(7);
  }

  @Test
  void usageAndSourcesAreKeptAsTheProviderSaidThem() {
    var around =
        """
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7,
                  "completion_tokens_details": {"reasoning_tokens": 2}},
        "citations": ["https://example.com/a"],
        "search_results": [{"title": "A", "url": "https://example.com/a", "last_updated": "2026-01-02"}],
        """;
    var answer =
        streamed(
            piece("{\"content\": \"Water.\", \"reasoning_content\": \"Dams.\"}"),
            "{" + around + STOPPED.substring(1));

    var kept = Json.parse(answer.wire().orElseThrow());
    assertThat(kept.at("/usage/completion_tokens_details/reasoning_tokens").asInt()).isEqualTo(2);
    assertThat(kept.at("/usage/total_tokens").asInt()).isEqualTo(7);
    assertThat(kept.at("/citations/0").asText()).isEqualTo("https://example.com/a");
    assertThat(kept.at("/search_results/0/last_updated").asText()).isEqualTo("2026-01-02");
  }

  @Test
  void aStreamOfWhichNothingIsTheEndIsReadNoFurtherThanAWholeAnswer() {
    var out = new LiveStream(x, new StillFlow());
    var half = "x".repeat(Reception.MAX_ANSWER_BYTES / 2);
    var text = event(piece("{\"content\": \"" + half + "\"}"));
    var thought = event(piece("{\"reasoning_content\": \"" + half + "\"}"));
    for (var one : new SseEvent[] {text, thought, text, thought}) {
      reader.event(one, out);
    }

    assertThatThrownBy(() -> reader.event(event(piece("{\"content\": \"x\"}")), out))
        .hasMessageContaining("16 MiB");
    assertThatThrownBy(() -> reader.event(event(piece("{\"reasoning_content\": \"x\"}")), out))
        .hasMessageContaining("16 MiB");
  }

  @Test
  void aPieceThatAlsoSaysTheMessageSoFarAddsOnlyItsDelta() {
    var before =
        """
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Water"},
                      "delta": {"content": "Water"}, "finish_reason": null}]}\
        """;
    var behind =
        """
        {"choices": [{"index": 0, "delta": {"content": " runs."}, "finish_reason": null,
                      "message": {"role": "assistant", "content": "Water runs."}}]}\
        """;

    assertThat(streamed(before, behind, STOPPED).text()).isEqualTo("Water runs.");
  }

  @Test
  void anEmptyRefusalRefusesNothing() {
    assertThat(streamed(piece("{\"content\": \"\", \"refusal\": \"\"}"), STOPPED).finish())
        .isEqualTo(Finish.STOP);
  }

  @Test
  void whatAnotherChoiceRefusesOrCallsSaysNothingOfTheFirst() {
    var other =
        """
        {"choices": [{"index": 1, "delta": {"refusal": "No.", "tool_calls": [{"index": 0}]},
                      "finish_reason": null}]}\
        """;

    assertThat(streamed(piece("{\"content\": \"Water.\"}"), other, STOPPED).finish())
        .isEqualTo(Finish.STOP);
  }

  @Test
  void ofAStreamThatSaysOnlyTextNothingElseIsKept() {
    var answer =
        streamed(
            piece("{\"role\": \"assistant\", \"content\": \"\", \"refusal\": null}"),
            piece("{\"content\": \"Water.\", \"annotations\": null}"),
            STOPPED);

    assertThat(answer.text()).isEqualTo("Water.");
    assertThat(answer.wire()).isEmpty();
  }

  /** A socket that nobody has to hold back. */
  private static final class StillFlow implements LiveStream.Flow {
    @Override
    public void pause() {}

    @Override
    public void resume() {}
  }

  private record OnlyTheEnd(Answer[] end) implements dev.weir.gateway.AnswerStream.Sink {
    @Override
    public void part(dev.weir.gateway.AnswerStream.Part part) {}

    @Override
    public void end(Answer answer) {
      end[0] = answer;
    }

    @Override
    public void fail(dev.weir.core.AIError error) {
      throw error;
    }
  }
}
