package dev.weir.cache;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Tally.CacheStatus;
import io.vertx.core.Future;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One call that the memory could not answer: its look into the database, its way to the provider,
 * and the old answer that stands in if that is down. Confined to the call's event loop.
 */
final class Asking {
  /** Of these one may say that the provider is down, and not that the call is wrong. */
  private static final Set<ErrorCode> DOWN =
      EnumSet.of(
          ErrorCode.PROVIDER_ERROR,
          ErrorCode.PROVIDER_UNREACHABLE,
          ErrorCode.PROVIDER_RATE_LIMITED,
          ErrorCode.PROVIDER_AUTH,
          ErrorCode.CIRCUIT_OPEN);

  private final CacheStage.Parts parts;
  private final Exchange x;
  private final Chain next;
  private final Terms terms;
  private final Stamp stamp;
  private Optional<Entry> old;
  private Optional<Embedder.Embedded> embedded = Optional.empty();

  /**
   * A call on its way.
   *
   * @param old an answer whose time is over
   */
  Asking(
      CacheStage.Parts parts,
      Exchange x,
      Chain next,
      Terms terms,
      Stamp stamp,
      Optional<Entry> old) {
    this.parts = parts;
    this.x = x;
    this.next = next;
    this.terms = terms;
    this.stamp = stamp;
    this.old = old;
  }

  Exchange x() {
    return x;
  }

  Terms terms() {
    return terms;
  }

  /** What the database holds and what counts; never fails. */
  Future<Optional<Entry>> find() {
    return parts
        .second()
        .find(terms)
        .map(
            found -> {
              if (found.isEmpty()) {
                return Optional.empty();
              }
              var entry = found.get().entry();
              parts.first().put(entry, stamp);
              old = Optional.of(entry);
              return found.get().counts() && entry.counts(parts.clock().now(), terms.maxAge())
                  ? old
                  : Optional.empty();
            });
  }

  /** Asks the provider, keeps the answer, and tells whoever waits for it. */
  Future<Reply> ask(Flight.Lead lead, Optional<FlightLeases.Lease> lease) {
    x.tally().cache(CacheStatus.MISS);
    var asked = new Asked(parts.clock().nanoTime(), embedded, lease);
    return next.proceed(x)
        .onFailure(_ -> asked.end(FlightLeases.End.FAILED))
        .map(
            reply ->
                watched(
                    reply,
                    answer ->
                        lead.landed(
                            new Flight.Landed(
                                keep(answer, asked), CacheStatus.COALESCED, Optional.empty())),
                    error -> {
                      asked.end(FlightLeases.End.FAILED);
                      lead.failed(error);
                    }));
  }

  /** Asks for itself alone, and keeps the answer. */
  Future<Reply> refresh() {
    x.tally().cache(CacheStatus.REFRESH);
    return embed().compose(_ -> refreshed());
  }

  private Future<Reply> refreshed() {
    var asked = new Asked(parts.clock().nanoTime(), embedded, Optional.empty());
    return next.proceed(x)
        .map(reply -> reply.observed(answer -> keep(answer, asked), (AIError _) -> {}));
  }

  /** An answer to an input of the same meaning, where the function takes such; never fails. */
  Future<Optional<Similar.Found>> similar() {
    return embed()
        .compose(
            vector ->
                vector.isPresent()
                    ? parts.similar().find(x, terms, vector.get())
                    : Future.succeededFuture(Optional.empty()));
  }

  /** Without a vector the call goes on as if nothing matched. */
  private Future<Optional<Embedder.Embedded>> embed() {
    if (terms.similarity().isEmpty()
        || parts.embedder().isEmpty()
        || !(x.call() instanceof Call.OfFunction call)) {
      return Future.succeededFuture(Optional.empty());
    }
    return parts
        .embedder()
        .get()
        .embed(x, call.input())
        .map(Optional::of)
        .otherwise(Optional.empty())
        .onSuccess(vector -> embedded = vector);
  }

  /** The answer whose time is over, if the function lets it stand in and this error is a reason. */
  Optional<Entry> stale(AIError error) {
    return terms.staleIfError().isZero()
            || terms.maxAge().isPresent()
            || x.cancellation().reason().isPresent()
            || !DOWN.contains(error.code())
            // It may have been invalidated while the provider was asked.
            || !parts.generations().fresh()
            || !parts.generations().stamp(terms.subjects()).equals(stamp)
        ? Optional.empty()
        : old.filter(
            entry -> parts.clock().now().isBefore(entry.expires().plus(terms.staleIfError())));
  }

  private Entry keep(Answer answer, Asked asked) {
    return parts.keeper().keep(x, terms, stamp, answer, asked);
  }

  /** Someone is told of the end at once, however slowly the caller reads. */
  private Reply watched(Reply reply, Consumer<Answer> onEnd, Consumer<AIError> onFail) {
    return switch (reply) {
      case Reply.Whole whole -> whole.observed(onEnd, onFail);
      case Reply.Streamed(var stream) ->
          new Reply.Streamed(
              new LeadStream(stream, x.cancellation(), onEnd, onFail, parts.keeper().largest()));
    };
  }
}
