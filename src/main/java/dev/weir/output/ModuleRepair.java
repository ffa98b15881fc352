package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.output.json.Edit;
import dev.weir.output.json.JsonRepair;
import dev.weir.output.json.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The repair by {@link JsonRepair}, within the bounds of what Weir sends out. */
final class ModuleRepair implements Repair {
  private static final int EDITS_SHOWN = 20;
  private static final Options OPTIONS =
      Options.DEFAULTS
          .withUnwrapStrings(true)
          .withLimits(Json.MAX_DEPTH, AnswerReader.LONGEST, EDITS_SHOWN);

  @Override
  public Optional<Mended> repair(String text, JsonNode schema) {
    var repaired = JsonRepair.repair(text, OPTIONS.withSchema(schema));
    return repaired.found()
        ? Optional.of(new Mended(repaired.value(), words(repaired.edits(), repaired.editCount())))
        : Optional.empty();
  }

  private static List<String> words(List<Edit> edits, int count) {
    var words = new ArrayList<String>(edits.size() + 1);
    for (var edit : edits) {
      var where = edit.path().isEmpty() ? "" : " (" + edit.path() + ")";
      words.add(edit.kind().label() + ": " + edit.description() + where);
    }
    if (count > edits.size()) {
      words.add("and " + (count - edits.size()) + " more");
    }
    return words;
  }
}
