package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody wrote as a note or a reason does nothing to a terminal. */
class SafeWriterTest {
  private final StringWriter written = new StringWriter();
  private final PrintWriter out = SafeWriter.ofResults(new PrintWriter(written));

  @Test
  void whatATerminalWouldObeyIsShownAsItsEscape() {
    out.println("a\u001b[2Jb\u0007\b\u007f\u009b31mc\u0000");

    assertThat(written)
        .hasToString(
            "a\\u001b[2Jb\\u0007\\u0008\\u007f\\u009b31mc\\u0000" + System.lineSeparator());
  }

  @Test
  void linesAndTabsPassAndAReturnWithinOneDoesNot() {
    out.print("one\r\ntwo\tthree\n");
    out.print("four\r");
    out.print("\nhidden\rshown");
    out.flush();

    assertThat(written).hasToString("one\r\ntwo\tthree\nfour\r\nhidden\\u000dshown");
  }

  @Test
  void aCellStaysOnItsLine() {
    out.printf("%-8s|%.3s|%d%n", "a\r\nb\n\u001bc\td", "wxyz", 7);

    assertThat(written).hasToString("a b \\u001bc d|wxy|7" + System.lineSeparator());
  }

  @Test
  void jsonIsReadBackAsItWas() {
    var json = Json.object().put("note", "a\u009bb\u007fc\u001bd\ne");

    out.println(KeyPrinter.pretty(json));

    assertThat(Json.parse(written.toString())).isEqualTo(json);
    assertThat(written.toString().strip().replace("\n", "").chars())
        .noneMatch(Character::isISOControl);
  }

  @Test
  void aBarMayGoBackToTheBeginningOfItsLine() {
    var err = SafeWriter.ofWords(new PrintWriter(written));

    err.print("\r[###] 3 of 3\u001b[A");
    err.flush();

    assertThat(written).hasToString("\r[###] 3 of 3\\u001b[A");
  }

  @Test
  void aReasonOfADecisionReachesTheTerminalAsText(@TempDir Path directory) {
    var decision =
        Json.object()
            .put("at", "2032-05-01T12:00:00Z")
            .put("decision", "stopped")
            .put("reason", "fine\u001b]0;title\u0007\nand a row that nobody decided")
            .put("by", "eve\u009b");
    var answer = Json.object();
    answer.putArray("decisions").add(decision);
    try (var server = new StubServer().answers(answer.toString())) {
      var run = Shell.of(directory, server.url(), "key").run("experiment", "decisions", "tone");

      assertThat(run.out().strip())
          .endsWith("fine\\u001b]0;title\\u0007 and a row that nobody decided (eve\\u009b)");
    }
  }
}
