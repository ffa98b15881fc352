package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** The keys, wherever they are reached; requests and answers are the management API's. Blocks. */
interface Keys extends AutoCloseable {
  /** Makes a key. */
  JsonNode create(ObjectNode wish);

  /** A page of keys. */
  JsonNode list(int limit, Optional<String> after);

  /** Rotates a key. */
  JsonNode rotate(String id, ObjectNode overlap);

  /** Revokes a key. */
  JsonNode revoke(String id);

  @Override
  void close();
}
