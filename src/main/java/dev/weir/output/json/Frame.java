package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A container that is open: its value so far and what the reader must remember about it. */
final class Frame {
  final @Nullable Frame parent;
  final @Nullable ObjectNode object;
  final @Nullable ArrayNode array;

  /** What opened it: a bracket, a brace, a parenthesis. */
  final char opener;

  /** Where it was opened. */
  final int start;

  /** The key that the value being read belongs to. */
  String key = "";

  /** Whether a comma was read since the last value. */
  boolean comma;

  /** Where that comma is. */
  int commaAt;

  /** Whether any comma was read. */
  boolean commas;

  /** Whether a brace opened this array. */
  boolean set;

  /** Whether a code fence inside a string was opened around this container. */
  boolean fenced;

  /** The array whose continuation this one is. */
  @Nullable ArrayNode continues;

  private String joinedKey = "";
  private int width = -1;

  Frame(@Nullable Frame parent, char opener, int start) {
    this.parent = parent;
    this.opener = opener;
    this.start = start;
    this.object = opener == '{' ? JsonNodeFactory.instance.objectNode() : null;
    this.array = opener == '{' ? null : JsonNodeFactory.instance.arrayNode();
  }

  /** Joins more items to an array of this object; its row width is found once. */
  void continued(ArrayNode array, ArrayNode more) {
    if (width < 0 || !joinedKey.equals(key)) {
      joinedKey = key;
      width = Continuations.rowWidth(array);
    }
    Continuations.append(array, more, width);
  }

  boolean isArray() {
    return array != null;
  }

  /** The array; call only if it is one. */
  ArrayNode items() {
    return Objects.requireNonNull(array);
  }

  /** The object; call only if it is one. */
  ObjectNode members() {
    return Objects.requireNonNull(object);
  }

  JsonNode value() {
    return array != null ? array : members();
  }
}
