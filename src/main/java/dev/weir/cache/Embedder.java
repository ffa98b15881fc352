package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Target;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Turns inputs into vectors. Each is an attempt of its call like any other: it reserves its price,
 * is settled, and stands in the call's bill. One per event loop, confined to it.
 */
final class Embedder {
  private static final int LONGEST = 8_000;
  private static final long PATIENCE_MILLIS = 3_000;

  private final Chain chain;
  private final Target target;
  private final Clock clock;

  /**
   * An embedder.
   *
   * @param chain what an attempt passes on its way to the provider
   * @param target who makes the vectors
   */
  Embedder(Chain chain, Target target, Clock clock) {
    this.chain = chain;
    this.target = target;
    this.clock = clock;
  }

  /** A vector, and who made it: those of two makers are never compared. */
  record Embedded(List<Float> vector, String model) {}

  /** The vector of an input, for this call and on its bill. */
  Future<Embedded> embed(Exchange x, JsonNode input) {
    var text = text(input);
    if (text.isEmpty()) {
      return Future.failedFuture(
          AIError.invalid(
              "The input is longer than the "
                  + LONGEST
                  + " characters up to which inputs are compared by meaning."));
    }
    var body = Json.object().put("model", target.model().toString()).put("max_tokens", 1);
    body.putArray("messages").addObject().put("role", "user").put("content", text.get());
    var attempt = new Attempt(Ids.next(clock), x.tally().attempts().size() + 1, target);
    return chain
        .proceed(x.with(x.plan().asking(new Ask.Chat(body, false))).with(attempt))
        .timeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
        .map(reply -> new Embedded(vector(reply), target.model() + "@" + target.servedBy()));
  }

  private static List<Float> vector(Reply reply) {
    if (reply instanceof Reply.Whole(var answer) && answer.data().isPresent()) {
      var vector = new ArrayList<Float>();
      answer.data().get().forEach(number -> vector.add((float) number.doubleValue()));
      return vector;
    }
    throw AIError.of(ErrorCode.PROVIDER_ERROR, "The provider gave no embedding.");
  }

  /**
   * The input as it is compared: its values, each under its whole path, in the order of their
   * names, in small letters, each white space one. Empty where it is too long: two long inputs that
   * begin alike must not be taken for the same.
   */
  static Optional<String> text(JsonNode input) {
    var text = new StringBuilder();
    add(text, "", input);
    return text.length() <= LONGEST ? Optional.of(text.toString()) : Optional.empty();
  }

  private static void add(StringBuilder text, String name, JsonNode value) {
    switch (value.getNodeType()) {
      case OBJECT -> {
        var members = new TreeMap<String, JsonNode>();
        value.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
        members.forEach(
            (key, member) -> add(text, name.isEmpty() ? key : name + "." + key, member));
      }
      case ARRAY -> value.forEach(element -> add(text, name, element));
      case NULL, MISSING -> {}
      default ->
          text.append(name)
              .append(name.isEmpty() ? "" : ": ")
              .append(value.asText("").strip().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT))
              .append('\n');
    }
  }

  /** The cosine of the angle between two vectors; 0 where they cannot be compared. */
  static double cosine(List<Float> one, List<Float> other) {
    if (one.size() != other.size()) {
      return 0;
    }
    double product = 0;
    double lengthOfOne = 0;
    double lengthOfOther = 0;
    for (var i = 0; i < one.size(); i++) {
      double a = one.get(i);
      double b = other.get(i);
      product += a * b;
      lengthOfOne += a * a;
      lengthOfOther += b * b;
    }
    var lengths = Math.sqrt(lengthOfOne) * Math.sqrt(lengthOfOther);
    return lengths == 0 || !Double.isFinite(lengths) ? 0 : product / lengths;
  }
}
