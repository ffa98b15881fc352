package dev.weir.output;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.config.OutputSettings;
import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.gateway.AnswerStream.Part;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class PartialValuesTest {
  private static final OutputSettings SETTINGS =
      new OutputSettings(1 << 20, 20, Duration.ofMillis(100), 1 << 20);

  private long millis = 5_000;

  private final Clock clock =
      new Clock() {
        @Override
        public Instant now() {
          return Instant.ofEpochMilli(millis);
        }

        @Override
        public long nanoTime() {
          return millis * 1_000_000;
        }
      };

  private PartialValues looks = looks(SETTINGS);

  @Test
  void theValueGrowsWithTheStream() {
    var seen = List.of(at(0, "Sure: {\"a\": \"He"), at(100, "llo\", \"b\": [1"), at(200, ", 2]}"));

    assertThat(seen)
        .containsExactly(
            json("{\"a\": \"He\"}"),
            json("{\"a\": \"Hello\", \"b\": []}"),
            json("{\"a\": \"Hello\", \"b\": [1, 2]}"));
  }

  @Test
  void whatWasShownDoesNotChangeAfterwards() {
    var first = at(0, "{\"a\": \"He").orElseThrow();

    at(100, "llo\", \"b\": 1}");

    assertThat(first).isEqualTo(Json.parse("{\"a\": \"He\"}"));
  }

  @Test
  void atMostOneIsShownInAnInterval() {
    assertThat(at(0, "{\"a\": \"x")).isPresent();
    assertThat(at(99, "y")).isEmpty();
    assertThat(at(100, "z")).isEqualTo(json("{\"a\": \"xyz\"}"));
  }

  @Test
  void nothingIsShownThatHasNotGrown() {
    at(0, "{\"a\": \"x\"");

    assertThat(at(500, "   ")).isEmpty();
    assertThat(at(1000, "} and so on")).isEmpty();
  }

  @Test
  void proseAloneAndAnEmptyValueAreNotShown() {
    assertThat(at(0, "I think that")).isEmpty();
    assertThat(at(500, " {")).isEmpty();
  }

  @Test
  void marksOfCitationsAreTakenOut() {
    looks = new PartialValues(SETTINGS, clock, text -> CitationMarks.remove(text, 9));

    assertThat(at(0, "{\"a\": \"It grows [1].")).isEqualTo(json("{\"a\": \"It grows.\"}"));
  }

  @Test
  void halfOfASurrogatePairIsReplacedUntilTheOtherComes() {
    assertThat(at(0, "{\"a\": \"\ud83d")).isEqualTo(json("{\"a\": \"\ufffd\"}"));
    assertThat(at(500, "\ude00")).isEqualTo(json("{\"a\": \"\ud83d\ude00\"}"));
  }

  @Test
  void allOfThemTogetherStayLinearInTheAnswer() {
    at(0, "{\"a\": \"");
    long shown = 0;
    var length = 0;
    for (var i = 1; i <= 5_000; i++) {
      length += 100;
      shown += at(i * 1_000L, "x".repeat(100)).map(v -> v.path("a").textValue().length()).orElse(0);
    }

    assertThat(shown).isPositive().isLessThan(17L * length + (64 << 10));
  }

  @Test
  void nothingIsShownBeyondTheLimit() {
    looks = looks(new OutputSettings(1 << 20, 20, Duration.ofMillis(100), 20));

    assertThat(at(0, "{\"a\": \"x")).isPresent();
    assertThat(at(500, "x".repeat(20))).isEmpty();
    assertThat(at(1000, "x")).isEmpty();
  }

  @Test
  void aLimitOfZeroTurnsThemOff() {
    looks = looks(new OutputSettings(1 << 20, 20, Duration.ofMillis(100), 0));

    assertThat(at(0, "{\"a\": 1, ")).isEmpty();
  }

  @Test
  void aPartWithoutTextPasses() {
    var part = new Part("", Buffer.buffer("role"));

    assertThat(looks.on(part)).isSameAs(part);
  }

  private PartialValues looks(OutputSettings settings) {
    return new PartialValues(settings, clock, UnaryOperator.identity());
  }

  private Optional<JsonNode> at(long time, String text) {
    millis = 5_000 + time;
    var part = looks.on(new Part(text, Buffer.buffer()));
    assertThat(part.text()).isEqualTo(text);
    return part.partial();
  }

  private static Optional<JsonNode> json(String text) {
    return Optional.of(Json.mapper().valueToTree(Json.parse(text)));
  }
}
