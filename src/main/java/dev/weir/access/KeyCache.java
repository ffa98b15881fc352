package dev.weir.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What this process knows about keys, by their hashes. An answer of the database grows old like
 * this:
 *
 * <pre>
 * age        database there                    database away
 * 0 - 2 s    used                              used
 * 2 - 5 s    used, renewed in the background   used
 * 5 - 60 s   renewed first: one round trip     used, tried again once a second
 * 60 s on    renewed first                     STORAGE_UNAVAILABLE
 * </pre>
 *
 * A hash that the database does not know is remembered for {@link #UNKNOWN}. Both memories are
 * bounded. A change made in this process drops what is known of the key at once, and whoever was
 * just loading it loads it again. Thread-safe.
 */
final class KeyCache {
  static final Duration AHEAD = Duration.ofSeconds(2);
  static final Duration FRESH = Duration.ofSeconds(5);
  static final Duration GRACE = Duration.ofSeconds(60);
  static final Duration UNKNOWN = Duration.ofSeconds(10);
  private static final Duration PROBE = Duration.ofSeconds(1);
  private static final int MAX_KEYS = 20_000;

  private final LookupBatches batches;
  private final Clock clock;
  private final Cache<KeyHash, Entry> known;
  private final Cache<KeyHash, Boolean> unknown;

  /** Counts local changes; an answer that was asked for before the last one may be out of date. */
  private final AtomicLong changes = new AtomicLong();

  /** When to ask an absent database again; meaningful while {@link #away}. */
  private final AtomicLong probeAtNanos = new AtomicLong();

  private volatile boolean away;

  KeyCache(KeyLookup lookup, Clock clock) {
    this.batches = new LookupBatches(lookup, clock);
    this.clock = clock;
    this.known =
        Caffeine.newBuilder()
            .maximumSize(MAX_KEYS)
            .expireAfterWrite(GRACE)
            .ticker(clock::nanoTime)
            .executor(Runnable::run)
            .build();
    this.unknown =
        Caffeine.newBuilder()
            .maximumSize(MAX_KEYS)
            .expireAfterWrite(UNKNOWN)
            .ticker(clock::nanoTime)
            .executor(Runnable::run)
            .build();
  }

  /** A key as it was known at a moment. */
  static final class Entry {
    private final KnownKey key;
    private final long askedNanos;
    private final AtomicBoolean renewing = new AtomicBoolean();

    Entry(KnownKey key, long askedNanos) {
      this.key = key;
      this.askedNanos = askedNanos;
    }

    KnownKey key() {
      return key;
    }

    /** Whether the key's own time is over. */
    boolean over(long nowNanos) {
      return key.validFor().isPresent() && nowNanos - askedNanos >= key.validFor().get().toNanos();
    }
  }

  /** The entry of a hash; fails with {@code UNAUTHENTICATED} if no key has it. */
  Future<Entry> get(KeyHash hash) {
    var now = clock.nanoTime();
    var entry = known.getIfPresent(hash);
    if (entry == null) {
      return missing(hash, now);
    }
    var age = now - entry.askedNanos;
    if (age < AHEAD.toNanos()) {
      return Future.succeededFuture(entry);
    }
    if (age < FRESH.toNanos() || (away && age < GRACE.toNanos())) {
      renewBehind(hash, entry, now);
      return Future.succeededFuture(entry);
    }
    return load(hash)
        .recover(
            e ->
                isAway(e) && stillGood(hash, entry)
                    ? Future.succeededFuture(entry)
                    : Future.failedFuture(e));
  }

  private Future<Entry> missing(KeyHash hash, long now) {
    if (unknown.getIfPresent(hash) != null) {
      return Future.failedFuture(Verdicts.unknown());
    }
    if (away && !mayProbe(now)) {
      return Future.failedFuture(Verdicts.storageAway(new IllegalStateException("asked just now")));
    }
    return load(hash);
  }

  /** Drops everything that is known of a key, because it was changed here. */
  void forget(UUID key) {
    changes.incrementAndGet();
    known.asMap().values().removeIf(entry -> entry.key.id().equals(key));
  }

  private void renewBehind(KeyHash hash, Entry entry, long now) {
    if ((!away || mayProbe(now)) && entry.renewing.compareAndSet(false, true)) {
      load(hash).onComplete(_ -> entry.renewing.set(false));
    }
  }

  private boolean mayProbe(long now) {
    var at = probeAtNanos.get();
    return now - at >= 0 && probeAtNanos.compareAndSet(at, now + PROBE.toNanos());
  }

  private Future<Entry> load(KeyHash hash) {
    var before = changes.get();
    return batches
        .find(hash)
        .transform(
            loaded -> {
              if (loaded.failed()) {
                return failed(loaded.cause());
              }
              away = false;
              return changes.get() == before ? remember(hash, loaded.result()) : load(hash);
            });
  }

  private Future<Entry> remember(KeyHash hash, LookupBatches.Answer answer) {
    var key = answer.key().filter(k -> k.hash().matches(hash));
    if (key.isEmpty()) {
      known.invalidate(hash);
      unknown.put(hash, true);
      return Future.failedFuture(Verdicts.unknown());
    }
    var entry = new Entry(key.get(), answer.askedNanos());
    known.put(hash, entry);
    return Future.succeededFuture(entry);
  }

  private Future<Entry> failed(Throwable failure) {
    if (!isAway(failure)) {
      return Future.failedFuture(failure);
    }
    if (!away) {
      probeAtNanos.set(clock.nanoTime() + PROBE.toNanos());
      away = true;
    }
    return Future.failedFuture(Verdicts.storageAway(failure));
  }

  private static boolean isAway(Throwable failure) {
    return failure instanceof AIError error && error.code() == ErrorCode.STORAGE_UNAVAILABLE;
  }

  /** Within its grace, and not dropped by a change meanwhile. */
  private boolean stillGood(KeyHash hash, Entry entry) {
    return known.getIfPresent(hash) == entry
        && clock.nanoTime() - entry.askedNanos < GRACE.toNanos();
  }
}
