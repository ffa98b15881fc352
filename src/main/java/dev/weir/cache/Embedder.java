package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Cancellation;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Target;
import dev.weir.gateway.Vectors;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Turns inputs into vectors. Each is an attempt of its call like any other: it reserves its price,
 * is settled, and stands in the call's bill. One per event loop, confined to it.
 */
final class Embedder {
  private static final int LONGEST = 8_000;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Vertx vertx;
  private final Chain chain;
  private final Target target;
  private final Clock clock;
  private final Duration patience;

  /**
   * An embedder.
   *
   * @param vertx whose timers it uses
   * @param chain what an attempt passes on its way to the provider
   * @param target who makes the vectors
   */
  Embedder(Vertx vertx, Chain chain, Target target, Clock clock) {
    this(vertx, chain, target, clock, PATIENCE);
  }

  /** With as little patience as a test has. */
  Embedder(Vertx vertx, Chain chain, Target target, Clock clock, Duration patience) {
    this.vertx = vertx;
    this.chain = chain;
    this.target = target;
    this.clock = clock;
    this.patience = patience;
  }

  /** A vector, and who made it: those of two makers are never compared. */
  record Embedded(Vector vector, String model) {}

  /**
   * The vector of an input, for this call and on its bill. After a while that is too long for a
   * look into a cache its request is reset, so that what it cost is known and on the bill before
   * the call goes on.
   */
  Future<Embedded> embed(Exchange x, JsonNode input) {
    var attempt = attempt(x, input);
    if (attempt.isEmpty()) {
      return Future.failedFuture(
          AIError.invalid(
              "The input says nothing, or is longer than the "
                  + LONGEST
                  + " characters up to which inputs are compared by meaning."));
    }
    var own = attempt.get().cancellation();
    var timer = vertx.setTimer(patience.toMillis(), _ -> own.cancel(late()));
    var forget = x.cancellation().onCancel(own::cancel);
    return chain
        .proceed(attempt.get())
        .onComplete(
            (_, _) -> {
              vertx.cancelTimer(timer);
              forget.run();
            })
        .map(reply -> new Embedded(vector(reply), target.model() + "@" + target.servedBy()));
  }

  private AIError late() {
    return AIError.of(
        ErrorCode.TIMEOUT,
        "The input's vector was not there within " + patience.toMillis() + " ms; try again.");
  }

  /**
   * The attempt at a vector, with an end of its own; empty for an input that is too long or empty.
   */
  Optional<Exchange> attempt(Exchange x, JsonNode input) {
    return text(input)
        .map(String::stripTrailing)
        .filter(text -> !text.isEmpty())
        .map(
            text ->
                new Exchange(
                    x.origin(),
                    x.call(),
                    x.principal(),
                    x.plan().asking(Ask.Embedding.of(text)),
                    Optional.of(
                        new Attempt(Ids.next(clock), x.tally().attempts().size() + 1, target)),
                    new Cancellation(),
                    x.tally()));
  }

  private static Vector vector(Reply reply) {
    if (reply instanceof Reply.Whole(var answer) && answer.data().isPresent()) {
      return Vector.of(Vectors.in(answer.data().get()).getFirst());
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
}
