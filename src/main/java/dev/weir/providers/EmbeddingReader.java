package dev.weir.providers;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.LargeWork;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Vectors;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads vectors in the shape of OpenAI's embeddings, number by number and without a tree. A vector
 * that is not what was asked for spoils the whole answer, since a wrong one would be compared with
 * others for as long as it is kept; what the provider says that it consumed is believed all the
 * same. One per attempt.
 */
final class EmbeddingReader implements AnswerReader {
  /** Room for {@link VectorSizes#MOST_IN_ALL} components in base64, and half as much again. */
  static final int MOST_BYTES = 24 << 20;

  private static final float[] NONE = {};

  private final Attempt attempt;
  private final EmbeddingForm form;
  private final Refusals refusals;
  private final LargeWork work;
  private final OptionalInt size;

  /** Whether the size is the caller's wish, and one that the provider may not know of. */
  private final boolean wish;

  private final float[][] vectors;
  private float[] room = NONE;
  private Optional<String> fault = Optional.empty();
  private JsonNode error = JsonNodeFactory.instance.missingNode();
  private JsonNode usage = JsonNodeFactory.instance.missingNode();

  EmbeddingReader(
      Attempt attempt, Ask.Embedding ask, EmbeddingForm form, Refusals refusals, LargeWork work) {
    this.attempt = attempt;
    this.form = form;
    this.refusals = refusals;
    this.wish = form.takesNumbers() && ask.dimensions().isPresent();
    this.work = work;
    this.size = VectorSizes.of(ask, attempt.target().model());
    this.vectors = new float[ask.input().size()][];
    Arrays.fill(vectors, NONE);
  }

  @Override
  public Answer whole(Buffer body) {
    return answer(parse(body));
  }

  @Override
  public Future<Answer> wholeInTime(Buffer body) {
    return work.of(body.length(), () -> parse(body)).map(this::answer);
  }

  @Override
  public int mostBytes() {
    return MOST_BYTES;
  }

  @Override
  public void event(SseEvent event, LiveStream out) {
    throw new IllegalStateException("embeddings are not streamed");
  }

  /** Touches nothing but this reader: may run on another thread. */
  private JsonNode parse(Buffer body) {
    try (var parser = UpstreamJson.mapper().createParser(body.getBytes())) {
      read(parser);
    } catch (IOException e) {
      throw Failures.senseless().causedBy(e);
    }
    check();
    return fault.isEmpty() ? Vectors.of(List.of(vectors)) : JsonNodeFactory.instance.missingNode();
  }

  private Answer answer(JsonNode data) {
    var consumed = usage();
    consumed.ifPresent(attempt::report);
    if (error.isObject()) {
      throw refusals.within(error);
    }
    fault.ifPresent(
        why -> {
          throw AIError.of(
              ErrorCode.PROVIDER_ERROR, "The provider's embeddings cannot be used: " + why + ".");
        });
    if (isWishUnheard()) {
      throw unheard();
    }
    return new Answer(
        "",
        Optional.of(data),
        Answer.Finish.STOP,
        attempt.target().model().toString(),
        consumed.orElse(Usage.NONE),
        AgentAnswer.costOf(usage),
        List.of(),
        Optional.empty());
  }

  /**
   * Servers that do not know {@code dimensions} pass it over. That is no failure of theirs: trying
   * again would cost as much for the same, and a caller must not open the breaker by such a wish.
   */
  private boolean isWishUnheard() {
    return wish && vectors[0].length != size.orElseThrow();
  }

  private AIError unheard() {
    return AIError.invalid(
            "dimensions was passed over: the vectors of this model came with "
                + vectors[0].length
                + " components; leave it out, or name as many.")
        .with("param", "dimensions");
  }

  private Optional<Usage> usage() {
    var missing = JsonNodeFactory.instance.missingNode();
    // Some servers tell the total alone.
    for (var name : List.of("prompt_tokens", "total_tokens")) {
      if (UpstreamJson.believable(usage.path(name), missing)) {
        return Optional.of(Usage.of(UpstreamJson.count(usage.path(name)), 0));
      }
    }
    return Optional.empty();
  }

  private void read(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw Failures.senseless();
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "data" -> readAll(parser);
        case "error" -> error = UpstreamJson.mapper().readTree(parser);
        case "usage" -> usage = UpstreamJson.mapper().readTree(parser);
        default -> parser.skipChildren();
      }
    }
  }

  private void readAll(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      spoil("there is no list of them", parser);
      return;
    }
    var position = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        readOne(parser, position);
      } else {
        spoil("the list holds something else", parser);
      }
      position++;
    }
  }

  /** One entry; without an index it belongs to the text at its own position. */
  private void readOne(JsonParser parser, int position) throws IOException {
    var index = position;
    var vector = NONE;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var field = parser.currentName();
      var token = parser.nextToken();
      switch (field) {
        case "index" -> {
          index = token == JsonToken.VALUE_NUMBER_INT ? index(parser) : -1;
          parser.skipChildren();
        }
        case "embedding" -> vector = vector(parser);
        default -> parser.skipChildren();
      }
    }
    if (index < 0 || index >= vectors.length) {
      spoil("there is one of a text that was not sent");
    } else if (vectors[index].length > 0) {
      spoil("a text has two");
    } else {
      vectors[index] = vector;
    }
  }

  private static int index(JsonParser parser) throws IOException {
    return parser.getNumberType() == JsonParser.NumberType.INT ? parser.getIntValue() : -1;
  }

  private float[] vector(JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_STRING) {
      try {
        return form.decode(parser.getText());
      } catch (IllegalArgumentException e) {
        spoil(String.valueOf(e.getMessage()));
        return NONE;
      }
    }
    if (parser.currentToken() == JsonToken.START_ARRAY && form.takesNumbers()) {
      return numbers(parser);
    }
    spoil("a vector is of another type than what was asked for", parser);
    return NONE;
  }

  private float[] numbers(JsonParser parser) throws IOException {
    if (room.length == 0) {
      room = new float[EmbeddingForm.MOST_DIMENSIONS];
    }
    var count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!parser.currentToken().isNumeric()) {
        spoil("a vector holds something that is no number", parser);
      } else if (count == room.length) {
        spoil("a vector has more than " + room.length + " numbers");
      } else {
        room[count++] = parser.getFloatValue();
      }
    }
    return Arrays.copyOf(room, count);
  }

  /** Each text has a vector, all are of the one size, and every number is one. */
  private void check() {
    var length = wish ? vectors[0].length : size.orElse(vectors[0].length);
    for (var vector : vectors) {
      if (vector.length == 0) {
        spoil("a text has none");
      } else if (vector.length != length) {
        spoil("a vector has " + vector.length + " numbers instead of " + length);
      }
      for (var number : vector) {
        if (!Float.isFinite(number)) {
          spoil("a vector holds a number without bounds");
        }
      }
    }
  }

  /** The first fault is told; of all that follow it is the cause, often enough. */
  private void spoil(String why) {
    if (fault.isEmpty()) {
      fault = Optional.of(why);
    }
  }

  private void spoil(String why, JsonParser parser) throws IOException {
    spoil(why);
    parser.skipChildren();
  }
}
