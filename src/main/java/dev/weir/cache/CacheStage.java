package dev.weir.cache;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
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
  private final Parts parts;
  private final Clock clock;

  /**
   * What it stands on.
   *
   * @param first the memory
   * @param second the database
   * @param generations what was invalidated
   * @param flights identical calls in this process
   * @param leases identical calls of all nodes
   * @param similar answers to inputs of the same meaning
   * @param embedder makes inputs comparable; empty where nobody does
   * @param warming calls of our own
   * @param keeper keeps answers
   * @param tallies counts
   * @param clock time
   */
  record Parts(
      FirstLevel first,
      SecondLevel second,
      Generations generations,
      Flights flights,
      FlightLeases leases,
      Similar similar,
      Optional<Embedder> embedder,
      Warming warming,
      Keeper keeper,
      Tallies tallies,
      Clock clock) {
    /** The same with an embedder. */
    Parts with(Optional<Embedder> one) {
      return new Parts(
          first,
          second,
          generations,
          flights,
          leases,
          similar,
          one,
          warming,
          keeper,
          tallies,
          clock);
    }
  }

  CacheStage(Parts parts) {
    this.parts = parts;
    this.clock = parts.clock();
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var found = Terms.of(x, parts.warming().owner(x));
    if (found.isEmpty()) {
      return without(x, next);
    }
    var terms = found.get();
    x.tally().cacheKey(terms.subjects().key());
    var stamp = parts.generations().stamp(terms.subjects());
    var onlyKept = x.call().options().onlyKept();
    if (terms.refresh()) {
      return onlyKept
          ? nothingKept()
          : new Asking(parts, x, next, terms, stamp, Optional.empty()).refresh();
    }
    // While words of invalidations may be missing, the database is asked before anything is served.
    var held =
        parts.generations().fresh()
            ? parts.first().find(terms.key(), stamp)
            : Optional.<Entry>empty();
    if (held.isPresent() && held.get().counts(clock.now(), terms.maxAge())) {
      return Future.succeededFuture(serve(x, held.get(), CacheStatus.HIT, Optional.empty()));
    }
    return onlyKept
        ? kept(new Asking(parts, x, next, terms, stamp, held))
        : join(x, next, terms, stamp, held);
  }

  /** A call in which the cache has no part: nobody is asked who was not to be asked. */
  static Future<Reply> without(Exchange x, Chain next) {
    return x.call().options().onlyKept() ? nothingKept() : next.proceed(x);
  }

  /**
   * The database's answer or none. Neither another's flight is waited for nor an answer to a
   * similar input looked for, which would cost a vector.
   */
  private Future<Reply> kept(Asking asking) {
    return asking
        .find()
        .compose(
            found ->
                found.isPresent()
                    ? Future.succeededFuture(
                        serve(asking.x(), found.get(), CacheStatus.HIT, Optional.empty()))
                    : nothingKept());
  }

  private static Future<Reply> nothingKept() {
    return Future.failedFuture(
        AIError.of(
            ErrorCode.NOT_CACHED,
            "No answer to this is kept that this call may have, and 'only-if-cached' asks nobody;"
                + " leave it out to have the provider asked."));
  }

  private Future<Reply> join(
      Exchange x, Chain next, Terms terms, Stamp stamp, Optional<Entry> old) {
    return parts
        .flights()
        .join(
            new Flights.Id(terms.key(), stamp, terms.maxAge()),
            parts.generations().joinableFrom(),
            x,
            new Flights.Part(
                lead -> lookUp(new Asking(parts, x, next, terms, stamp, old), lead),
                landed -> serve(x, landed.entry(), landed.status(), landed.match())));
  }

  /** The leader's way: the database, then the provider. */
  private Future<Reply> lookUp(Asking asking, Flight.Lead lead) {
    return asking
        .find()
        .compose(
            found ->
                found.isPresent()
                    ? landed(asking, lead, found.get(), CacheStatus.HIT)
                    : lookAround(asking, lead));
  }

  /** Where the function takes it, an answer to an input of the same meaning. */
  private Future<Reply> lookAround(Asking asking, Flight.Lead lead) {
    if (asking.terms().similarity().isEmpty()) {
      return ask(asking, lead);
    }
    return asking
        .similar()
        .compose(
            found ->
                found.isPresent()
                    ? landed(
                        asking,
                        lead,
                        new Flight.Landed(
                            found.get().entry(),
                            CacheStatus.SEMANTIC,
                            Optional.of(found.get().match())))
                    : ask(asking, lead));
  }

  private Future<Reply> landed(Asking asking, Flight.Lead lead, Entry entry, CacheStatus status) {
    return landed(asking, lead, new Flight.Landed(entry, status, Optional.empty()));
  }

  private Future<Reply> landed(Asking asking, Flight.Lead lead, Flight.Landed landed) {
    lead.landed(landed);
    return Future.succeededFuture(
        serve(asking.x(), landed.entry(), landed.status(), landed.match()));
  }

  private Future<Reply> ask(Asking asking, Flight.Lead lead) {
    return asking.terms().expensive()
        ? parts
            .leases()
            .begin(asking.x(), asking.terms())
            .transform(
                turn ->
                    turn.succeeded()
                        ? among(asking, lead, turn.result())
                        // The database is away: each node for itself.
                        : upstream(asking, lead, Optional.empty()))
        : upstream(asking, lead, Optional.empty());
  }

  private Future<Reply> among(Asking asking, Flight.Lead lead, FlightLeases.Turn turn) {
    return switch (turn) {
      case FlightLeases.Turn.Leads(var lease) -> leads(asking, lead, lease);
      case FlightLeases.Turn.Waits(var end) -> end.compose(how -> ended(asking, lead, how));
    };
  }

  /** Another flight may have ended between this call's look and its lead: it looks once more. */
  private Future<Reply> leads(Asking asking, Flight.Lead lead, FlightLeases.Lease lease) {
    return asking
        .find()
        .compose(
            found -> {
              if (found.isEmpty()) {
                return upstream(asking, lead, Optional.of(lease));
              }
              lease.end(FlightLeases.End.STORED);
              return landed(asking, lead, found.get(), CacheStatus.COALESCED);
            });
  }

  private Future<Reply> ended(Asking asking, Flight.Lead lead, FlightLeases.End how) {
    var cancelled = asking.x().cancellation().reason();
    if (cancelled.isPresent()) {
      return Future.failedFuture(cancelled.get());
    }
    return switch (how) {
      case UNCACHEABLE -> upstream(asking, lead, Optional.empty());
      case STORED, FAILED, UNKNOWN ->
          asking
              .find()
              .compose(
                  found ->
                      found.isPresent()
                          ? landed(asking, lead, found.get(), CacheStatus.COALESCED)
                          : ask(asking, lead));
    };
  }

  private Future<Reply> upstream(
      Asking asking, Flight.Lead lead, Optional<FlightLeases.Lease> lease) {
    return asking
        .ask(lead, lease)
        .recover(
            failure -> {
              var error = AIError.from(failure);
              var stale = asking.stale(error);
              if (stale.isPresent()) {
                return landed(asking, lead, stale.get(), CacheStatus.STALE);
              }
              lead.failed(error);
              return Future.failedFuture(error);
            });
  }

  private Reply serve(Exchange x, Entry entry, CacheStatus status, Optional<Kept.Match> match) {
    var now = clock.nanoTime();
    x.tally().cache(status);
    x.tally().kept(entry.kept(clock.now(), match));
    // Of an answer to another input its own: who throws it away means that one.
    match.ifPresent(_ -> x.tally().cacheKey(entry.key().hex()));
    x.tally().firstByte(now);
    parts.tallies().served(x, entry, status, now);
    var answer = entry.answer();
    // A provider's own body may hold more than its text; it goes out whole.
    return x.call().stream() && answer.wire().isEmpty()
        ? new Reply.Streamed(new ReplayedStream(answer, x.cancellation()))
        : new Reply.Whole(answer);
  }
}
