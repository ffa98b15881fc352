package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weir cache invalidate}. */
@Command(
    name = "invalidate",
    mixinStandardHelpOptions = true,
    description = {
      "Throws answers away, on every node within a second.",
      "An answer that is being asked for meanwhile is not kept."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir cache invalidate --function cover-letter",
      "  ./weir cache invalidate --function cover-letter --function-version 0a1b2c3d4e5f",
      "  ./weir cache invalidate --user ada"
    })
final class CacheInvalidateCommand implements Callable<Integer> {
  /** The service counts no further. */
  private static final int MOST = 10_000;

  @Mixin private final AdminDoor admin;

  @Option(names = "--function", paramLabel = "NAME", description = "A function's answers.")
  private @Nullable String function;

  @Option(
      names = "--function-version",
      paramLabel = "V",
      description = "With --function: those of this version alone.")
  private @Nullable String version;

  @Option(names = "--user", paramLabel = "USER", description = "A user's answers.")
  private @Nullable String user;

  @Option(names = "--key", paramLabel = "KEY", description = "One answer, by its 64 digits.")
  private @Nullable String key;

  @Option(names = "--all", description = "Every answer.")
  private boolean all;

  @Spec private CommandSpec spec = CommandSpec.create();

  CacheInvalidateCommand(World world) {
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    var body = Json.object();
    put(body, "function", function);
    put(body, "version", version);
    put(body, "user", user);
    put(body, "key", key);
    if (all) {
      body.put("all", true);
    }
    if (body.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "Say what: --function, --user, --key or --all.");
    }
    var done = admin.post("/api/cache/invalidate", body);
    spec.commandLine()
        .getOut()
        .println(
            "Invalidated "
                + done.path("invalidated").asText()
                + " "
                + done.path("id").asText()
                + hit(done.path("answers")));
    return ExitCode.OK;
  }

  /** How many kept answers it hit: a name that is written wrongly hits none. */
  private static String hit(JsonNode answers) {
    if (!answers.isNumber()) {
      return "";
    }
    return switch (answers.intValue()) {
      case 0 -> ": no kept answer was hit; is it the right name?";
      case 1 -> ": 1 kept answer was hit";
      case MOST -> ": " + MOST + " kept answers or more were hit";
      default -> ": " + answers.intValue() + " kept answers were hit";
    };
  }

  private static void put(
      com.fasterxml.jackson.databind.node.ObjectNode body, String name, @Nullable String value) {
    if (value != null) {
      body.put(name, value);
    }
  }
}
