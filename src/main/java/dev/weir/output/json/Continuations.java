package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;

/**
 * Joins an array to the one it continues: {@code "key": [1], [2]}. Where the first is a table, rows
 * of one length, loose items at its end become rows again and the rest are rows too.
 */
final class Continuations {
  private Continuations() {}

  /** Joins; {@code width} is the row width of the array before. */
  static void append(ArrayNode array, ArrayNode more, int width) {
    if (width == 0) {
      if (more.size() == 1 && more.get(0) instanceof ArrayNode inner) {
        array.addAll(inner);
      } else {
        array.addAll(more);
      }
      return;
    }
    regroup(array, width);
    if (more.isEmpty()) {
      return;
    }
    var rows = true;
    for (JsonNode item : more) {
      rows &= item.isArray();
    }
    if (rows) {
      array.addAll(more);
    } else {
      array.add(more);
    }
  }

  /** The one length of all arrays among the items, or 0. */
  static int rowWidth(ArrayNode array) {
    var width = -1;
    for (JsonNode item : array) {
      if (item.isArray()) {
        if (width >= 0 && width != item.size()) {
          return 0;
        }
        width = item.size();
      }
    }
    return Math.max(width, 0);
  }

  private static void regroup(ArrayNode array, int width) {
    var loose = array.size();
    while (loose > 0 && !array.get(loose - 1).isArray()) {
      loose--;
    }
    var count = array.size() - loose;
    if (count == 0 || count % width != 0) {
      return;
    }
    var items = new ArrayList<JsonNode>();
    for (var i = loose; i < array.size(); i++) {
      items.add(array.get(i));
    }
    for (var i = array.size() - 1; i >= loose; i--) {
      array.remove(i);
    }
    for (var i = 0; i < items.size(); i += width) {
      array.addArray().addAll(items.subList(i, i + width));
    }
  }
}
