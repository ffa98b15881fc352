package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;

/** Counts how far a value is from what a schema asks for. */
final class SchemaFit {
  private final JsonNode schema;

  SchemaFit(JsonNode schema) {
    this.schema = schema;
  }

  int misfits(JsonNode value) {
    return schema.isObject() && value.isContainerNode() ? 0 : 1;
  }
}
