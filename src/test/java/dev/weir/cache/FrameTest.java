package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Source;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameTest {
  private static final int LARGEST = 1 << 20;
  private static final CacheKey KEY = new KeyForm().text("a key").key();
  private static final Instant NOW = Instant.parse("2026-11-25T03:00:00Z");

  private static final Answer ANSWER =
      new Answer(
          "A text, ein Täxt, 文 and 🎈",
          Optional.of(Json.parse("{\"b\": 1.50, \"a\": [\"ä\", null]}")),
          Answer.Finish.STOP,
          "sonar",
          new Usage(10, 5, 2, 1, 1, true),
          Optional.of(new Usd(7)),
          List.of(new Source("https://example.org", "title", "", Optional.of("2026-01-01"))),
          Optional.of(Buffer.buffer("{\"id\": \"x\"}")));

  private static Entry entry(Optional<String> owner, Answer answer) {
    return Frame.of(
        KEY,
        new Frame.About(
            owner,
            NOW,
            NOW.plusSeconds(60),
            NOW.plusSeconds(90),
            Exchanges.target("perplexity/sonar"),
            new Usd(5_000),
            Duration.ofMillis(1_234)),
        answer);
  }

  private static Frame.Opened open(byte[] frame) {
    return Frame.open(frame, KEY, Optional.of("ada"), LARGEST);
  }

  @Test
  void whatIsWrittenIsReadBack() {
    var written = entry(Optional.of("ada"), ANSWER);

    var read = ((Frame.Opened.Good) open(written.frame().bytes().clone())).entry();

    assertThat(read).usingRecursiveComparison().isEqualTo(written);
    var answer = read.answer();
    assertThat(answer.text()).isEqualTo(ANSWER.text());
    assertThat(answer.sources()).isEqualTo(ANSWER.sources());
    assertThat(answer.wire()).isEqualTo(ANSWER.wire());
    assertThat(answer.usage()).isEqualTo(ANSWER.usage());
    assertThat(read.cost()).isEqualTo(new Usd(5_000));
    var reply = Json.object().set("data", answer.data().orElseThrow());
    assertThat(Json.write(reply).toString())
        .isEqualTo("{\"data\":" + Json.write(ANSWER.data().orElseThrow()) + "}");
  }

  @Test
  void anyByteThatIsChangedMakesItNoEntry() {
    var frame = entry(Optional.of("ada"), ANSWER).frame().bytes();
    for (var at = 0; at < frame.length; at++) {
      var broken = frame.clone();
      broken[at] ^= 1;

      assertThat(open(broken)).as("byte %d", at).isInstanceOf(Frame.Opened.Bad.class);
    }
  }

  @Test
  void anyFrameThatIsCutOffIsNone() {
    var frame = entry(Optional.of("ada"), ANSWER).frame().bytes();
    for (var length = 0; length < frame.length; length++) {
      assertThat(open(java.util.Arrays.copyOf(frame, length))).isInstanceOf(Frame.Opened.Bad.class);
    }
  }

  @Test
  void noBytesAtAllMakeItThrow() {
    var random = new Random(7);
    for (var i = 0; i < 2_000; i++) {
      var bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);

      assertThat(open(bytes)).isInstanceOf(Frame.Opened.Bad.class);
    }
    assertThat(
            open("{\"an\": \"answer of old\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .isEqualTo(new Frame.Opened.Bad(Frame.Flaw.CORRUPT));
  }

  @Test
  void anotherFormatAnotherOwnerAnotherKeyAndTooManyBytesAreTold() {
    var frame = entry(Optional.of("ada"), ANSWER).frame().bytes();
    var old = frame.clone();
    old[4] = 0;

    assertThat(open(old)).isEqualTo(new Frame.Opened.Bad(Frame.Flaw.OTHER_FORMAT));
    assertThat(Frame.open(frame, KEY, Optional.of("bob"), LARGEST))
        .isEqualTo(new Frame.Opened.Bad(Frame.Flaw.FOREIGN));
    assertThat(Frame.open(frame, KEY, Optional.empty(), LARGEST))
        .isEqualTo(new Frame.Opened.Bad(Frame.Flaw.FOREIGN));
    assertThat(Frame.open(frame, new CacheKey(1, 2, 3, 4), Optional.of("ada"), LARGEST))
        .isEqualTo(new Frame.Opened.Bad(Frame.Flaw.FOREIGN));
    assertThat(Frame.open(frame, KEY, Optional.of("ada"), 100))
        .isEqualTo(new Frame.Opened.Bad(Frame.Flaw.TOO_LARGE));
  }
}
