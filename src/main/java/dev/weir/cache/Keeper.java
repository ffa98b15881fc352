package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Exchange;
import java.time.Duration;
import java.util.Optional;

/** Makes entries of answers and puts them into both levels. Thread-safe. */
final class Keeper {
  private final FirstLevel first;
  private final SecondLevel second;
  private final Generations generations;
  private final Tallies tallies;
  private final CacheMeters meters;
  private final int largest;
  private final Clock clock;

  Keeper(
      FirstLevel first,
      SecondLevel second,
      Generations generations,
      Tallies tallies,
      CacheMeters meters,
      int largest,
      Clock clock) {
    this.first = first;
    this.second = second;
    this.generations = generations;
    this.tallies = tallies;
    this.meters = meters;
    this.largest = largest;
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
   * @param began when its call began to ask, by the monotonic clock
   */
  Entry keep(Exchange x, Terms terms, Stamp stamp, Answer answer, long began) {
    var entry = entry(x, terms, answer, began);
    tallies.asked(x, entry);
    if (answer.finish() != Answer.Finish.STOP) {
      return entry;
    }
    if (entry.frame().length() > largest) {
      meters.flaw(Frame.Flaw.TOO_LARGE);
      return entry;
    }
    // The stamp decides when it is read; this look only spares the second level its own.
    if (generations.stamp(terms.subjects()).equals(stamp)) {
      first.put(entry, stamp);
      second.store(x.principal().user(), terms, stamp, entry, extras(x)).onSuccess(meters::stored);
    } else {
      meters.stored(false);
    }
    return entry;
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

  private static SecondLevel.Extras extras(Exchange x) {
    return new SecondLevel.Extras(
        x.plan().experiment().orElse(""),
        x.plan().variant().orElse(""),
        Optional.empty(),
        Optional.empty(),
        0);
  }
}
