package dev.weir.cli;

import dev.weir.core.AIError;
import dev.weir.core.Nearest;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code weir}: the command that holds all others. */
@Command(
    name = "weir",
    mixinStandardHelpOptions = true,
    versionProvider = WeirCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "A reactive AI gateway and AI-function runtime.",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  WEIR_MODE=dev ./weir serve",
      "  ./weir call cover-letter --example",
      "  ./weir key create --role user --user ada --name \"Ada's laptop\"",
      "",
      "Where Weir is: WEIR_URL (http://127.0.0.1:8081). Keys: WEIR_KEY for calls, WEIR_ADMIN_KEY",
      "for the rest; in dev mode both come from data/dev-keys by themselves."
    })
public final class WeirCommand implements Callable<Integer> {
  private static final int WIDTH = 100;

  @Spec private CommandSpec spec = CommandSpec.create();

  private WeirCommand() {}

  /**
   * Runs a command line of this process, and blocks until it is done.
   *
   * @param actions what takes the whole house
   * @param arguments the arguments, as {@code main} got them
   * @return the process's exit code, see {@link ExitCode}
   */
  public static int run(Actions actions, String... arguments) {
    return line(actions, World.ofProcess()).execute(arguments);
  }

  static CommandLine line(Actions actions, World world) {
    var line =
        new CommandLine(new WeirCommand())
            .addSubcommand(new ServeCommand(actions))
            .addSubcommand(new CheckCommand(actions))
            .addSubcommand(new MigrateCommand(actions))
            .addSubcommand(keys(world))
            .addSubcommand(new QuotaCommand(world))
            .addSubcommand(usage(world))
            .addSubcommand(new CallCommand(world))
            .addSubcommand(new PromptCommand(world))
            .addSubcommand(new ExperimentCommand(world))
            .addSubcommand(new EvalCommand(world))
            .addSubcommand(new ShadowCommand(world))
            .addSubcommand(new ContentCommand(world))
            .addSubcommand(new ForecastCommand(world))
            .addSubcommand(cache(world));
    actions.more().forEach(line::addSubcommand);
    line.addSubcommand(new CommandLine.HelpCommand());
    tellVersion(line);
    return line.setExecutionStrategy(WeirCommand::execute)
        .setExecutionExceptionHandler(WeirCommand::failed)
        .setParameterExceptionHandler(WeirCommand::misused)
        .setUsageHelpWidth(WIDTH)
        .setUsageHelpAutoWidth(true)
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  /** Help keeps its colours; what a command prints is text. */
  private static int execute(ParseResult parsed) {
    var helped = CommandLine.executeHelpRequest(parsed);
    if (helped != null) {
      return helped;
    }
    var line = parsed.commandSpec().commandLine();
    line.setOut(SafeWriter.ofResults(line.getOut()));
    line.setErr(SafeWriter.ofWords(line.getErr()));
    return new CommandLine.RunLast().execute(parsed);
  }

  /** Room for commands about usage beside the look at it. */
  private static CommandLine usage(World world) {
    return new CommandLine(new UsageCommand(world)).addSubcommand(new RepriceCommand(world));
  }

  private static CommandLine cache(World world) {
    return new CommandLine(new CacheCommand())
        .addSubcommand(new CacheStatsCommand(world))
        .addSubcommand(new CacheInvalidateCommand(world))
        .addSubcommand(new CacheWarmCommand(world))
        .addSubcommand(new CacheTuneCommand(world));
  }

  private static CommandLine keys(World world) {
    return new CommandLine(new KeyCommand())
        .addSubcommand(new KeyCreateCommand(world))
        .addSubcommand(new KeyListCommand(world))
        .addSubcommand(new KeyRotateCommand(world))
        .addSubcommand(new KeyRevokeCommand(world))
        .addSubcommand(new KeyGenerateCommand());
  }

  /** Lets every command answer {@code --version}. */
  private static void tellVersion(CommandLine line) {
    line.getCommandSpec().versionProvider(new Version());
    line.getSubcommands().values().forEach(WeirCommand::tellVersion);
  }

  /** No command was given: shows which there are. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitCode.USAGE;
  }

  /** A sentence instead of a stack trace, for everything that is not a fault of Weir's. */
  private static int failed(Exception e, CommandLine line, ParseResult parsed) throws Exception {
    var code =
        switch (e) {
          case CommandFailure failure -> failure.exitCode();
          case HttpDoor.Unreachable _ -> ExitCode.UNREACHABLE;
          case AIError error -> error.code().retryable() ? ExitCode.TRY_LATER : ExitCode.FAILED;
          case java.io.UncheckedIOException _ -> ExitCode.FAILED;
          // Weir's own exceptions are written for people; any other is a fault, and wants its
          // trace.
          case RuntimeException _ when e.getClass().getName().startsWith("dev.weir.") ->
              ExitCode.FAILED;
          default -> throw e;
        };
    say(line, Optional.ofNullable(e.getMessage()).orElse(e.toString()));
    return code;
  }

  private static int misused(CommandLine.ParameterException e, String[] arguments) {
    var line = e.getCommandLine();
    say(line, Optional.ofNullable(e.getMessage()).orElse("the command line is wrong"));
    if (!suggested(e, line)) {
      CommandLine.UnmatchedArgumentException.printSuggestions(e, line.getErr());
    }
    line.getErr().println("Help: " + line.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }

  /** Of a mistyped command, the nearest by letters: picocli's own measure ignores their order. */
  private static boolean suggested(CommandLine.ParameterException e, CommandLine line) {
    if (!(e instanceof CommandLine.UnmatchedArgumentException unmatched)
        || unmatched.isUnknownOption()) {
      return false;
    }
    var nearest =
        Nearest.of(unmatched.getUnmatched().getFirst(), line.getSubcommands().keySet(), 3);
    if (!nearest.isEmpty()) {
      line.getErr().println("Did you mean: " + String.join(" or ", nearest) + "?");
    }
    return !nearest.isEmpty();
  }

  private static void say(CommandLine line, String message) {
    line.getErr().println("weir: " + message);
    line.getErr().flush();
  }

  /** The version of the jar that runs. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      var version = Optional.ofNullable(WeirCommand.class.getPackage().getImplementationVersion());
      return new String[] {
        "weir " + version.orElse("(built from source)"),
        "Java " + Runtime.version() + ", " + System.getProperty("os.name")
      };
    }
  }
}
