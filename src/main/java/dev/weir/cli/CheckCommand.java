package dev.weir.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code weir check}. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Reads and judges settings, functions and prices as a start would, and starts nothing.",
      "Names every fault with file and line, one a line, on the standard error. Exit code: 0 if it"
          + " would start, else 1."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir check",
      "  WEIR_MODE=prod WEIR_FUNCTIONS_DIR=conf/functions ./weir check && git push"
    })
final class CheckCommand implements Callable<Integer> {
  private final Actions actions;

  @Spec private CommandSpec spec = CommandSpec.create();

  CheckCommand(Actions actions) {
    this.actions = actions;
  }

  @Override
  public Integer call() {
    var report = actions.check().get();
    var err = spec.commandLine().getErr();
    report.warnings().forEach(warning -> err.println("warning: " + warning));
    report.faults().forEach(err::println);
    if (report.faults().isEmpty()) {
      spec.commandLine().getOut().println("OK: " + report.summary());
      return ExitCode.OK;
    }
    var count = report.faults().size();
    err.println(count == 1 ? "1 fault." : count + " faults.");
    return ExitCode.FAILED;
  }
}
