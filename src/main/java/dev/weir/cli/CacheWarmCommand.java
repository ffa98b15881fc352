package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir cache warm FILE}. */
@Command(
    name = "warm",
    mixinStandardHelpOptions = true,
    description = {
      "Fills the cache from a file: one JSON object a line, {\"function\": .., \"input\": {..},"
          + " \"user\": ..}.",
      "The user is whose answer it will be; a function whose cache is shared needs none. What is"
          + " kept already is not asked for again. The calls go on the account of the user"
          + " weir-warm-up."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir cache warm inputs.jsonl",
      "  ./weir cache warm inputs.jsonl --max-usd 2.50"
    })
final class CacheWarmCommand implements Callable<Integer> {
  private final World world;

  @Mixin private final AdminDoor admin;

  @Parameters(index = "0", paramLabel = "FILE", description = "The inputs.")
  private Path file = Path.of("");

  @Option(names = "--max-usd", paramLabel = "USD", description = "Stops when it has cost so much.")
  private @Nullable BigDecimal most;

  @Spec private CommandSpec spec = CommandSpec.create();

  CacheWarmCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    var lines = LinesFile.read(world, file);
    var bar = new ProgressBar(world, spec.commandLine().getErr(), lines.size());
    var counts = new TreeMap<String, Integer>();
    var cost = BigDecimal.ZERO;
    var done = 0;
    try (var door = admin.open()) {
      for (var line : lines) {
        if (most != null && cost.compareTo(most) >= 0) {
          break;
        }
        var went = one(door, line);
        counts.merge(went.path("cache").asText("failed"), 1, Integer::sum);
        cost = cost.add(went.path("cost_usd").decimalValue());
        bar.show(++done);
      }
    }
    spec.commandLine()
        .getOut()
        .println(
            done
                + " of "
                + lines.size()
                + " inputs: "
                + counts.getOrDefault("miss", 0)
                + " asked for, "
                + (counts.getOrDefault("hit", 0) + counts.getOrDefault("coalesced", 0))
                + " kept already, "
                + counts.getOrDefault("failed", 0)
                + " failed; "
                + cost.stripTrailingZeros().toPlainString()
                + " USD");
    return counts.containsKey("failed") ? ExitCode.FAILED : ExitCode.OK;
  }

  /** An input that fails is told, and the others go on; a key that is refused ends it. */
  private JsonNode one(HttpDoor door, LinesFile.Line line) {
    var reply = door.ask("POST", "/api/cache/warm", Optional.of(line.json()), Map.of());
    if (reply.ok()) {
      return reply.json();
    }
    if (reply.status() == 401 || reply.status() == 403) {
      throw HttpDoor.refused(reply);
    }
    spec.commandLine()
        .getErr()
        .println("line " + line.number() + ": " + reply.json().path("detail").asText());
    // One that failed may have cost something all the same.
    return Json.object()
        .put("cost_usd", new BigDecimal(reply.json().at("/details/cost_usd").asText("0")));
  }
}
