package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.gateway.Principal.Role;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class WeirCommandTest {
  private static final String NOWHERE = "http://127.0.0.1:1";

  @TempDir Path directory;
  private Shell shell;

  @BeforeEach
  void open() {
    shell = new Shell(directory);
  }

  private static String someKey(Role role) {
    return dev.weir.access.ApiKey.generate(role).reveal();
  }

  private static void gather(CommandLine line, List<String> path, List<List<String>> all) {
    all.add(path);
    line.getSubcommands()
        .forEach(
            (name, sub) -> {
              var longer = new ArrayList<>(path);
              longer.add(name);
              gather(sub, longer, all);
            });
  }

  @Test
  void everyCommandHasHelpWithExamples() {
    var commands = new ArrayList<List<String>>();
    gather(
        WeirCommand.line(
            new Actions(
                () -> 0, () -> new CheckReport(List.of(), List.of(), ""), () -> 0, List.of()),
            World.ofProcess()),
        List.of(),
        commands);
    commands.remove(List.of("help"));

    for (var command : commands) {
      var arguments = new ArrayList<>(command);
      arguments.add("--help");

      var run = shell.run(arguments.toArray(String[]::new));

      assertThat(run.exitCode()).as("%s", command).isZero();
      assertThat(run.out()).as("%s", command).contains("Usage: weir").contains("Examples:");
    }
    assertThat(commands).hasSizeGreaterThanOrEqualTo(11);
  }

  @Test
  void theVersionNamesWeirAndJava() {
    assertThat(shell.run("--version").out()).startsWith("weir ").contains("Java ");
  }

  @Test
  void everyCommandKnowsItsVersion() {
    assertThat(shell.run("key", "list", "--version").out()).startsWith("weir ");
  }

  @Test
  void withoutACommandItShowsWhichThereAre() {
    for (var run : List.of(shell.run(), shell.run("key"))) {
      assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).contains("Usage: weir").contains("Commands:");
    }
  }

  @Test
  void aMistypedCommandIsCorrected() {
    var run = shell.run("chekc");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("check").contains("weir --help");
  }

  @Test
  void serveEndsAsTheServiceDoes() {
    var run =
        shell
            .with(
                new Actions(
                    () -> 143, () -> new CheckReport(List.of(), List.of(), ""), () -> 0, List.of()))
            .run("serve");

    assertThat(run.exitCode()).isEqualTo(143);
  }

  @Test
  void checkNamesEveryFaultOnALineOfItsOwn() {
    var report =
        new CheckReport(
            List.of(
                "conf/weir.yaml:3: http.listen: must be host:port",
                "conf/functions/a.yaml:9: $.x: y"),
            List.of("Dev mode listens on 0.0.0.0"),
            "5 functions");

    var run = shell.with(new Actions(() -> 0, () -> report, () -> 0, List.of())).run("check");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .containsExactly(
            "warning: Dev mode listens on 0.0.0.0",
            "conf/weir.yaml:3: http.listen: must be host:port",
            "conf/functions/a.yaml:9: $.x: y",
            "2 faults.");
  }

  @Test
  void checkIsBriefWhereAllIsWell() {
    var report = new CheckReport(List.of(), List.of(), "5 functions, 12 prices");

    var run = shell.with(new Actions(() -> 0, () -> report, () -> 0, List.of())).run("check");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualToIgnoringNewLines("OK: 5 functions, 12 prices");
  }

  @Test
  void migrateCounts() {
    var report = new CheckReport(List.of(), List.of(), "");

    assertThat(
            shell.with(new Actions(() -> 0, () -> report, () -> 9, List.of())).run("migrate").out())
        .isEqualToIgnoringNewLines("Applied 9 migrations.");
    assertThat(
            shell.with(new Actions(() -> 0, () -> report, () -> 0, List.of())).run("migrate").out())
        .isEqualToIgnoringNewLines("The schema is up to date.");
  }

  @Test
  void aFailedActionIsASentence() {
    var report = new CheckReport(List.of(), List.of(), "");
    var actions =
        new Actions(
            () -> 0,
            () -> report,
            () -> {
              throw new dev.weir.storage.StorageException("The database db cannot be migrated: no");
            },
            List.of());

    var run = shell.with(actions).run("migrate");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).isEqualToIgnoringNewLines("weir: The database db cannot be migrated: no");
  }

  @Test
  void furtherCommandsAreTakenIn() {
    @CommandLine.Command(name = "sing", footerHeading = "Examples:")
    class Sing implements Runnable {
      @Override
      public void run() {}
    }

    var run =
        shell
            .with(
                new Actions(
                    () -> 0,
                    () -> new CheckReport(List.of(), List.of(), ""),
                    () -> 0,
                    List.of(new Sing())))
            .run("sing");

    assertThat(run.exitCode()).isZero();
  }

  @Test
  void whereNothingListensItSaysHowToStart() {
    var call =
        shell
            .env("WEIR_KEY", someKey(Role.USER))
            .run("call", "cover-letter", "--input", "{}", "--url", NOWHERE);
    var list =
        shell.env("WEIR_ADMIN_KEY", someKey(Role.ADMIN)).run("key", "list", "--url", NOWHERE);

    for (var run : List.of(call, list)) {
      assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
      assertThat(run.err()).contains("Nothing answers at").contains("weir serve");
    }
  }

  @Test
  void withoutAnyKeyItSaysWhereOneComesFrom() {
    assertThat(shell.run("call", "cover-letter", "--input", "{}").err())
        .contains("There is no key")
        .contains("WEIR_KEY");
    assertThat(shell.run("key", "list").err())
        .contains("There is no admin key and no database")
        .contains("WEIR_DATABASE_URL");
  }

  @Test
  void aKeyNeedsItsUser() {
    var run = shell.run("key", "create", "--role", "service");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("needs --user");
  }

  @Test
  void aGeneratedKeyIsAloneOnTheStandardOutput() {
    var run = shell.run("key", "generate");

    assertThat(run.out().strip()).matches("weir_a_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void aCallNeedsItsInputOnce() {
    shell.env("WEIR_KEY", someKey(Role.USER));

    assertThat(shell.run("call", "f").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(shell.run("call", "f", "--example", "--input", "{}").exitCode())
        .isEqualTo(ExitCode.USAGE);
    assertThat(shell.run("call", "f", "--input", "{not json").err()).contains("no JSON");
    assertThat(shell.run("call", "f", "--input", "@nowhere.json").err()).contains("cannot be read");
  }
}
