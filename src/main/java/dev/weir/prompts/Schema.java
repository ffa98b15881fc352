package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** A compiled JSON Schema (draft 2020-12). Thread-safe. */
public interface Schema {
  /** The schema itself, as it travels to a provider; nobody edits it. */
  JsonNode node();

  /** In which ways {@code value} breaks the schema: empty if it is valid, at most the first 20. */
  List<Violation> validate(JsonNode value);
}
