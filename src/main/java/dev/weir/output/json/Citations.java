package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes citation marks out of the strings of a value: {@code [1]}, {@code [2][3]}, {@code [1, 2]},
 * and the fullwidth forms. A group of brackets is a mark if it holds nothing but source numbers and
 * stands where a mark stands in a sentence: not in code, not as the text of a Markdown link, not as
 * an index or array literal, not as the whole string.
 */
final class Citations {
  private final int highest;
  private final Edits edits;
  private final List<Citation> found = new ArrayList<>();

  Citations(int highest, Edits edits) {
    this.highest = highest;
    this.edits = edits;
  }

  List<Citation> found() {
    return found;
  }

  /** The value without marks; containers are changed in place. */
  JsonNode removedFrom(JsonNode root, Optional<JsonNode> schema) {
    if (root.isTextual()) {
      return cleaned(root, "", schema.orElse(null));
    }
    walk(root, "", schema.orElse(null));
    return root;
  }

  // The depth of a value is bounded by the options, so walking by calls is safe.
  private void walk(JsonNode node, String path, @Nullable JsonNode schema) {
    switch (node) {
      case ObjectNode object -> {
        for (var member : object.properties()) {
          var there = path + "/" + Schemas.escaped(member.getKey());
          var own = Schemas.ofMember(schema, member.getKey());
          member.setValue(visited(member.getValue(), there, own));
        }
      }
      case ArrayNode array -> {
        var own = Schemas.ofItem(schema);
        for (var i = 0; i < array.size(); i++) {
          array.set(i, visited(array.get(i), path + "/" + i, own));
        }
      }
      default -> {}
    }
  }

  private JsonNode visited(JsonNode value, String path, @Nullable JsonNode schema) {
    if (value.isTextual()) {
      return cleaned(value, path, schema);
    }
    walk(value, path, schema);
    return value;
  }

  private JsonNode cleaned(JsonNode node, String path, @Nullable JsonNode schema) {
    var text = node.textValue();
    if (text.length() < 4 || !mayHold(text) || Schemas.asksForBrackets(schema)) {
      return node;
    }
    var marks = new CitationScanner(text, highest).marks();
    if (marks.isEmpty()) {
      return node;
    }
    var out = new StringBuilder(text.length());
    var from = 0;
    for (var mark : marks) {
      out.append(text, from, mark.cut());
      found.add(
          new Citation(
              path, out.length(), mark.sources(), text.substring(mark.start(), mark.end())));
      edits.add(
          Edit.of(path, Edit.Kind.CITATION, "The mark " + brief(text, mark) + " was taken out."));
      from = mark.end();
    }
    out.append(text, from, text.length());
    return TextNode.valueOf(out.toString());
  }

  private static boolean mayHold(String text) {
    return text.indexOf('[') >= 0 || text.indexOf('\u3010') >= 0 || text.indexOf('\uFF3B') >= 0;
  }

  private static String brief(String text, CitationScanner.Mark mark) {
    return text.substring(mark.start(), Math.min(mark.end(), mark.start() + 24));
  }
}
