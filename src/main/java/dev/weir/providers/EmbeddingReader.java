package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Attempt;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;

/** Reads a vector in the shape of OpenAI's embeddings. One per attempt. */
final class EmbeddingReader implements AnswerReader {
  private static final int MOST_DIMENSIONS = 8192;

  private final Attempt attempt;

  EmbeddingReader(Attempt attempt) {
    this.attempt = attempt;
  }

  @Override
  public Answer whole(Buffer body) {
    var tree = UpstreamJson.object(body);
    var usage = Usage.of(tree.at("/usage/prompt_tokens").asLong(0), 0);
    attempt.report(usage);
    return answer(attempt, tree.at("/data/0/embedding"), usage);
  }

  /** The answer that holds a vector. */
  static Answer answer(Attempt attempt, JsonNode vector, Usage usage) {
    if (!(vector instanceof ArrayNode numbers)
        || numbers.isEmpty()
        || numbers.size() > MOST_DIMENSIONS
        || !isOfNumbers(numbers)) {
      throw AIError.of(ErrorCode.PROVIDER_ERROR, "The provider's embedding is no list of numbers.");
    }
    return new Answer(
        "",
        Optional.of(numbers),
        Answer.Finish.STOP,
        attempt.target().model().toString(),
        usage,
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private static boolean isOfNumbers(ArrayNode numbers) {
    for (var number : numbers) {
      if (!number.isNumber()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void event(SseEvent event, LiveStream out) {
    throw new IllegalStateException("embeddings are not streamed");
  }
}
