package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.app.RunningWeir;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir cache} against a running Weir. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheCommandIT {
  private RunningWeir weir;
  private TestDatabase database;
  private Path directory;
  private Shell shell;

  @BeforeAll
  void start(TestDatabase given) {
    database = given;
    weir = RunningWeir.sandboxed(given, "WEIR_CACHE_MODE", "on", "WEIR_CACHE_PATIENCE", "5s");
  }

  @AfterAll
  void stop() {
    weir.close();
  }

  @BeforeEach
  void shell(@TempDir Path given) {
    directory = given;
    shell = Shell.of(given, weir);
  }

  private void file(String name, String... lines) throws IOException {
    Files.write(directory.resolve(name), java.util.List.of(lines));
  }

  private static String line(String topic) {
    var line = Json.object().put("function", "linkedin-post").put("user", "ada");
    line.putObject("input").put("topic", topic);
    return line.toString();
  }

  /** Answers are stored after their calls have ended. */
  private void awaitKept(int answers) {
    Eventually.until(
        answers + " are kept",
        () -> database.count("SELECT count(*) FROM response_cache") == answers);
  }

  @Test
  void aFileWarmsTheCacheWithABarAndStatsShowWhatWasSaved() throws IOException {
    var example = weir.exampleOf("linkedin-post");
    var line = Json.object().put("function", "linkedin-post").put("user", "ada");
    line.set("input", example);
    file("inputs.jsonl", line.toString());
    file("more.jsonl", line.toString(), "", line("another topic"));

    var first = shell.run("cache", "warm", "inputs.jsonl");
    assertThat(first.out()).contains("1 of 1 inputs: 1 asked for, 0 kept already, 0 failed");
    awaitKept(1);
    var second = shell.onATerminal().run("cache", "warm", "more.jsonl");

    assertThat(second.exitCode()).as(second.err()).isZero();
    assertThat(second.err()).contains("[##############################] 2 of 2");
    assertThat(second.out()).contains("2 of 2 inputs: 1 asked for, 1 kept already, 0 failed");
    awaitKept(2);
    Eventually.until(
        "the figures are written",
        () -> database.count("SELECT coalesce(sum(hits + misses), 0) FROM cache_savings") == 3);
    var stats = shell.run("cache", "stats");
    assertThat(stats.out()).containsPattern("linkedin-post +3 +1 +0 +2 +33.3 %");
    assertThat(stats.out()).contains("kept: 2 answers");
    assertThat(Json.parse(shell.run("cache", "stats", "--json").out()).at("/total/hits").asInt())
        .isEqualTo(1);

    assertThat(invalidate("--function", "linkedin-pots"))
        .contains("Invalidated function linkedin-pots: no kept answer was hit; is it the right");
    var key = database.value("SELECT max(cache_key) FROM response_cache").toString();
    var version = database.value("SELECT max(function_version) FROM response_cache").toString();
    assertThat(invalidate("--function", "linkedin-post", "--function-version", "000000000000"))
        .contains("Invalidated version linkedin-post:000000000000: no kept answer was hit");
    assertThat(invalidate("--key", key)).contains(key + ": 1 kept answer was hit");
    assertThat(invalidate("--function", "linkedin-post", "--function-version", version))
        .contains("Invalidated version linkedin-post:" + version + ": 1 kept answer was hit");
    assertThat(invalidate("--user", "ada")).contains("Invalidated user ada: no kept answer");
    assertThat(shell.run("cache", "stats").out()).contains("kept: 0 answers");
  }

  private String invalidate(String... what) {
    return shell
        .run(
            Stream.concat(Stream.of("cache", "invalidate"), Stream.of(what)).toArray(String[]::new))
        .out();
  }

  @Test
  void aLineThatFailsIsToldAndTheOthersGoOn() throws IOException {
    file("inputs.jsonl", line("no such member").replace("linkedin-post", "no-such-function"));

    var run = shell.run("cache", "warm", "inputs.jsonl");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("line 1: There is no function of this name");
    file("broken.jsonl", "{\"function\": ");
    assertThat(shell.run("cache", "warm", "broken.jsonl").err()).contains("Line 1");
    assertThat(shell.run("cache", "invalidate").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void tuningShowsFalseHitsForEachThreshold() throws IOException {
    file(
        "pairs.jsonl",
        pair("how weirs work", "how do weirs work", true),
        pair("how weirs work", "how weirs are working", true),
        pair("how weirs work", "how weirs fail", false),
        pair("how weirs work", "a recipe for bread", false));

    var run = shell.run("cache", "tune", "pairs.jsonl");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("4 pairs, 2 of them the same");
    assertThat(run.out()).containsPattern("0\\.50 +[1-4] +[0-2] ");
    assertThat(run.out()).containsPattern("1\\.00 +0 +0 ");
  }

  private static String pair(String a, String b, boolean same) {
    var pair = Json.object().put("function", "linkedin-post").put("same", same);
    pair.putObject("a").put("topic", a);
    pair.putObject("b").put("topic", b);
    return pair.toString();
  }
}
