package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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

/** {@code weir experiment} against a running Weir, with calls that go through it. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExperimentCommandIT {
  private static final String TWO_ARMS =
      """
      name: %s
      function: %s
      salt: s1
      variants:
        - {name: control, control: true, weight: 1, prompt_version: production}
        - {name: warm, weight: 1, prompt_version: production, parameters: {temperature: 0.45}}
      """;

  private RunningWeir weir;
  private String service;
  private Path directory;
  private Shell shell;

  @BeforeAll
  void start(TestDatabase database, @TempDir Path anywhere) {
    weir = RunningWeir.sandboxed(database);
    var made =
        Shell.of(anywhere, weir)
            .run("key", "create", "--role", "service", "--user", "shop", "--name", "shop");
    service = made.out().strip();
  }

  @AfterAll
  void stop() {
    weir.close();
  }

  @BeforeEach
  void shell(@TempDir Path given) {
    directory = given;
    shell = Shell.of(given, weir).env("WEIR_KEY", service);
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  private void draft(String name, String function) throws IOException {
    file(name + ".yaml", TWO_ARMS.formatted(name, function));
    shell.done("experiment", "create", "--file", name + ".yaml");
  }

  private JsonNode shown(String name) {
    return Json.parse(shell.done("experiment", "show", name, "--json"));
  }

  /** The part of a call's reply that tells which arm answered. */
  private JsonNode called(String function, String user) {
    var reply = shell.done("call", function, "--example", "--user", user, "--url", weir.callsUrl());
    return Json.parse(reply).path("meta");
  }

  @Test
  void anExperimentIsLedFromItsFileToItsWinner() throws IOException {
    var function = "cover-letter";
    file("tone.yaml", TWO_ARMS.formatted("tone", function));

    var created = shell.done("experiment", "create", "--file", "tone.yaml");
    assertThat(created).startsWith("tone on cover-letter: draft, epoch 1\n");
    assertThat(created).containsPattern("control \\* +1\\.000 +0 +0 ");
    assertThat(created).containsPattern("warm +1\\.000 +0 +0 ");
    assertThat(shell.done("experiment", "list"))
        .containsPattern("tone +cover-letter +draft +fixed *\n");
    assertThat(called(function, "nobody-yet").path("experiment").asText("")).isEmpty();

    assertThat(shell.done("experiment", "start", "tone")).contains("tone on cover-letter: running");
    assertThat(shell.done("experiment", "list")).containsPattern("tone .* running +fixed +20..-");
    // As docs/experiments.md computes them: ann is in the second of two equal arms, bob in the
    // first.
    assertThat(called(function, "ann").path("variant").asText()).isEqualTo("warm");
    assertThat(called(function, "bob").path("variant").asText()).isEqualTo("control");
    Eventually.until(
        "both users are counted",
        () ->
            shell
                .done("experiment", "show", "tone")
                .matches("(?s).*control \\* +1\\.000 +1 +1 +1\\.0000 .*warm +1\\.000 +1 +1 .*"));

    assertThat(shell.done("experiment", "conclude", "tone", "warm", "--promote"))
        .contains("tone on cover-letter: concluded, epoch 1, winner warm\n");
    var winner = shown("tone").at("/variants/1/prompt_version").asText();
    assertThat(shell.done("prompt", "list")).contains("production=" + winner);
    var after = called(function, "bob");
    assertThat(after.path("version").asText()).isEqualTo(winner);
    assertThat(after.path("experiment").asText("")).isEmpty();
  }

  @Test
  void pausedNobodyNewComesInAndWhoIsInKeepsTheArm() throws IOException {
    var function = "job-analysis";
    draft("break", function);
    shell.done("experiment", "start", "break");
    assertThat(called(function, "ann").path("variant").asText()).isEqualTo("warm");

    assertThat(shell.done("experiment", "pause", "break")).contains(": paused, epoch 1");
    assertThat(called(function, "ann").path("variant").asText()).isEqualTo("warm");
    assertThat(called(function, "bob").path("experiment").asText("")).isEmpty();

    assertThat(shell.done("experiment", "resume", "break")).contains(": running, epoch 1");
    assertThat(called(function, "bob").path("variant").asText()).isEqualTo("control");
    assertThat(shell.done("experiment", "stop", "break")).contains(": stopped, epoch 1");
    assertThat(called(function, "ann").path("experiment").asText("")).isEmpty();
  }

  @Test
  void weightsAndArmsAreChangedAndTheDecisionsSayWhy() throws IOException {
    draft("dials", "linkedin-post");
    shell.done("experiment", "start", "dials");

    var weighed =
        shell.done(
            "experiment", "weights", "dials", "control=3", "warm=1.5", "--reason", "careful");
    assertThat(weighed).contains("running, epoch 2").containsPattern("control \\* +3\\.000 ");
    assertThat(weighed).containsPattern("warm +1\\.500 ");
    assertThat(shown("dials").at("/epochs/1/probabilities/warm").asDouble()).isEqualTo(1 / 3.0);

    var off = shell.done("experiment", "off", "dials", "warm", "--reason", "complaints");
    assertThat(off).contains("running, epoch 3").containsPattern("warm +0\\.000 .* off\n");
    assertThat(shown("dials").at("/variants/1/switched_off_because").asText())
        .isEqualTo("complaints");

    var on = shell.done("experiment", "on", "dials", "warm", "--weight", "2");
    assertThat(on).contains("running, epoch 4").containsPattern("warm +2\\.000 ");
    assertThat(on).doesNotContain(" off\n");

    var told = shell.done("experiment", "decisions", "dials");
    var decisions = told.lines().filter(line -> !line.startsWith(" ")).toList();
    assertThat(decisions).hasSize(5);
    assertThat(decisions.get(0)).contains("  created ");
    assertThat(decisions.get(1)).matches("20..-..-..T..:..:..  started .*by an admin.* \\(.*\\)");
    assertThat(decisions.get(2)).matches(".*  weights +careful \\([-0-9a-f]{36}\\)");
    assertThat(decisions.get(3)).matches(".*  switched_off warm +complaints \\([-0-9a-f]{36}\\)");
    assertThat(decisions.get(4)).contains("  switched_on  warm ");
    assertThat(told)
        .containsPattern("\n    .*before: warm=1 control=1; .*weights: warm=1.5 control=3");
    var all = Json.parse(shell.done("experiment", "decisions", "dials", "--json"));
    assertThat(all.path("decisions")).hasSize(5);
    assertThat(Json.parse(shell.done("experiment", "list", "--json")).toString())
        .contains("\"name\":\"dials\"");
    assertThat(shell.done("experiment", "csv", "dials"))
        .startsWith("experiment,variant,control")
        .contains("\ndials,warm,false,,2,");
    shell.done("experiment", "stop", "dials");
  }

  @Test
  void aFileIsAppliedAsOftenAsOneLikes() throws IOException {
    file("kept.yaml", TWO_ARMS.formatted("kept", "resume-generation") + "state: running\n");

    for (var n = 0; n < 2; n++) {
      assertThat(shell.done("experiment", "apply", "--file", "kept.yaml"))
          .startsWith("kept on resume-generation: running, epoch 1\n");
    }

    assertThat(shell.done("experiment", "decisions", "kept").lines().filter(l -> l.startsWith("2")))
        .hasSize(2);
    var changed = TWO_ARMS.formatted("kept", "resume-generation") + "state: stopped\nalpha: 0.01\n";
    file("kept.yaml", changed);
    var refused = shell.run("experiment", "apply", "--file", "kept.yaml");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(refused.err()).contains("another alpha;");
    assertThat(shell.done("experiment", "stop", "kept", "--reason", "enough")).contains("stopped");
  }

  @Test
  void theSizeIsToldBeforeTheStartAndADraftCanBeForgotten() throws IOException {
    draft("plan", "interview-prep");

    var small = Json.parse(shell.done("experiment", "size", "plan", "--effect", "0.01"));
    var large =
        Json.parse(shell.done("experiment", "size", "plan", "--effect", "0.1", "--power", "0.9"));

    assertThat(small.path("users").asLong()).isGreaterThan(large.path("users").asLong());
    assertThat(large.path("power").asDouble()).isEqualTo(0.9);
    assertThat(large.path("variance_from").asText()).contains("no history");
    assertThat(shell.done("experiment", "delete", "plan")).isEqualToIgnoringNewLines("plan");
    assertThat(shell.done("experiment", "list")).doesNotContain("plan ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "1 | There is no experiment called 'nobody' | show nobody",
        "1 | There is no experiment called 'nobody' | start nobody",
        "1 | There is no experiment called 'nobody' | conclude nobody warm",
        "1 | There is no experiment called 'nobody' | weights nobody a=1",
        "1 | There is no experiment called 'nobody' | size nobody",
        "1 | There is no experiment called 'nobody' | decisions nobody",
        "1 | There is no experiment called 'nobody' | csv nobody",
        "1 | There is no experiment called 'nobody' | delete nobody",
        "1 | There is an experiment called 'errors' already | create --file errors.yaml",
        "1 | is draft and cannot be | pause errors",
        "1 | is draft and cannot be concluded | conclude errors warm",
        "1 | 'effect' must be | size errors --effect 3",
        "2 | is not a double | size errors --effect much",
        "2 | weights are given as VARIANT=WEIGHT | weights errors control",
        "2 | weights are given as VARIANT=WEIGHT | weights errors control=much",
        "2 | weights are given as VARIANT=WEIGHT | weights errors control=true",
        "2 | weights are given as VARIANT=WEIGHT | weights errors =1",
        "2 | weights are given as VARIANT=WEIGHT | weights errors",
        "2 | needs other words | show",
        "2 | needs other words | conclude errors",
        "2 | 'begin' is no verb of experiment | begin errors",
        "2 | with --file | create",
        "2 | absent.yaml cannot be read: there is no such file | create --file absent.yaml",
        "2 | broken.yaml: Line 3: $ is not YAML | create --file broken.yaml",
        "2 | empty.yaml: Line 1: $ is empty | create --file empty.yaml",
        "2 | latin.yaml cannot be read: it is not text in UTF-8 | create --file latin.yaml",
        "1 | 'varients' is not known here; did you mean `variants`? | create --file typo.yaml",
      })
  void whatCannotBeDoneIsSaidInASentence(int exitCode, String sentence, String line)
      throws IOException {
    file("errors.yaml", TWO_ARMS.formatted("errors", "resume-generation"));
    file("broken.yaml", "name: errors\nvariants: [\n");
    file("empty.yaml", "");
    file("typo.yaml", "name: typo\nfunction: cover-letter\nvarients: 3\n");
    Files.write(directory.resolve("latin.yaml"), new byte[] {'a', (byte) 0xe4});
    shell.run("experiment", "create", "--file", "errors.yaml");

    var run = shell.run(("experiment " + line).split(" "));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    assertThat(run.err()).containsIgnoringCase(sentence).startsWith("weir: ");
    assertThat(run.err()).doesNotContain("Exception", "?.");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void onlyAnAdminKeyOpensIt() throws IOException {
    file("mine.yaml", TWO_ARMS.formatted("mine", "cover-letter"));
    var create = new String[] {"experiment", "create", "--file", "mine.yaml"};

    var none = new Shell(directory).env("WEIR_URL", weir.managementUrl()).run(create);
    var callers = shell.env("WEIR_ADMIN_KEY", service).run(create);

    assertThat(none.err()).contains("There is no admin key. Set WEIR_ADMIN_KEY");
    assertThat(callers.err()).contains("admin");
    for (var run : java.util.List.of(none, callers)) {
      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(run.out()).isEmpty();
    }
    shell.env("WEIR_ADMIN_KEY", weir.key("WEIR_ADMIN_KEY"));
    assertThat(shell.done("experiment", "list")).doesNotContain("mine");
  }
}
