package dev.weir.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Asks again for the answers that are worth it before their time is over, the most valuable first,
 * within a day's budget. Worth it is an answer that, at the rate at which it was hit, will be hit
 * at least once more in another life: what it saves then is more than what it costs now.
 *
 * <p>One per process; its runs never overlap. What cannot be asked for again it remembers for a
 * while, over the runs, so that this keeps no others from their turn. Any thread.
 */
final class WarmUp {
  /** So many answers that cannot be asked for again are left alone, and for so long. */
  private static final int MOST_PASSED = 10_000;

  private static final Duration PASSED = Duration.ofMinutes(10);

  /**
   * Who found no answer tries again after this, not in each run for as long as a provider is down.
   */
  private static final Duration REST = Duration.ofMinutes(1);

  /** So many answers that were paid for are remembered, so that none is paid for in vain twice. */
  private static final int MOST_PAID = 10_000;

  private static final Duration IN_VAIN = Duration.ofHours(1);

  private final CacheCalls calls;
  private final WarmUpTable table;
  private final Bounds bounds;
  private final CacheMeters meters;
  private final Cache<String, Boolean> inVain =
      Caffeine.newBuilder().maximumSize(MOST_PAID).expireAfterWrite(IN_VAIN).build();

  /** What was answered and is not stored yet: it looks as due as before. */
  private final Set<String> storing = ConcurrentHashMap.newKeySet();

  private final Cache<String, Boolean> passed =
      Caffeine.newBuilder().maximumSize(MOST_PASSED).expireAfterWrite(PASSED).build();

  private final Cache<String, Boolean> resting =
      Caffeine.newBuilder().maximumSize(MOST_PASSED).expireAfterWrite(REST).build();

  /**
   * How much is refreshed.
   *
   * @param budget USD a day over all nodes; 0 for none
   * @param period from the start of one run to that of the next
   * @param atOnce so many calls at a time
   */
  record Bounds(BigDecimal budget, Duration period, int atOnce) {}

  WarmUp(CacheCalls calls, Bounds bounds, CacheMeters meters) {
    this.calls = calls;
    this.table = new WarmUpTable(bounds.budget());
    this.bounds = bounds;
    this.meters = meters;
  }

  /** Its job; none without a budget. */
  Optional<Job> job() {
    return bounds.budget().signum() > 0
        ? Optional.of(Job.every(bounds.period(), "cache-warm-up", this::run))
        : Optional.empty();
  }

  private Future<Void> run(Turn turn) {
    return table
        .ofArms(turn)
        .compose(
            answers -> {
              meters.passedOver(PassedOver.EXPERIMENT, answers);
              return new WarmUpRun(this, calls, table, turn, new Lanes(bounds.atOnce())).run();
            });
  }

  /** This one was asked for again, and answered. */
  void refreshed(String key, Future<Fate> fate) {
    meters.warmed();
    storing.add(key);
    fate.onSuccess(
        known -> {
          switch (known) {
            // What was invalidated is found by no look.
            case STORED, REFUSED -> {}
            case UNFIT -> inVain(key);
            // Another try may do, but not in each run for as long as the database takes nothing.
            case LOST -> leaveAlone(key, PassedOver.IN_VAIN);
          }
          storing.remove(key);
        });
  }

  /** This one was passed over, for now. */
  void passOver(PassedOver why) {
    meters.passedOver(why, 1);
  }

  /** This one cannot be asked for again, and that will not be other soon. */
  void leaveAlone(String key, PassedOver why) {
    passed.put(key, true);
    passOver(why);
  }

  /** This one found no answer, and nobody was paid; others have their turn first. */
  void unanswered(String key) {
    resting.put(key, true);
    passOver(PassedOver.UNANSWERED);
  }

  /** This one was paid for, and no answer came of it. */
  void inVain(String key) {
    inVain.put(key, true);
    passOver(PassedOver.IN_VAIN);
  }

  /** What a look need not find: what a run has seen, and what could not be asked lately. */
  Set<String> without(Set<String> seen) {
    var all = new HashSet<>(seen);
    all.addAll(passed.asMap().keySet());
    all.addAll(resting.asMap().keySet());
    all.addAll(storing);
    all.addAll(inVain.asMap().keySet());
    return all;
  }
}
