package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weir key list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Lists the keys, newest first. It shows their public beginnings, never a key.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir key list",
      "  ./weir key list --limit 1000 --json | jq '.keys[] | select(.status == \"active\")'"
    })
final class KeyListCommand implements Callable<Integer> {
  private static final int PAGE = 200;
  private static final int MOST = 100_000;

  @Option(names = "--limit", paramLabel = "N", description = "How many at most. Default: 50.")
  private int limit = 50;

  @Option(names = "--after", paramLabel = "ID", description = "Goes on after this key.")
  private @Nullable String after;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Mixin private final KeyAccess access;

  @Spec private CommandSpec spec = CommandSpec.create();

  KeyListCommand(World world) {
    this.access = new KeyAccess(world);
  }

  private record Listing(List<JsonNode> keys, Optional<String> next) {}

  @Override
  public Integer call() {
    if (limit < 1 || limit > MOST) {
      throw new ParameterException(
          spec.commandLine(), "--limit must lie between 1 and " + MOST + ".");
    }
    var listing = access.with(this::gather);
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(json(listing)));
    } else {
      KeyPrinter.table(listing.keys(), out);
      listing
          .next()
          .ifPresent(id -> spec.commandLine().getErr().println("There are more: --after " + id));
    }
    return ExitCode.OK;
  }

  private Listing gather(Keys keys) {
    var all = new ArrayList<JsonNode>();
    var next = Optional.ofNullable(after);
    do {
      var page = keys.list(Math.min(PAGE, limit - all.size()), next);
      page.path("keys").forEach(all::add);
      next =
          Optional.of(page.path("next").asText(""))
              .filter(id -> !id.isEmpty() && !id.equals("null"));
    } while (next.isPresent() && all.size() < limit);
    return new Listing(all, next);
  }

  private static ObjectNode json(Listing listing) {
    var json = Json.object();
    var keys = json.putArray("keys");
    listing.keys().forEach(keys::add);
    return json.put("next", listing.next().orElse(null));
  }
}
