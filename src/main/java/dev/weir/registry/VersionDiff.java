package dev.weir.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What is different between two definitions: each place that was added, removed or changed, and for
 * texts of several lines the lines, as {@code diff} writes them. As few lines as can be, as long as
 * that costs little: of texts that have too much to compare, what lies between the first and the
 * last difference is all gone and all new.
 */
public final class VersionDiff {
  /** Pairs of lines that are compared for all texts of two definitions together. */
  private static final long MOST_PAIRS = 4_000_000;

  private final ArrayNode changes = Json.mapper().createArrayNode();
  private long pairs = MOST_PAIRS;

  private VersionDiff() {}

  /**
   * The differences of {@code after} from {@code before}. Takes some tens of milliseconds and 16 MB
   * for long texts: not for an event loop.
   */
  public static ArrayNode of(JsonNode before, JsonNode after) {
    var diff = new VersionDiff();
    diff.compare("$", before, after);
    return diff.changes;
  }

  private void compare(String path, JsonNode before, JsonNode after) {
    if (before.equals(after)) {
      return;
    }
    if (before instanceof ObjectNode a && after instanceof ObjectNode b) {
      var names = new TreeSet<String>();
      a.fieldNames().forEachRemaining(names::add);
      b.fieldNames().forEachRemaining(names::add);
      names.forEach(n -> compare(path + "." + n, a.path(n), b.path(n)));
      return;
    }
    var change = changes.addObject().put("path", path);
    if (before.isTextual() && after.isTextual()) {
      var old = before.textValue().lines().toList();
      var young = after.textValue().lines().toList();
      if (old.size() + young.size() > 2) {
        var array = change.putArray("lines");
        lines(old, young).forEach(array::add);
        return;
      }
    }
    if (!before.isMissingNode()) {
      change.set("from", before);
    }
    if (!after.isMissingNode()) {
      change.set("to", after);
    }
  }

  /** What is gone with -, what is new with +, in the order of the lines. */
  private List<String> lines(List<String> before, List<String> after) {
    var most = Math.min(before.size(), after.size());
    var head = 0;
    while (head < most && before.get(head).equals(after.get(head))) {
      head++;
    }
    var tail = 0;
    while (tail < most - head
        && before.get(before.size() - 1 - tail).equals(after.get(after.size() - 1 - tail))) {
      tail++;
    }
    var old = before.subList(head, before.size() - tail);
    var young = after.subList(head, after.size() - tail);
    var cost = (long) old.size() * young.size();
    if (cost > pairs) {
      var written = new ArrayList<String>(old.size() + young.size());
      old.forEach(line -> written.add("-" + line));
      young.forEach(line -> written.add("+" + line));
      return written;
    }
    pairs -= cost;
    return fewest(old, young);
  }

  /** By the longest common subsequence. Lines are compared as numbers: they may be long. */
  private static List<String> fewest(List<String> before, List<String> after) {
    var numbers = new HashMap<String, Integer>();
    var old = numbered(before, numbers);
    var young = numbered(after, numbers);
    var common = new int[old.length + 1][young.length + 1];
    for (var i = old.length - 1; i >= 0; i--) {
      for (var j = young.length - 1; j >= 0; j--) {
        common[i][j] =
            old[i] == young[j]
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    var written = new ArrayList<String>();
    var i = 0;
    var j = 0;
    while (i < old.length || j < young.length) {
      if (i < old.length && j < young.length && old[i] == young[j]) {
        i++;
        j++;
      } else if (j == young.length || (i < old.length && common[i + 1][j] >= common[i][j + 1])) {
        written.add("-" + before.get(i++));
      } else {
        written.add("+" + after.get(j++));
      }
    }
    return written;
  }

  private static int[] numbered(List<String> lines, Map<String, Integer> numbers) {
    return lines.stream()
        .mapToInt(line -> numbers.computeIfAbsent(line, _ -> numbers.size()))
        .toArray();
  }
}
