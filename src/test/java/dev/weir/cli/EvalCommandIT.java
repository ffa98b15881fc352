package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.app.RunningWeir;
import dev.weir.core.Json;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir eval} against a running Weir. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EvalCommandIT {
  private RunningWeir weir;
  private Path directory;
  private Shell shell;

  @BeforeAll
  void start(TestDatabase database, @TempDir Path functions) throws IOException {
    Files.writeString(
        functions.resolve("quiz.yaml"),
        """
        name: quiz
        description: says what it is asked
        model: sandbox/echo
        prompt:
          user: '{"answer": "{{question}}"}'
        input:
          type: object
          required: [question]
          properties:
            question: {type: string}
        output:
          type: object
          additionalProperties: false
          required: [answer]
          properties:
            answer: {type: string}
        example: {question: why}
        """);
    Files.writeString(
        functions.resolve("mute.yaml"),
        """
        name: mute
        description: a judge that never gives a score
        model: sandbox/echo
        prompt:
          user: '{"score": "I cannot say"}'
        input:
          type: object
          required: [input, answer]
          properties:
            input: {type: string}
            answer: {type: string}
        output:
          type: object
          additionalProperties: false
          required: [score]
          properties:
            score: {type: number, minimum: 0, maximum: 1}
        repair: {second_ask: false}
        example: {input: a, answer: b}
        """);
    weir = RunningWeir.sandboxed(database, "WEIR_FUNCTIONS_DIR", functions.toString());
  }

  @AfterAll
  void stop() {
    weir.close();
  }

  @BeforeEach
  void shell(@TempDir Path given) {
    directory = given;
    shell =
        new Shell(given)
            .env("WEIR_URL", weir.managementUrl())
            .env("WEIR_ADMIN_KEY", weir.key("WEIR_ADMIN_KEY"));
  }

  /** Cases whose stored answers are all wrong, while the version that is served knows them. */
  private void cases(int many) throws IOException {
    var lines = new ArrayList<String>();
    for (var i = 0; i < many; i++) {
      var line = Json.object().put("user", "user-" + i);
      line.putObject("input").put("question", "question " + i);
      line.putObject("expected").put("answer", "question " + i);
      line.putObject("output").put("answer", "I do not know");
      lines.add(line.toString());
      lines.add("");
    }
    Files.write(directory.resolve("cases.jsonl"), lines);
  }

  private Shell.Run eval(String... more) {
    var words = new ArrayList<String>(List.of("eval", "quiz", "--candidate", "production"));
    words.addAll(List.of(more));
    return shell.run(words.toArray(String[]::new));
  }

  @Test
  void aFileIsReplayedWithABarAndTheTableSaysWhatMayBeSaid() throws IOException {
    cases(30);
    shell.onATerminal();

    var run =
        eval("--file", "cases.jsonl", "--scorer", "exact", "--scorer", "schema", "--name", "first");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("./weir eval show first")
        .contains("[##############################] 30 of 30");
    assertThat(run.out()).contains("first on quiz: done after 30 of 30 items");
    assertThat(run.out()).contains("baseline the answers that were there");
    assertThat(run.out())
        .containsPattern(
            "exact +30 +30 +0\\.0000 +1\\.0000 +1\\.0000 \\[0\\.\\d+, 1\\.0+\\] .*better");
    assertThat(run.out())
        .containsPattern("schema +30 +30 +1\\.0000 +1\\.0000 .*no difference found");
    assertThat(run.out()).contains("The same value: 0 of 30").contains("95 % (each 97.5 %)");
    assertThat(shell.run("eval", "show", "first").out()).isEqualTo(run.out());
    var watched = shell.run("eval", "watch", "first");
    assertThat(watched.out()).isEqualTo(run.out());
    assertThat(watched.exitCode()).isZero();
    assertThat(shell.run("eval").out()).containsPattern("first +quiz +done +30/30 +0 ");
  }

  @Test
  void jsonHoldsTheWholeReport() throws IOException {
    cases(4);

    var run = eval("--file", "cases.jsonl", "--scorer", "exact", "--limit", "3", "--json");

    assertThat(run.exitCode()).as(run.err()).isZero();
    var json = Json.parse(run.out());
    assertThat(json.path("items").asInt()).isEqualTo(3);
    assertThat(json.at("/report/scorers/0/candidate_mean").doubleValue()).isEqualTo(1);
    var stopped = shell.run("eval", "stop", json.path("name").asText(), "--json");
    assertThat(Json.parse(stopped.out()).path("status").asText()).isEqualTo("done");
  }

  @Test
  void whatIsWrongIsToldByLineAndNothingBegins() throws IOException {
    Files.writeString(
        directory.resolve("cases.jsonl"),
        """
        {"input": {"question": "fine"}}

        {"input": {"question": 5}}
        {"input": {}}
        """);

    var run = eval("--file", "cases.jsonl");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .contains("2 of 3 inputs")
        .contains("line 3: $.question")
        .contains("line 4");
    Files.writeString(directory.resolve("cases.jsonl"), "{\"input\": {}}\n{\"input\": \n");
    assertThat(eval("--file", "cases.jsonl").err()).contains("Line 2 is no JSON object");
    Files.writeString(directory.resolve("cases.jsonl"), "\n");
    assertThat(eval("--file", "cases.jsonl").exitCode()).isEqualTo(ExitCode.USAGE);
    Files.writeString(directory.resolve("cases.jsonl"), "{\"input\": {\"question\": \"fine\"}}\n");
    assertThat(eval("--file", "cases.jsonl", "--limit", "0").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(eval("--scorer", "taste").err()).contains("A scorer is schema");
    assertThat(eval().err()).contains("There are no stored contents to replay");
    assertThat(shell.run("eval", "quiz").err()).contains("no label 'candidate'");
    assertThat(shell.run("eval", "show").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(shell.run("eval", "watch", "nobody").exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(shell.run("eval", "show", "nobody").exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(shell.run("eval", "shwo", "x").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aPipelineMayFailWhereTheCandidateIsWorse() throws IOException {
    var lines = new ArrayList<String>();
    for (var i = 0; i < 30; i++) {
      var line = Json.object();
      line.putObject("input").put("question", "question " + i);
      line.putObject("expected").put("answer", "answer " + i);
      line.putObject("output").put("answer", "answer " + i);
      lines.add(line.toString());
    }
    Files.write(directory.resolve("cases.jsonl"), lines);

    assertThat(eval("--file", "cases.jsonl", "--scorer", "exact").exitCode()).isZero();
    var gate = eval("--file", "cases.jsonl", "--scorer", "exact", "--fail-if-worse");
    assertThat(gate.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(gate.out()).contains("worse");
    assertThat(eval("--file", "cases.jsonl", "--fail-if-worse").exitCode()).isZero();
  }

  @Test
  void aPipelineFailsWhereNothingWasFoundAtAll() throws IOException {
    cases(30);
    var judged =
        eval(
            "--file",
            "cases.jsonl",
            "--scorer",
            "schema",
            "--scorer",
            "judge:mute",
            "--fail-if-worse");

    assertThat(judged.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(judged.err()).contains("--fail-if-worse: judge:mute: too much missing.");
    assertThat(judged.out())
        .containsPattern("judge:mute +0 +0 .*too much missing")
        .contains("30 items lack a score")
        .contains("of the baseline 30, of the candidate 30")
        .contains("nothing can be found");
    var lines = new ArrayList<String>();
    for (var i = 0; i < 3; i++) {
      lines.add("{\"input\": {\"question\": \"nobody knows\"}}");
    }
    Files.write(directory.resolve("cases.jsonl"), lines);
    var none = eval("--file", "cases.jsonl", "--scorer", "exact", "--fail-if-worse");
    assertThat(none.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(none.err()).contains("--fail-if-worse: exact: no finding.");
    assertThat(eval("--file", "cases.jsonl", "--scorer", "exact").exitCode()).isZero();
  }
}
