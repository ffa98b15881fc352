package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** The protocol in which {@link FakeProvider} plays a turn. */
interface Dialect {
  /** The refusal that a request deserves whatever the script says. */
  Optional<Turn> refuse(JsonNode body);

  /** A whole answer. */
  String whole(Turn turn, JsonNode request);

  /** The body of an error status. */
  String error(Turn turn);

  /** The events before the first part. */
  List<String> opening(Turn turn, JsonNode request);

  /** One part. */
  String part(Turn turn, int index, String text);

  /** The events after the last part. */
  List<String> ending(Turn turn, JsonNode request);

  /** An error in mid-stream. */
  String broken(Turn turn);
}
