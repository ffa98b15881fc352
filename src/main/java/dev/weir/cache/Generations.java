package dev.weir.cache;

import dev.weir.core.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What this process knows of invalidations: the newest generation of each subject that was
 * invalidated lately, and for all others a floor. Everything kept in memory bears the {@link Stamp}
 * of the moment at which its call began, and counts only while that is still the stamp; so an
 * invalidation hits all of it at once, whatever is in flight, without touching it.
 *
 * <p>Generations are committed, and heard of, in their order (V111): when one is known, everything
 * below it has happened, whoever's it is. That is the floor. Where more subjects are invalidated
 * than are remembered, it rises to the newest: the memory begins anew, once, and nothing need be
 * read again.
 *
 * <p>Thread-safe. In the usual case, that nothing was invalidated, a stamp costs two reads.
 */
final class Generations {
  /** Word of invalidations older than this may not have come through. */
  static final Duration TRUSTED = Duration.ofSeconds(1);

  /** So many subjects are told apart. */
  static final int MOST = 50_000;

  /** No flight began before it. */
  static final long ANY = Long.MIN_VALUE;

  private final Clock clock;
  private final int most;

  /** Replaced as one, so that nobody sees a floor of before with subjects of after. */
  private volatile State state = new State(0, 0, new ConcurrentHashMap<>());

  /** Of everything heard; guarded by this. */
  private long newest;

  private volatile long heardNanos;
  private volatile boolean heard;

  /**
   * What is known.
   *
   * @param epoch how often this process lost track
   * @param floor everything up to this happened before
   * @param moved subjects invalidated after it, by their newest generation
   */
  private record State(long epoch, long floor, Map<String, Long> moved) {
    long of(Subjects.Kind kind, String id) {
      return moved.getOrDefault(name(kind.label(), id), floor);
    }
  }

  Generations(Clock clock) {
    this(clock, MOST);
  }

  /**
   * As little as a test can fill.
   *
   * @param most so many subjects are told apart
   */
  Generations(Clock clock, int most) {
    this.clock = clock;
    this.most = most;
  }

  /** The stamp of now. */
  Stamp stamp(Subjects of) {
    var now = state;
    if (now.moved().isEmpty()) {
      var floor = now.floor();
      return new Stamp(now.epoch(), floor, floor, floor, floor, floor);
    }
    return new Stamp(
        now.epoch(),
        now.of(Subjects.Kind.ALL, Subjects.EVERYTHING),
        now.of(Subjects.Kind.FUNCTION, of.function()),
        now.of(Subjects.Kind.VERSION, Subjects.versionId(of.function(), of.version())),
        of.owner().map(user -> now.of(Subjects.Kind.USER, user)).orElse(now.floor()),
        now.of(Subjects.Kind.KEY, of.key()));
  }

  /** Whether every invalidation up to a second ago is known here. */
  boolean fresh() {
    return heard && clock.nanoTime() - heardNanos <= TRUSTED.toNanos();
  }

  /**
   * A call that begins now may join a flight that began at this moment or later. While words of
   * invalidations come through that is any; else only one of the last second, since who began
   * before that may have begun before an invalidation that nobody here has heard of.
   */
  long joinableFrom() {
    return fresh() ? ANY : clock.nanoTime() - TRUSTED.toNanos();
  }

  /** All that was sent before this moment was heard. */
  void heard(long sentNanos) {
    heardNanos = sentNanos;
    heard = true;
  }

  /**
   * A subject was invalidated.
   *
   * @return false if that was one too many to tell apart, and the memory begins anew
   */
  synchronized boolean moved(String kind, String id, long generation) {
    newest = Math.max(newest, generation);
    var now = state;
    if (generation > now.floor()) {
      now.moved().merge(name(kind, id), generation, Math::max);
    }
    if (now.moved().size() <= most) {
      return true;
    }
    state = new State(now.epoch(), newest, new ConcurrentHashMap<>());
    return false;
  }

  /** Everything up to this generation had happened when it was asked for. */
  synchronized void upTo(long generation) {
    newest = Math.max(newest, generation);
    var now = state;
    var later = new ConcurrentHashMap<>(now.moved());
    later.values().removeIf(g -> g <= generation);
    state = new State(now.epoch(), Math.max(now.floor(), generation), later);
  }

  /** Words may have been missed: nothing that was kept until now counts any more. */
  synchronized void lost() {
    heard = false;
    var now = state;
    state = new State(now.epoch() + 1, now.floor(), new ConcurrentHashMap<>());
  }

  private static String name(String kind, String id) {
    return kind + ":" + id;
  }
}
