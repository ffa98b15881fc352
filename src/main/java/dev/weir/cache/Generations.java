package dev.weir.cache;

import dev.weir.core.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What this process knows of invalidations: the newest generation of each subject that was
 * invalidated lately. Everything kept in memory bears the {@link Stamp} of the moment at which its
 * call began, and counts only while that is still the stamp; so an invalidation hits all of it at
 * once, whatever is in flight, without touching it.
 *
 * <p>Thread-safe. In the usual case, that nothing was invalidated, a stamp costs two reads.
 */
final class Generations {
  /** Word of invalidations older than this may not have come through. */
  static final Duration TRUSTED = Duration.ofSeconds(1);

  /** So many subjects are remembered; more make this process begin anew. */
  static final int MOST = 50_000;

  private final Clock clock;
  private final Map<String, Long> moved = new ConcurrentHashMap<>();
  private final AtomicLong epoch = new AtomicLong();
  private volatile long all;
  private volatile long heardNanos;
  private volatile boolean heard;

  Generations(Clock clock) {
    this.clock = clock;
  }

  /** The stamp of now. */
  Stamp stamp(Subjects of) {
    var now = epoch.get();
    if (moved.isEmpty()) {
      return new Stamp(now, all, 0, 0, 0, 0);
    }
    return new Stamp(
        now,
        all,
        generation(Subjects.Kind.FUNCTION, of.function()),
        generation(Subjects.Kind.VERSION, Subjects.versionId(of.function(), of.version())),
        of.owner().map(user -> generation(Subjects.Kind.USER, user)).orElse(0L),
        generation(Subjects.Kind.KEY, of.key()));
  }

  private long generation(Subjects.Kind kind, String id) {
    return moved.getOrDefault(name(kind.label(), id), 0L);
  }

  /** Whether every invalidation up to a second ago is known here. */
  boolean fresh() {
    return heard && clock.nanoTime() - heardNanos <= TRUSTED.toNanos();
  }

  /** All that was sent before this moment was heard. */
  void heard(long sentNanos) {
    heardNanos = sentNanos;
    heard = true;
  }

  /** A subject was invalidated. Whether there is room to remember it; if not, begin anew. */
  boolean moved(String kind, String id, long generation) {
    if (kind.equals(Subjects.Kind.ALL.label())) {
      all = Math.max(all, generation);
      return true;
    }
    moved.merge(name(kind, id), generation, Math::max);
    return moved.size() <= MOST;
  }

  /** Words may have been missed: nothing that was kept until now counts any more. */
  void lost() {
    heard = false;
    moved.clear();
    epoch.incrementAndGet();
  }

  private static String name(String kind, String id) {
    return kind + ":" + id;
  }
}
