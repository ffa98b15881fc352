package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.Exchange;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;

/** Makes entries of answers and puts them into both levels. Thread-safe. */
final class Keeper {
  private static final Future<Fate> UNFIT = Future.succeededFuture(Fate.UNFIT);

  private final FirstLevel first;
  private final SecondLevel second;
  private final Generations generations;
  private final Tallies tallies;
  private final Warming warming;
  private final CacheMeters meters;
  private final int largest;
  private final boolean inputs;
  private final Clock clock;

  Keeper(
      FirstLevel first,
      SecondLevel second,
      Generations generations,
      Tallies tallies,
      Warming warming,
      CacheMeters meters,
      int largest,
      boolean inputs,
      Clock clock) {
    this.first = first;
    this.second = second;
    this.generations = generations;
    this.tallies = tallies;
    this.warming = warming;
    this.meters = meters;
    this.largest = largest;
    this.inputs = inputs;
    this.clock = clock;
  }

  /** The largest frame that is kept, in bytes. */
  int largest() {
    return largest;
  }

  /**
   * The entry of an answer that has just been given. It is kept if it is complete, not too large,
   * and of now: if something of it was invalidated since its call began, it is not.
   *
   * @param asked how its call asked
   */
  Entry keep(Exchange x, Terms terms, Stamp stamp, Answer answer, Asked asked) {
    var entry = entry(x, terms, answer, asked.beganNanos());
    tallies.asked(x, entry);
    var fate = answer.finish() == Answer.Finish.STOP ? put(x, terms, stamp, entry, asked) : UNFIT;
    warming.became(x.origin().id(), fate);
    fate.onSuccess(
        known -> {
          meters.became(known);
          asked.became(known);
        });
    return entry;
  }

  private Future<Fate> put(Exchange x, Terms terms, Stamp stamp, Entry entry, Asked asked) {
    if (entry.frame().length() > largest) {
      meters.flaw(Frame.Flaw.TOO_LARGE);
      return UNFIT;
    }
    if (!generations.stamp(terms.subjects()).equals(stamp)) {
      // The stamp decides when it is read; this look only spares the second level its own.
      return Future.succeededFuture(Fate.REFUSED);
    }
    first.put(entry, stamp);
    return second.store(terms, stamp, entry, extras(x, asked));
  }

  private Entry entry(Exchange x, Terms terms, Answer answer, long began) {
    var now = clock.now();
    var expires = now.plus(terms.ttl());
    return Frame.of(
        terms.key(),
        new Frame.About(
            terms.subjects().owner(),
            now,
            expires,
            expires.plus(terms.staleIfError()),
            x.tally().lastTarget().orElse(x.plan().route().first()),
            x.tally().cost(),
            Duration.ofNanos(clock.nanoTime() - began)),
        answer);
  }

  private SecondLevel.Extras extras(Exchange x, Asked asked) {
    return new SecondLevel.Extras(
        x.plan().experiment().orElse(""),
        x.plan().variant().orElse(""),
        inputs && x.call() instanceof Call.OfFunction call
            ? Optional.of(Json.write(call.input()))
            : Optional.empty(),
        asked.embedded(),
        asked.lease().map(FlightLeases.Lease::epoch).orElse(0L));
  }
}
