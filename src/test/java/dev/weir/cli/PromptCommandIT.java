package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.app.RunningWeir;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code weir prompt} against a running Weir. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PromptCommandIT {
  private RunningWeir weir;
  private Path directory;
  private Shell shell;

  @BeforeAll
  void start(TestDatabase database) {
    weir = RunningWeir.sandboxed(database);
  }

  @AfterAll
  void stop() {
    weir.close();
  }

  @BeforeEach
  void shell(@TempDir Path given) {
    directory = given;
    shell = Shell.of(given, weir).env("WEIR_KEY", weir.key("WEIR_KEY"));
  }

  /** The version that answers a call. */
  private String serving(String function) {
    var reply = shell.done("call", function, "--example", "--url", weir.callsUrl());
    return Json.parse(reply).at("/meta/version").asText();
  }

  /** Another version of a function, which has another temperature. */
  private String add(String function, String was, String temperature, String... more)
      throws IOException {
    var text = shell.done("prompt", "show", function, "production");
    var changed = text.replace("temperature: " + was, "temperature: " + temperature);
    assertThat(changed).isNotEqualTo(text);
    Files.writeString(directory.resolve("new.yaml"), changed);
    var line = new String[5 + more.length];
    System.arraycopy(new String[] {"prompt", "add", function, "--file", "new.yaml"}, 0, line, 0, 5);
    System.arraycopy(more, 0, line, 5, more.length);
    return shell.done(line).strip();
  }

  @ParameterizedTest
  @ValueSource(strings = {"prompt", "experiment", "shadow", "content"})
  void withoutAVerbACommandLists(String command) {
    assertThat(shell.done(command)).isEqualTo(shell.done(command, "list")).isNotBlank();
  }

  @Test
  void aVersionIsAddedComparedServedAndTakenBack() throws IOException {
    var function = "cover-letter";
    var base = serving(function);

    var added = add(function, "0.6", "0.15", "--note", "calmer", "--author", "ada");
    assertThat(added).matches("[0-9a-f]{12}").isNotEqualTo(base);
    assertThat(serving(function)).isEqualTo(base);
    assertThat(shell.done("prompt", "show", function, added)).contains("temperature: 0.15");

    assertThat(shell.done("prompt", "label", function, "candidate", added))
        .isEqualToIgnoringNewLines("serving " + base + " candidate=" + added);
    assertThat(shell.done("prompt", "diff", function, "production", "candidate"))
        .isEqualTo("$.parameters.temperature\n  -0.6\n  +0.15\n");

    assertThat(shell.done("prompt", "label", function, "production", "candidate"))
        .isEqualToIgnoringNewLines(
            "serving " + added + " candidate=" + added + " production=" + added);
    assertThat(serving(function)).isEqualTo(added);
    assertThat(shell.done("prompt", "list"))
        .containsPattern("cover-letter +" + added + " +candidate=" + added + " production=");

    assertThat(shell.done("prompt", "rollback", function, "production"))
        .startsWith("serving " + base);
    assertThat(serving(function)).isEqualTo(base);
    assertThat(shell.done("prompt", "moves", function, "production").lines().toList())
        .hasSize(2)
        .satisfiesExactly(
            back -> assertThat(back).contains(added + "   -              rollback  rollback ("),
            move -> assertThat(move).contains("-              " + added + "   undone "));
    assertThat(shell.done("prompt", "unlabel", function, "candidate"))
        .isEqualToIgnoringNewLines("serving " + base);
    assertThat(shell.done("prompt", "list")).doesNotContain("candidate=");
  }

  @Test
  void withoutItsLabelTheFileServesAgain() throws IOException {
    var function = "linkedin-post";
    var base = serving(function);
    var first = add(function, "0.8", "0.31");
    var second = add(function, "0.8", "0.32");
    shell.done("prompt", "label", function, "production", first);
    shell.done("prompt", "label", function, "production", second);

    assertThat(shell.done("prompt", "rollback", function, "production"))
        .contains("serving " + first);
    shell.done("prompt", "unlabel", function, "production");

    assertThat(serving(function)).isEqualTo(base);
  }

  @Test
  void versionsStandWithTheirFiguresAndNotes() throws IOException {
    var function = "job-analysis";
    var base = serving(function);
    var added =
        add(
            function,
            "0.2",
            "0.35",
            "--note",
            "bolder",
            "--author",
            "grace",
            "--parent",
            "production");

    assertThat(shell.done("prompt", "versions", function))
        .containsPattern(
            added + " +api +20..-..-..T..:..:.. +0 +- +- +- +- +-  " + base + " grace +bolder\n");
    Eventually.until(
        "the call of " + base + " is counted",
        () ->
            shell
                .done("prompt", "versions", function)
                .matches("(?s).*" + base + " +file +20\\S+ +1 +1\\.0000 +0 +[1-9]\\d* .*"));
    var shown = Json.parse(shell.done("prompt", "show", function, added, "--json"));
    assertThat(shown.path("parent").asText()).isEqualTo(base);
    assertThat(shown.path("author").asText()).isEqualTo("grace");
  }

  @Test
  void aFunctionThatNoFileHasIsServedOnceItIsLabelled() throws IOException {
    Files.writeString(
        directory.resolve("bread.yaml"),
        """
        name: bread
        description: Writes about bread.
        model: writer
        prompt:
          user: "Write about {{topic}}."
        input:
          type: object
          properties:
            topic: {type: string}
        example: {topic: rye}
        """);

    var version = shell.done("prompt", "add", "bread", "--file", "bread.yaml").strip();

    assertThat(shell.done("prompt", "versions", "bread"))
        .contains(version)
        .contains("serving nothing");
    shell.done("prompt", "label", "bread", "production", version);
    assertThat(serving("bread")).isEqualTo(version);
    shell.done("prompt", "unlabel", "bread", "production");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "1 | There is no function called 'nobody' | versions nobody",
        "1 | has no version 'ffffffffffff' of 'cover-letter' | show cover-letter ffffffffffff",
        "1 | has no version 'production' of 'nobody' | diff nobody production candidate",
        "1 | no version 'ffffffffffff' | label cover-letter production ffffffffffff",
        "1 | has no label 'winner' | unlabel cover-letter winner",
        "1 | has no move that could be taken back | rollback cover-letter winner",
        "1 | A label begins with a letter | label cover-letter No-Label ffffffffffff",
        "1 | line 1: $.name must be `cover-letter` | add cover-letter --file other.yaml",
        "1 | line 3: $ is not YAML | add cover-letter --file broken.yaml",
        "2 | absent.yaml cannot be read: there is no such file | add x --file absent.yaml",
        "2 | with --file | add cover-letter",
        "2 | takes 3 words | diff cover-letter production",
        "2 | 'move' is no verb of prompt | move cover-letter",
      })
  void whatCannotBeDoneIsSaidInASentence(int exitCode, String sentence, String line)
      throws IOException {
    Files.writeString(directory.resolve("other.yaml"), "name: other\n");
    Files.writeString(directory.resolve("broken.yaml"), "name: x\nprompt: [\n");

    var run = shell.run(("prompt " + line).split(" "));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    assertThat(run.err()).contains(sentence).startsWith("weir: ").doesNotContain("Exception");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void onlyAnAdminKeyOpensIt() throws IOException {
    var base = serving("interview-prep");
    var added = add("interview-prep", "0.4", "0.41");
    var move = new String[] {"prompt", "label", "interview-prep", "production", added};

    var none = new Shell(directory).env("WEIR_URL", weir.managementUrl()).run(move);
    var callers = shell.env("WEIR_ADMIN_KEY", weir.key("WEIR_KEY")).run(move);

    assertThat(none.err()).contains("There is no admin key. Set WEIR_ADMIN_KEY");
    assertThat(callers.err()).contains("admin");
    assertThat(none.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(callers.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(serving("interview-prep")).isEqualTo(base);
  }
}
