package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code weir content} against a server whose pages are not what they should be. */
class ContentPagesTest {
  private final StubServer server = new StubServer();
  private Shell shell;

  @BeforeEach
  void open(@TempDir Path directory) {
    shell = Shell.of(directory, server.url(), "wk_admin");
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void anExportSaysHowManyItWroteBesideWhatItWrote() {
    server.answers(
        "{\"contents\": [{\"id\": \"1\", \"user\": \"ada\", \"input\": {}}], \"next\": null}");

    var run = shell.run("content", "export", "--user", "ada");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualTo("{\"user\":\"ada\",\"input\":{}}\n");
    assertThat(run.err()).isEqualTo("1 written\n");
    assertThat(server.asked().uri()).contains("kind=call").contains("content=true");
  }

  @Test
  void anExportWhosePagesLeadNowhereFailsAndSaysHowFarItCame() {
    server.answers("{\"contents\": [{\"id\": \"1\", \"input\": {}}], \"next\": \"again\"}");

    var run = shell.run("content", "export");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("1 written").contains("no page of contents");
    assertThat(run.out()).hasLineCount(1);
  }

  @Test
  void furtherPagesAreOfTheRunThatTheFirstOneWasOf() {
    server.answers(
        "{\"run\": {\"name\": \"warmer\", \"kind\": \"shadow\", \"id\": \"01a2\"}, \"contents\":"
            + " [{\"id\": \"1\"}], \"next\": \"second\"}");

    // The second page of this server is the first one once more, which is no list.
    shell.run("content", "list", "--run", "warmer", "--limit", "2");

    assertThat(server.asked().uri())
        .contains("run=01a2&")
        .contains("kind=shadow")
        .contains("after=second");
  }

  @Test
  void aListOfARunSaysWhichOneOfItsNameItIsOf() {
    server.answers(
        "{\"run\": {\"name\": \"warmer\", \"kind\": \"shadow\", \"id\": \"01a2\"}, \"contents\":"
            + " [{\"id\": \"1\"}], \"next\": null}");

    var list = shell.run("content", "list", "--run", "warmer");

    assertThat(list.out()).startsWith("of the shadow run warmer with the id 01a2\n");
    assertThat(server.asked().uri()).contains("run=warmer").doesNotContain("kind=");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"contents\": []}",
        "{\"contents\": {}, \"next\": null}",
        "{\"contents\": [], \"next\": \"x\"}",
        "{\"contents\": [], \"next\": 7}",
        "{\"contents\": [{}, {}, {}], \"next\": null}"
      })
  void whatIsNoPageIsAnError(String answer) {
    server.answers(answer);

    for (var verb : new String[] {"list", "export"}) {
      var run = shell.run("content", verb, "--limit", "2");

      assertThat(run.exitCode()).as(verb).isEqualTo(ExitCode.FAILED);
      assertThat(run.err()).as(verb).contains("no page of contents");
    }
  }
}
