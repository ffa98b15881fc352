package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir quota show|set}: the limits of a user, a key or a team. */
@Command(
    name = "quota",
    mixinStandardHelpOptions = true,
    description = {
      "Shows or sets the limits of a user, a key or a team.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir quota show user/ada",
      "  ./weir quota set user/ada --tier pro",
      "  ./weir quota set team/growth usd_per_month=200 calls_per_day=none"
    })
final class QuotaCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "show|set", description = "What to do.")
  private String verb = "show";

  @Parameters(index = "1", paramLabel = "SUBJECT", description = "user/ID, key/UUID or team/ID.")
  private String subject = "";

  @Parameters(
      index = "2..*",
      arity = "0..*",
      paramLabel = "LIMIT=AMOUNT",
      description =
          "calls_per_minute, calls_per_day, calls_per_month, tokens_per_minute, usd_per_month or"
              + " concurrent_calls; 'none' takes the subject's own limit away.")
  private Map<String, String> limits = new LinkedHashMap<>();

  @Option(names = "--tier", paramLabel = "TIER", description = "Moves a user to this tier.")
  private @Nullable String tier;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  QuotaCommand(World world) {
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    var slash = subject.indexOf('/');
    if (slash < 1 || !(verb.equals("show") || verb.equals("set"))) {
      throw new CommandFailure(
          ExitCode.USAGE, "Say 'quota show user/ID' or 'quota set user/ID LIMIT=AMOUNT'.");
    }
    var path =
        "/api/limits/"
            + subject.substring(0, slash)
            + "/"
            + HttpDoor.part(subject.substring(slash + 1));
    var limitsNow = verb.equals("show") ? admin.get(path) : admin.put(path, change());
    spec.commandLine().getOut().println(KeyPrinter.pretty(limitsNow));
    return ExitCode.OK;
  }

  private JsonNode change() {
    var body = Json.object();
    if (tier != null) {
      body.put("tier", tier);
    }
    var changes = body.putObject("limits");
    limits.forEach(
        (name, amount) -> {
          if (amount.equals("none")) {
            changes.putNull(name);
          } else {
            changes.set(name, Json.parse(amount));
          }
        });
    return body;
  }
}
