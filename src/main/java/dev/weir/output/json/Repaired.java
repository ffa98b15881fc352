package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What came of a repair.
 *
 * @param value the value; a {@link MissingNode} if the text holds nothing that could be read as
 *     JSON. The node belongs to the caller.
 * @param edits what was changed, in the order of the text, at most {@link Options#maxEdits()} of
 *     them; empty if and only if the value is exactly what the text says
 * @param confidence how sure the value is
 * @param citations the citation marks that were taken out; empty unless {@link
 *     Options#removeCitations()}
 * @param editCount how many edits there were, counting those beyond the limit of the list
 */
public record Repaired(
    JsonNode value,
    List<Edit> edits,
    Confidence confidence,
    List<Citation> citations,
    int editCount) {

  /** Copies the lists. */
  public Repaired {
    edits = List.copyOf(edits);
    citations = List.copyOf(citations);
  }

  /** Returns whether a value was found. */
  public boolean found() {
    return confidence != Confidence.NONE;
  }

  /** Returns whether the text was valid as it was. */
  public boolean untouched() {
    return editCount == 0 && found();
  }

  /** Returns how many of the listed edits are of each kind, for metrics. */
  public Map<Edit.Kind, Integer> counts() {
    var counts = new EnumMap<Edit.Kind, Integer>(Edit.Kind.class);
    for (var edit : edits) {
      counts.merge(edit.kind(), 1, Integer::sum);
    }
    return counts;
  }
}
