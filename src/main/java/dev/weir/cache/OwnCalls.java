package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Usd;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Tally.CacheStatus;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The calls that Weir makes itself, through the whole house like any other: admitted, reserved,
 * recorded, on the account of {@link Warming#USER}. Thread-safe.
 */
final class OwnCalls {
  private final Warming warming;
  private final Clock clock;
  private final AtomicReference<Optional<Way>> way = new AtomicReference<>(Optional.empty());

  /** A gateway, the embedder of its event loop, and that. */
  private record Way(Context context, Gateway gateway, Optional<Embedder> embedder) {}

  OwnCalls(Warming warming, Clock clock) {
    this.warming = warming;
    this.clock = clock;
  }

  /** How one went: how the cache took part, what it cost, and why it failed, if it did. */
  record Went(CacheStatus cache, Usd cost, Optional<AIError> error) {}

  /** Here calls can be made. */
  void serve(Context context, Gateway gateway, Optional<Embedder> embedder) {
    way.compareAndSet(Optional.empty(), Optional.of(new Way(context, gateway, embedder)));
  }

  /**
   * Calls a function for a user's answers.
   *
   * @param only asked of the call once it is planned; if not, it is not made
   * @return how it went, or empty if it was not made
   */
  Future<Optional<Went>> call(
      String function,
      JsonNode input,
      String owner,
      CallOptions.CacheUse use,
      Predicate<Exchange> only) {
    return on(
        w -> {
          var origin = origin();
          var options = new CallOptions(use, Optional.empty());
          var x =
              w.gateway()
                  .open(
                      origin,
                      new Call.OfFunction(function, input, false, options),
                      Warming.PRINCIPAL);
          if (!only.test(x)) {
            return Future.succeededFuture(Optional.empty());
          }
          warming.begin(origin.id(), owner);
          return w.gateway()
              .run(x)
              .transform(
                  run ->
                      Future.succeededFuture(
                          Optional.of(
                              // A call that failed may have cost something all the same.
                              new Went(
                                  x.tally().cache(),
                                  x.tally().cost(),
                                  run.failed()
                                      ? Optional.of(AIError.from(run.cause()))
                                      : Optional.empty()))))
              .onComplete((_, _) -> warming.end(origin.id()));
        });
  }

  /** Two inputs' similarity, and what it cost to learn it. */
  record Compared(double similarity, Usd cost) {}

  /** Compares two inputs of a function. */
  Future<Compared> compare(String function, JsonNode one, JsonNode other) {
    return on(
        w -> {
          var embedder =
              w.embedder()
                  .orElseThrow(
                      () ->
                          AIError.invalid(
                              "There is no embedding model; set cache.embedding_model."));
          var x =
              w.gateway()
                  .open(
                      origin(),
                      new Call.OfFunction(function, one, false, CallOptions.DEFAULT),
                      Warming.PRINCIPAL);
          return embedder
              .embed(x, one)
              .compose(
                  first ->
                      embedder
                          .embed(x, other)
                          .map(
                              second ->
                                  new Compared(
                                      Embedder.cosine(first.vector(), second.vector()),
                                      x.tally().cost())));
        });
  }

  private Origin origin() {
    return new Origin(Ids.next(clock), Optional.empty(), Origin.Door.FUNCTIONS, clock.nanoTime());
  }

  private <T> Future<T> on(Function<Way, Future<T>> work) {
    var found = way.get();
    if (found.isEmpty()) {
      return Future.failedFuture(
          AIError.of(ErrorCode.DRAINING, "This node does not serve calls yet."));
    }
    var promise = Promise.<T>promise();
    found
        .get()
        .context()
        .runOnContext(
            _ -> {
              try {
                work.apply(found.get()).onComplete(promise);
              } catch (RuntimeException e) {
                promise.fail(AIError.from(e));
              }
            });
    return promise.future();
  }
}
