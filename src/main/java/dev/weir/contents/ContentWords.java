package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/**
 * What was asked and answered, as JSON that nobody has read: most who carry it need no tree of it.
 *
 * @param input the call's input
 * @param output the function's value; empty if the call failed
 * @param expected what a person says the answer should have been
 */
public record ContentWords(Buffer input, Optional<Buffer> output, Optional<Buffer> expected) {
  /** Writes trees, once; empty if they are longer than so many bytes together. */
  static Optional<ContentWords> of(StoredContent content, int most) {
    return Json.write(content.input(), most)
        .flatMap(
            input ->
                written(content.output(), most - input.length())
                    .flatMap(
                        output ->
                            written(content.expected(), most)
                                .map(expected -> new ContentWords(input, output, expected))));
  }

  /** Empty for what is too long; a present nothing for nothing. */
  private static Optional<Optional<Buffer>> written(Optional<JsonNode> tree, int most) {
    return tree.isEmpty()
        ? Optional.of(Optional.empty())
        : Json.write(tree.get(), most).map(Optional::of);
  }

  /** In bytes. */
  int size() {
    return input.length()
        + output.map(Buffer::length).orElse(0)
        + expected.map(Buffer::length).orElse(0);
  }
}
