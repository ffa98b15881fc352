package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.config.OutputSettings;
import dev.weir.core.Json;
import dev.weir.gateway.Repairs;
import dev.weir.output.json.Edit;
import dev.weir.output.json.JsonRepair;
import dev.weir.output.json.Options;
import dev.weir.output.json.Repaired;
import java.util.ArrayList;
import java.util.Optional;
import java.util.stream.Collectors;

/** The repair by {@link JsonRepair}, within the bounds of what Weir sends out. */
final class ModuleRepair implements Repair {
  private final Options options;

  ModuleRepair(OutputSettings settings) {
    this.options =
        Options.DEFAULTS
            .withUnwrapStrings(true)
            .withLimits(Json.MAX_DEPTH, settings.maxChars(), settings.shownRepairs());
  }

  @Override
  public Optional<Mended> repair(String text, JsonNode schema) {
    var repaired = JsonRepair.repair(text, options.withSchema(schema));
    return repaired.found()
        ? Optional.of(new Mended(repaired.value(), repairs(repaired)))
        : Optional.empty();
  }

  private static Repairs repairs(Repaired repaired) {
    var edits = repaired.edits();
    var lines = new ArrayList<String>(edits.size() + 1);
    edits.forEach(edit -> lines.add(line(edit)));
    var count = repaired.editCount();
    if (!edits.isEmpty() && count > edits.size()) {
      lines.add("and " + (count - edits.size()) + " more");
    }
    return new Repairs(
        repaired.counts().entrySet().stream()
            .collect(Collectors.toMap(e -> e.getKey().label(), e -> e.getValue())),
        lines);
  }

  private static String line(Edit edit) {
    var where = edit.path().isEmpty() ? "" : " (" + edit.path() + ")";
    return edit.kind().label() + ": " + edit.description() + where;
  }
}
