package dev.weir.gateway;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What a call gathers on its way: the notes from which its record, its reply's meta and its headers
 * are made. The one thing about a call that changes; confined to the call's event loop.
 */
public final class Tally {
  private final List<AttemptRecord> attempts = new ArrayList<>(1);
  private final List<String> repairs = new ArrayList<>(0);
  private final Map<String, Integer> repairKinds = new TreeMap<>();
  private final List<String> warnings = new ArrayList<>(0);
  private Optional<OutputOutcome> output = Optional.empty();
  private Optional<Plan> followed = Optional.empty();
  private CallMarks marks = CallMarks.NONE;
  private Instant startedAt = Instant.EPOCH;
  private Debit debit = Debit.NONE;
  private boolean admitted;
  private int retries;
  private CacheStatus cache = CacheStatus.OFF;
  private Optional<String> cacheKey = Optional.empty();
  private Optional<Kept> kept = Optional.empty();
  private Optional<Duration> answeredIn = Optional.empty();
  private long firstByteNanos;
  private boolean unitReturned;
  private Supplier<Optional<Allowance>> allowance = Optional::empty;
  private Optional<Cap> cap = Optional.empty();

  /** How the cache took part. */
  public enum CacheStatus {
    /** Answered by it. */
    HIT,
    /** Answered by an entry of similar meaning. */
    SEMANTIC,
    /** Answered by an expired entry because the provider is down. */
    STALE,
    /** Answered by an identical call in flight. */
    COALESCED,
    /** Looked up in vain. */
    MISS,
    /** Not looked up, but filled. */
    REFRESH,
    /** Took no part. */
    OFF;

    /** Its name in headers, records and metrics. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Sets the plan that the call follows instead of the one it came in with. */
  void follow(Plan plan) {
    followed = Optional.of(plan);
  }

  /** The plan that took the place of the first one, if one did. */
  Optional<Plan> followed() {
    return followed;
  }

  /** Sets where the call leaves its durable marks. */
  public void marks(CallMarks where) {
    marks = where;
  }

  /** Where the call leaves its durable marks. */
  public CallMarks marks() {
    return marks;
  }

  /**
   * Sets the moment that the call's record bears, whose prices hold for all of it. Once it is
   * admitted, it stays.
   */
  public void startedAt(Instant moment) {
    if (!admitted) {
      startedAt = moment;
    }
  }

  /** The moment that the call's record bears, by the database's time. */
  public Instant startedAt() {
    return startedAt;
  }

  /**
   * Sets on which accounts the call stands; again when a lease ran out before anything was sent.
   */
  public void debit(Debit accounts) {
    debit = accounts;
  }

  /** On which accounts the call stands. */
  public Debit debit() {
    return debit;
  }

  /** The call's unit came back: nothing was sent for it, or all that was sent was refused. */
  public void unitReturned() {
    unitReturned = true;
  }

  /** Whether the call's unit came back. */
  public boolean isUnitReturned() {
    return unitReturned;
  }

  /** Sets where to ask what is left of the caller's limits. */
  public void allowance(Supplier<Optional<Allowance>> source) {
    allowance = source;
  }

  /** What is left of the caller's limits at this moment, for the reply's headers. */
  public Optional<Allowance> allowance() {
    return allowance.get();
  }

  /**
   * Sets what the whole call may cost, alone or with others, whatever budgets its subjects have.
   */
  public void cap(Cap most) {
    cap = Optional.of(most);
  }

  /** What the whole call may cost; empty where its subjects' budgets alone bound it. */
  public Optional<Cap> cap() {
    return cap;
  }

  /** The call was admitted: from here on it leaves exactly one record. */
  public void admit() {
    admitted = true;
  }

  /** Whether it was admitted. */
  public boolean admitted() {
    return admitted;
  }

  /** One more line of the bill. */
  public void add(AttemptRecord attempt) {
    attempts.add(attempt);
  }

  /** The attempts that have ended, in that order. */
  public List<AttemptRecord> attempts() {
    return List.copyOf(attempts);
  }

  /** One more retry or fallback was made. */
  public void retried() {
    retries++;
  }

  /** Retries and fallbacks made. */
  public int retries() {
    return retries;
  }

  /** Something was mended in the model's answer. */
  public void repaired(Repairs what) {
    repairs.addAll(what.lines());
    what.kinds().forEach((kind, times) -> repairKinds.merge(kind, times, Integer::sum));
  }

  /** What was mended in the model's answer, in words; bounded. */
  public List<String> repairs() {
    return List.copyOf(repairs);
  }

  /** How often something was mended, by kind. */
  public Map<String, Integer> repairKinds() {
    return Map.copyOf(repairKinds);
  }

  /** Sets what became of the answer of a function that has an output schema. */
  public void output(OutputOutcome outcome) {
    output = Optional.of(outcome);
  }

  /** What became of the answer; empty where none was judged by a schema. */
  public Optional<OutputOutcome> output() {
    return output;
  }

  /** Something the caller should know and that is no error ({@code x-weir-warnings}). */
  public void warn(String what) {
    warnings.add(what);
  }

  /** What the caller should know. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /** Sets how the cache took part. */
  public void cache(CacheStatus status) {
    cache = status;
  }

  /** How the cache took part. */
  public CacheStatus cache() {
    return cache;
  }

  /** Sets the key under which its answer is kept, or was. */
  public void cacheKey(String hex) {
    cacheKey = Optional.of(hex);
  }

  /** The key under which its answer is kept, or was; empty where the cache took no part. */
  public Optional<String> cacheKey() {
    return cacheKey;
  }

  /** Sets whose answer it got from the cache, or from an identical call. */
  public void kept(Kept answer) {
    kept = Optional.of(answer);
  }

  /** Whose answer it got; empty where it asked by itself. */
  public Optional<Kept> kept() {
    return kept;
  }

  /**
   * Sets how long it took to have an answer made, all attempts together, without what the call
   * waited for before it was allowed to ask.
   */
  public void answeredIn(Duration time) {
    answeredIn = Optional.of(time);
  }

  /** How long it took to have an answer made; empty where none was, or nobody looked on. */
  public Optional<Duration> answeredIn() {
    return answeredIn;
  }

  /**
   * Marks the moment at which the first piece of the answer was there; only the first mark counts.
   */
  public void firstByte(long nanoTime) {
    if (firstByteNanos == 0) {
      firstByteNanos = nanoTime;
    }
  }

  /** The monotonic clock at the first piece of the answer, or 0. */
  public long firstByteNanos() {
    return firstByteNanos;
  }

  /** What all attempts consumed. */
  public Usage usage() {
    return attempts.stream().map(AttemptRecord::usage).reduce(Usage.NONE, Usage::plus);
  }

  /** What all priced attempts cost. */
  public Usd cost() {
    return attempts.stream().flatMap(a -> a.cost().stream()).reduce(Usd.ZERO, Usd::plus);
  }

  /** What the call cost, or empty if a model that it used has no price. */
  public Optional<Usd> knownCost() {
    return attempts.stream().allMatch(a -> a.cost().isPresent())
        ? Optional.of(cost())
        : Optional.empty();
  }

  /** What the providers themselves say it cost, where any does. */
  public Optional<Usd> providerCost() {
    return attempts.stream().flatMap(a -> a.providerCost().stream()).reduce(Usd::plus);
  }

  /**
   * The target of the last attempt, or whoever once gave the answer that was kept; empty if nothing
   * was asked.
   */
  public Optional<Target> lastTarget() {
    return attempts.isEmpty() ? kept.map(Kept::target) : Optional.of(attempts.getLast().target());
  }
}
