package dev.weir.providers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseParserTest {
  private static final List<String> STREAMS =
      List.of(
          "data: one\n\ndata: {\"é\":\"🌊\"}\n\ndata: [DONE]\n\n",
          "data: one\r\n\r\ndata: two\r\n\r\n",
          "data: one\r\rdata: two\r\r",
          ": comment\n\nevent: x\ndata: one\nid: 7\n\n: heartbeat\n\ndata:two\n\n",
          "data: a\ndata:  b\ndata\ndata:c\n\n",
          "\uFEFFdata: one\r\n\r\n\r\n\r\ndata: two\n\n\n",
          "retry: 10\n\ndatabase: no\ndata: one\n: inside\n\n");

  @Test
  void joinsLinesAndLeavesOutWhatIsNoData() {
    assertThat(data(List.of("data: a\ndata:  b\ndata\ndata:c\n\n"))).containsExactly("a\n b\n\nc");
    assertThat(data(List.of(STREAMS.get(3)))).containsExactly("one", "two");
    assertThat(data(List.of(STREAMS.get(6)))).containsExactly("one");
  }

  @Test
  void doesNotDependOnWhereTheBytesAreTorn() {
    for (var stream : STREAMS) {
      var bytes = stream.getBytes(UTF_8);
      var whole = events(List.of(Buffer.buffer(bytes)));

      for (var cut = 0; cut <= bytes.length; cut++) {
        for (var second = cut; second <= bytes.length; second++) {
          var torn = events(slices(bytes, cut, second));
          assertThat(torn).as("%s torn at %d and %d", stream, cut, second).isEqualTo(whole);
        }
      }
      var single = new ArrayList<Buffer>();
      for (var b : bytes) {
        single.add(Buffer.buffer(new byte[] {b}));
      }
      assertThat(events(single)).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void keepsTheBytesOfAnEventWithItsBlankLine(String newline) {
    var first = "event: x" + newline + "data: one" + newline + newline;
    var second = "data: two" + newline + newline;

    var found = events(List.of(Buffer.buffer(first + second)));

    assertThat(found).containsExactly(first + "|one", second + "|two");
  }

  @Test
  void completesALastEventThatLacksOnlyItsBlankLine() {
    assertThat(data(List.of("data: one\n"))).containsExactly("one");
    assertThat(data(List.of("data: one\n\ndata: tw"))).containsExactly("one");
  }

  @Test
  void refusesAnEventOverItsLimit() {
    var parser = new SseParser(64, _ -> {});

    parser.feed(Buffer.buffer("data: " + "x".repeat(50) + "\n\n"));

    assertThatThrownBy(() -> parser.feed(Buffer.buffer("data: " + "x".repeat(90))))
        .isInstanceOf(AIError.class);
  }

  @Test
  void growsForLargeEvents() {
    var large = "x".repeat(3_000_000);

    assertThat(data(List.of("data: ", large, "\n", "\ndata: small\n\n")))
        .containsExactly(large, "small");
  }

  private static List<Buffer> slices(byte[] bytes, int cut, int second) {
    var all = Buffer.buffer(bytes);
    return List.of(
        all.getBuffer(0, cut), all.getBuffer(cut, second), all.getBuffer(second, bytes.length));
  }

  private static List<String> data(List<String> chunks) {
    var found = new ArrayList<String>();
    var parser = new SseParser(8 << 20, e -> found.add(e.data()));
    chunks.forEach(chunk -> parser.feed(Buffer.buffer(chunk)));
    parser.finish();
    return found;
  }

  private static List<String> events(List<Buffer> chunks) {
    var found = new ArrayList<String>();
    var parser = new SseParser(1 << 20, e -> found.add(e.raw() + "|" + e.data()));
    chunks.forEach(parser::feed);
    parser.finish();
    return found;
  }
}
