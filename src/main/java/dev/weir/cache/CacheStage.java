package dev.weir.cache;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Kept;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.gateway.Tally.CacheStatus;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * Answers a call from memory, from the database, or with the answer of an identical call in flight;
 * else lets it ask, and keeps what comes back. Below the admission: whoever is answered here has
 * used a unit like any other, and pays nothing.
 *
 * <p>Thread-safe; each call runs on its own event loop.
 */
public final class CacheStage implements Stage {
  private final FirstLevel first;
  private final SecondLevel second;
  private final Generations generations;
  private final Flights flights;
  private final Keeper keeper;
  private final Tallies tallies;
  private final Clock clock;

  CacheStage(
      FirstLevel first,
      SecondLevel second,
      Generations generations,
      Flights flights,
      Keeper keeper,
      Tallies tallies,
      Clock clock) {
    this.first = first;
    this.second = second;
    this.generations = generations;
    this.flights = flights;
    this.keeper = keeper;
    this.tallies = tallies;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var terms = Terms.of(x);
    if (terms.isEmpty()) {
      return next.proceed(x);
    }
    var stamp = generations.stamp(terms.get().subjects());
    return terms.get().refresh()
        ? refresh(x, next, terms.get(), stamp)
        : use(x, next, terms.get(), stamp);
  }

  private Future<Reply> use(Exchange x, Chain next, Terms terms, Stamp stamp) {
    // While words of invalidations may be missing, the database is asked before anything is served.
    var held = generations.fresh() ? first.find(terms.key(), stamp) : Optional.<Entry>empty();
    if (held.isPresent() && held.get().counts(clock.now(), terms.maxAge())) {
      return Future.succeededFuture(serve(x, held.get(), CacheStatus.HIT));
    }
    return flights.join(
        new Flights.Id(terms.key(), stamp, terms.maxAge()),
        x,
        new Flights.Part(
            lead -> lookUp(x, next, terms, stamp, lead),
            landed ->
                serve(
                    x, landed.entry(), landed.asked() ? CacheStatus.COALESCED : CacheStatus.HIT)));
  }

  private Future<Reply> lookUp(Exchange x, Chain next, Terms terms, Stamp stamp, Flight.Lead lead) {
    return second
        .find(x.principal().user(), terms)
        .compose(
            found -> {
              if (found.isPresent()) {
                var entry = found.get().entry();
                first.put(entry, stamp);
                if (found.get().counts() && entry.counts(clock.now(), terms.maxAge())) {
                  lead.landed(new Flight.Landed(entry, false));
                  return Future.succeededFuture(serve(x, entry, CacheStatus.HIT));
                }
              }
              return ask(x, next, terms, stamp, lead);
            });
  }

  private Future<Reply> ask(Exchange x, Chain next, Terms terms, Stamp stamp, Flight.Lead lead) {
    x.tally().cache(CacheStatus.MISS);
    var began = clock.nanoTime();
    return next.proceed(x)
        .map(
            reply ->
                watched(
                    reply,
                    answer ->
                        lead.landed(
                            new Flight.Landed(keeper.keep(x, terms, stamp, answer, began), true)),
                    lead::failed))
        .onFailure(e -> lead.failed(AIError.from(e)));
  }

  private Future<Reply> refresh(Exchange x, Chain next, Terms terms, Stamp stamp) {
    x.tally().cache(CacheStatus.REFRESH);
    var began = clock.nanoTime();
    return next.proceed(x)
        .map(
            reply ->
                reply.observed(
                    answer -> keeper.keep(x, terms, stamp, answer, began), (AIError _) -> {}));
  }

  /** Someone is told of the end at once, however slowly the caller reads. */
  private Reply watched(
      Reply reply,
      java.util.function.Consumer<Answer> onEnd,
      java.util.function.Consumer<AIError> onFail) {
    return switch (reply) {
      case Reply.Whole whole -> whole.observed(onEnd, onFail);
      case Reply.Streamed(var stream) ->
          new Reply.Streamed(new LeadStream(stream, onEnd, onFail, keeper.largest()));
    };
  }

  private Reply serve(Exchange x, Entry entry, CacheStatus status) {
    return serve(x, entry, status, Optional.empty());
  }

  private Reply serve(Exchange x, Entry entry, CacheStatus status, Optional<Kept.Match> match) {
    var now = clock.nanoTime();
    x.tally().cache(status);
    x.tally().kept(entry.kept(clock.now(), match));
    x.tally().firstByte(now);
    tallies.served(x, entry, status, now);
    var answer = entry.answer();
    // A provider's own body may hold more than its text; it goes out whole.
    return x.call().stream() && answer.wire().isEmpty()
        ? new Reply.Streamed(new ReplayedStream(answer, x.cancellation()))
        : new Reply.Whole(answer);
  }
}
