package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.app.RunningWeir;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A terminal for a test: types a command line, and keeps what it printed. */
final class Shell {
  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private Actions actions =
      new Actions(
          () -> 0, () -> new CheckReport(List.of(), List.of(), "nothing"), () -> 0, List.of());
  private String input = "";
  private boolean terminal;

  Shell(Path directory) {
    this.directory = directory;
    environment.put("WEIR_DATA_DIR", directory.resolve("data").toString());
  }

  /** A terminal of somebody who administers a Weir. */
  static Shell of(Path directory, RunningWeir weir) {
    return of(directory, weir.managementUrl(), weir.key("WEIR_ADMIN_KEY"));
  }

  /** The same, of a management API alone. */
  static Shell of(Path directory, String managementUrl, String adminKey) {
    return new Shell(directory).env("WEIR_URL", managementUrl).env("WEIR_ADMIN_KEY", adminKey);
  }

  /** What a command did. */
  record Run(int exitCode, String out, String err) {}

  Shell env(String name, String value) {
    environment.put(name, value);
    return this;
  }

  Shell with(Actions other) {
    actions = other;
    return this;
  }

  Shell typing(String text) {
    input = text;
    return this;
  }

  Shell onATerminal() {
    terminal = true;
    return this;
  }

  /** What a command prints that does what it should, without a word on the standard error. */
  String done(String... arguments) {
    var run = run(arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    return run.out();
  }

  Run run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var world =
        new World(
            environment,
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            directory,
            terminal);
    var code =
        WeirCommand.line(actions, world)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Run(code, out.toString(), err.toString());
  }
}
