package dev.weir.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * What is different between two definitions: each place that was added, removed or changed, and for
 * texts of several lines the lines, as {@code diff} writes them.
 */
public final class VersionDiff {
  private static final int MOST_LINES = 2_000;

  private VersionDiff() {}

  /** The differences of {@code after} from {@code before}. */
  public static ArrayNode of(JsonNode before, JsonNode after) {
    var changes = Json.mapper().createArrayNode();
    compare("$", before, after, changes);
    return changes;
  }

  private static void compare(String path, JsonNode before, JsonNode after, ArrayNode changes) {
    if (before.equals(after)) {
      return;
    }
    if (before instanceof ObjectNode a && after instanceof ObjectNode b) {
      var names = new TreeSet<String>();
      a.fieldNames().forEachRemaining(names::add);
      b.fieldNames().forEachRemaining(names::add);
      names.forEach(n -> compare(path + "." + n, a.path(n), b.path(n), changes));
      return;
    }
    var change = changes.addObject().put("path", path);
    if (before.isTextual() && after.isTextual() && lines(before).size() + lines(after).size() > 2) {
      var array = change.putArray("lines");
      lines(lines(before), lines(after)).forEach(array::add);
      return;
    }
    if (!before.isMissingNode()) {
      change.set("from", before);
    }
    if (!after.isMissingNode()) {
      change.set("to", after);
    }
  }

  private static List<String> lines(JsonNode text) {
    return text.textValue().lines().limit(MOST_LINES).toList();
  }

  /** The longest common subsequence, written out: what is gone with -, what is new with +. */
  private static List<String> lines(List<String> before, List<String> after) {
    var common = new int[before.size() + 1][after.size() + 1];
    for (var i = before.size() - 1; i >= 0; i--) {
      for (var j = after.size() - 1; j >= 0; j--) {
        common[i][j] =
            before.get(i).equals(after.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    var written = new ArrayList<String>();
    var i = 0;
    var j = 0;
    while (i < before.size() || j < after.size()) {
      if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
        i++;
        j++;
      } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
        written.add("-" + before.get(i++));
      } else {
        written.add("+" + after.get(j++));
      }
    }
    return written;
  }
}
