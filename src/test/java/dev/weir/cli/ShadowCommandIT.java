package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.app.RunningWeir;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code weir shadow} and {@code weir content} against a running Weir, with calls through it. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShadowCommandIT {
  private static final String FUNCTION = "cover-letter";

  private TestDatabase database;
  private RunningWeir weir;
  private Path directory;
  private Shell shell;

  @BeforeAll
  void start(TestDatabase given, @TempDir Path anywhere) throws IOException {
    database = given;
    directory = anywhere;
    var functions = Files.createDirectory(anywhere.resolve("functions"));
    try (var files = Files.list(Path.of("conf", "functions"))) {
      for (var file : files.toList()) {
        Files.copy(file, functions.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        functions.resolve(FUNCTION + ".yaml"), "\nstore: {}\n", StandardOpenOption.APPEND);
    weir = RunningWeir.sandboxed(database, "WEIR_FUNCTIONS_DIR", functions.toString());
    shell = Shell.of(anywhere, weir);
    var service = shell.run("key", "create", "--role", "service", "--user", "shop", "--name", "s");
    shell.env("WEIR_KEY", service.out().strip());
  }

  @AfterAll
  void stop() {
    weir.close();
  }

  private String done(String... arguments) {
    var run = shell.run(arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    return run.out();
  }

  private void call(String user) {
    done("call", FUNCTION, "--example", "--user", user, "--url", weir.callsUrl());
  }

  @Test
  void aRunIsLedFromItsStartToItsEnd() throws IOException {
    Files.writeString(
        directory.resolve("invalid.yaml"),
        Files.readString(directory.resolve("functions").resolve(FUNCTION + ".yaml"))
            .replaceFirst("(?m)^model: .*$", "model: sandbox/invalid-schema"));
    var version = done("prompt", "add", FUNCTION, "--file", "invalid.yaml").strip();
    done("prompt", "label", FUNCTION, "candidate", version);

    var started = done("shadow", "start", "warmer", "--function", FUNCTION, "--share", "1");

    assertThat(started)
        .startsWith(
            "warmer: cover-letter also answered by "
                + version
                + ", share 1, running; 0.0000 of 10.00 USD of this month spent\n");
    call("ada");
    call("bob");
    Eventually.until(
        "both calls are paired",
        () -> done("shadow", "show", "warmer").contains("2 pairs of 2 users"));
    var shown = done("shadow", "show", "warmer");
    // This function says `store`.
    assertThat(shown).doesNotContain("not kept");
    assertThat(done("content", "list", "--run", "warmer"))
        .containsPattern("shadow +\\S+ +cover-letter +" + version + " +(ada|bob) +OUTPUT_INVALID");
    assertThat(shown).containsPattern("live +1\\.0000 ").containsPattern("candidate +0\\.0000 ");
    assertThat(shown).contains("is told of calls whose slowest copies have surely ended");
    database.execute("UPDATE shadow_pairs SET settled_at = now()");
    assertThat(done("shadow", "show", "warmer"))
        .containsPattern("candidate minus live: -1\\.0000 \\[.*the first calls of 2 users");
    assertThat(Json.parse(done("shadow", "show", "warmer", "--json")).path("pairs").asInt())
        .isEqualTo(2);
    assertThat(done("shadow", "list")).containsPattern("warmer +cover-letter +" + version);
    assertThat(done("shadow", "stop", "warmer")).contains("share 1, stopped;");
    assertThat(done("shadow", "delete", "warmer")).isEqualTo("warmer\n");
    assertThat(done("shadow", "list")).doesNotContain("warmer");
  }

  @Test
  void aRunWhoseAnswersAreNotKeptSaysSo() {
    var started =
        done("shadow", "start", "quiet", "--function", "job-analysis", "--candidate", "production");

    assertThat(started).contains("not kept: the function's file does not say 'store'");
    done("shadow", "stop", "quiet");
  }

  @Test
  void contentsAreListedShownExportedCorrectedAndDeleted() throws IOException {
    call("cleo");
    Eventually.until(
        "it is stored", () -> done("content", "list", "--user", "cleo").lines().count() == 2);

    var id = done("content", "list", "--user", "cleo").lines().toList().get(1).split(" ")[0];
    assertThat(Json.parse(done("content", "show", id)).path("input"))
        .isEqualTo(weir.exampleOf(FUNCTION));
    Files.writeString(directory.resolve("right.json"), "{\"letter\": \"Dear Sir\"}");
    done("content", "expect", id, "--file", "right.json");
    var export = shell.run("content", "export", "--user", "cleo");
    assertThat(export.exitCode()).isZero();
    assertThat(export.err()).isEqualTo("1 written\n");
    var exported = Json.parse(export.out());
    assertThat(exported.path("user").asText()).isEqualTo("cleo");
    assertThat(exported.path("input")).isEqualTo(weir.exampleOf(FUNCTION));
    assertThat(exported.path("output").isObject()).isTrue();
    assertThat(exported.at("/expected/letter").asText()).isEqualTo("Dear Sir");
    done("content", "expect", id, "--file", "none");
    assertThat(Json.parse(done("content", "show", id)).has("expected")).isFalse();
    assertThat(done("content", "delete", "--user", "cleo")).isEqualTo("1 deleted\n");
    assertThat(done("content", "list", "--user", "cleo").lines()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "shadow show, Say which run",
    "shadow show nobody, There is no shadow run of this name",
    "shadow start x, Say whose calls with --function",
    "shadow start x --function nope, There is no function called",
    "shadow start x --function cover-letter --share 2, must be a number above 0",
    "shadow dance, is no verb of shadow",
    "content show, Say which content",
    "content show 1, An id is a UUID",
    "content delete, Say which: an ID",
    "content list --kind odd, must be call",
    "content list --run nobody, There is no shadow run or evaluation of this name or id",
    "content export --run nobody, There is no shadow run or evaluation of this name or id",
    "content list --run nobody --kind evaluation, There is no evaluation of this name or id",
    "content list --run 01a22af9-5600-779c-bc12-5dbe58993919, There is no shadow run or evaluation",
    "content dance, is no verb of content",
  })
  void whatIsWrongIsTold(String line, String says) {
    var run = shell.run(line.split(" "));

    assertThat(run.exitCode()).isNotZero();
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(says);
  }
}
