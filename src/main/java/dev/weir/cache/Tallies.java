package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.core.Usd;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Tally.CacheStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the cache did, counted in memory until it is written: by hour and function what was served,
 * saved and spent, and by key how often it was hit. Thread-safe; a hit costs a few additions.
 */
final class Tallies {
  /** So many keys between two writes; hits of more are counted by function alone. */
  private static final int MOST_KEYS = 20_000;

  /** So many functions and hours: what was not written for long, of many functions, ends here. */
  private static final int MOST_LINES = 10_000;

  private final CacheMeters meters;
  private final Clock clock;
  private final AtomicReference<Batch> batch = new AtomicReference<>(new Batch());
  private final AtomicReference<Batch> cooling = new AtomicReference<>(new Batch());

  /** What is written at once. */
  static final class Batch {
    private final Map<Line, Sums> sums = new ConcurrentHashMap<>();
    private final Map<CacheKey, LongAdder> hits = new ConcurrentHashMap<>();

    Map<Line, Sums> sums() {
      return sums;
    }

    /** Hits by key. */
    Map<CacheKey, Long> hits() {
      var all = new HashMap<CacheKey, Long>();
      hits.forEach((key, count) -> all.put(key, count.sum()));
      return all;
    }

    boolean isEmpty() {
      return sums.isEmpty();
    }
  }

  /** One row of the figures. */
  record Line(Instant hour, String function) {}

  /** Its sums. */
  static final class Sums {
    private final Map<CacheStatus, LongAdder> served = new EnumMap<>(CacheStatus.class);
    private final LongAdder savedNanos = new LongAdder();
    private final LongAdder savedMillis = new LongAdder();
    private final LongAdder spentNanos = new LongAdder();
    private final LongAdder spentMillis = new LongAdder();

    Sums() {
      for (var status : CacheStatus.values()) {
        served.put(status, new LongAdder());
      }
    }

    private void count(CacheStatus status) {
      var adder = served.get(status);
      if (adder != null) {
        adder.increment();
      }
    }

    private void add(Sums more) {
      served.forEach((status, count) -> count.add(more.served(status)));
      savedNanos.add(more.savedNanos.sum());
      savedMillis.add(more.savedMillis.sum());
      spentNanos.add(more.spentNanos.sum());
      spentMillis.add(more.spentMillis.sum());
    }

    long served(CacheStatus status) {
      var adder = served.get(status);
      return adder == null ? 0 : adder.sum();
    }

    Usd saved() {
      return new Usd(savedNanos.sum());
    }

    long savedMillis() {
      return savedMillis.sum();
    }

    Usd spent() {
      return new Usd(spentNanos.sum());
    }

    long spentMillis() {
      return spentMillis.sum();
    }
  }

  Tallies(CacheMeters meters, Clock clock) {
    this.meters = meters;
    this.clock = clock;
  }

  /** A call was answered by the cache, at this moment of the monotonic clock. */
  void served(Exchange x, Entry entry, CacheStatus status, long nanoTime) {
    var now = batch.get();
    var sums = sums(now, x);
    sums.count(status);
    sums.savedNanos.add(entry.cost().nanos());
    // A vector of its input, or attempts before a stale answer: served, but not for nothing.
    sums.spentNanos.add(x.tally().cost().nanos());
    var took = Duration.ofNanos(nanoTime - x.origin().arrivedNanos()).toMillis();
    sums.savedMillis.add(Math.max(0, entry.took().toMillis() - took));
    meters.saved(entry.cost().nanos() / 1e9);
    if (now.hits.size() < MOST_KEYS) {
      now.hits.computeIfAbsent(entry.key(), _ -> new LongAdder()).increment();
    }
  }

  /** A call asked for itself, and its answer might have been kept. */
  void asked(Exchange x, Entry entry) {
    var sums = sums(batch.get(), x);
    sums.count(x.tally().cache());
    sums.spentNanos.add(entry.cost().nanos());
    sums.spentMillis.add(entry.took().toMillis());
  }

  /**
   * What was counted up to the last time that this was asked: a call that began to count into it
   * then has done so by now.
   */
  Batch take() {
    return cooling.getAndSet(batch.getAndSet(new Batch()));
  }

  /**
   * Counts a batch again that could not be written, with what comes next. It stays bounded: beyond
   * so many keys and lines the rest is dropped.
   */
  void putBack(Batch unwritten) {
    var now = batch.get();
    unwritten.sums.forEach(
        (line, sums) -> {
          if (now.sums.size() < MOST_LINES || now.sums.containsKey(line)) {
            now.sums.computeIfAbsent(line, _ -> new Sums()).add(sums);
          }
        });
    unwritten.hits.forEach(
        (key, hits) -> {
          if (now.hits.size() < MOST_KEYS || now.hits.containsKey(key)) {
            now.hits.computeIfAbsent(key, _ -> new LongAdder()).add(hits.sum());
          }
        });
  }

  private Sums sums(Batch now, Exchange x) {
    var hour = clock.now().truncatedTo(ChronoUnit.HOURS);
    return now.sums.computeIfAbsent(new Line(hour, x.plan().label()), _ -> new Sums());
  }
}
