package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
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
 * @param counts how many edits of each kind there were, counting those beyond the limit of the
 *     list; for metrics
 */
public record Repaired(
    JsonNode value,
    List<Edit> edits,
    Confidence confidence,
    List<Citation> citations,
    Map<Edit.Kind, Integer> counts) {

  /** Copies the collections. */
  public Repaired {
    edits = List.copyOf(edits);
    citations = List.copyOf(citations);
    counts = Map.copyOf(counts);
  }

  /** Returns whether a value was found. */
  public boolean found() {
    return confidence != Confidence.NONE;
  }

  /** Returns whether the text was valid as it was. */
  public boolean untouched() {
    return counts.isEmpty() && found();
  }

  /** Returns how many edits there were, counting those beyond the limit of the list. */
  public int editCount() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }
}
