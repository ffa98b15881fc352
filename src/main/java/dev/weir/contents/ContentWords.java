package dev.weir.contents;

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
  /** Writes trees, once; empty if input and output are longer than so many bytes together. */
  static Optional<ContentWords> of(StoredContent content, int most) {
    var input = Json.write(content.input(), most);
    var left = most - input.map(Buffer::length).orElse(most);
    var output = content.output().flatMap(tree -> Json.write(tree, left));
    return input.isEmpty() || output.isPresent() != content.output().isPresent()
        ? Optional.empty()
        : Optional.of(new ContentWords(input.get(), output, content.expected().map(Json::write)));
  }

  /** In bytes. */
  int size() {
    return input.length()
        + output.map(Buffer::length).orElse(0)
        + expected.map(Buffer::length).orElse(0);
  }
}
