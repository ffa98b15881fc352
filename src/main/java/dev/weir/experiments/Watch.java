package dev.weir.experiments;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;

/**
 * One experiment on the node that leads: what was read of it, what was made of that, and whether
 * there is anything new to be made something of. A look at which nothing has changed asks the
 * database for what lies behind two places of an index and does nothing else.
 *
 * <p>All users are counted too, for the split, for the readers' sums, and to see that what was read
 * is what there is. That takes time in proportion to them, so it may take a twentieth of the time,
 * and less and less where it finds the same. Reading all anew may take another twentieth.
 *
 * <p>Confined to one look at a time.
 */
final class Watch {
  private static final int SHARE = 20;
  private static final Duration IDLE = Duration.ofSeconds(5);
  private static final Duration MOST_IDLE = Duration.ofMinutes(1);

  private final Clock clock;
  private final Database database;
  private final int page;
  private Reading reading;
  private Optional<Tally> tally = Optional.empty();
  private Optional<Judged> ruled = Optional.empty();
  private Optional<Judgement.Result> result = Optional.empty();
  private boolean news = true;
  private boolean whole;
  private Duration tallyTook = Duration.ZERO;
  private Duration readTook = Duration.ZERO;
  private Duration idle = Duration.ZERO;
  private long talliedNanos;
  private long readNanos;

  Watch(Clock clock, Database database, int page, Judged experiment) {
    this.page = page;
    this.clock = clock;
    this.database = database;
    this.reading = new Reading(experiment, page);
    this.readNanos = clock.nanoTime();
  }

  /** What the users say so far, and how they came. Once {@link #look} has said yes. */
  record Facts(Judgement judgement, Tally tally) {}

  /**
   * Reads what is new.
   *
   * @return whether all was read, so that it may be judged
   */
  Future<Boolean> look(Judged now) {
    if (!reading.fits(now) || (reading.spoilt() && mayReadAnew())) {
      begin(now);
    }
    if (reading.spoilt()) {
      return Future.failedFuture("a user of it cannot be judged, and it was read anew just now");
    }
    return readOn(now).compose(all -> all ? count(now) : Future.succeededFuture(false));
  }

  private void begin(Judged now) {
    reading = new Reading(now, page);
    whole = false;
    readTook = Duration.ZERO;
  }

  private Future<Boolean> readOn(Judged now) {
    var began = clock.nanoTime();
    return reading
        .on(database, now)
        .onComplete(
            _ -> {
              if (!whole) {
                readNanos = clock.nanoTime();
                readTook = readTook.plusNanos(readNanos - began);
              }
            })
        .map(
            all -> {
              news |= reading.takeNews();
              whole |= all;
              return all;
            });
  }

  private Future<Boolean> count(Judged now) {
    var rested = Duration.ofNanos(clock.nanoTime() - talliedNanos);
    var pause = tallyTook.multipliedBy(SHARE);
    var hinted = news || !ruled.equals(Optional.of(now));
    if (tally.isPresent()
        && (rested.compareTo(pause) < 0 || (!hinted && rested.compareTo(idle) < 0))) {
      return Future.succeededFuture(true);
    }
    var began = clock.nanoTime();
    return reading
        .tally(database, now.name())
        .compose(
            counted -> {
              talliedNanos = clock.nanoTime();
              tallyTook = Duration.ofNanos(talliedNanos - began);
              return counted(now, counted);
            });
  }

  private Future<Boolean> counted(Judged now, Tally counted) {
    var same = tally.filter(counted::equals).isPresent();
    news |= !same;
    idle = same ? min(idle.isZero() ? IDLE : idle.multipliedBy(2), MOST_IDLE) : Duration.ZERO;
    tally = Optional.of(counted);
    if (reading.agrees(counted) || !mayReadAnew()) {
      return Future.succeededFuture(true);
    }
    begin(now);
    return readOn(now);
  }

  private boolean mayReadAnew() {
    var rested = Duration.ofNanos(clock.nanoTime() - readNanos);
    return rested.compareTo(readTook.multipliedBy(SHARE)) >= 0;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** What there is to be judged; empty if it has been, and the experiment is as it was. */
  Optional<Facts> unjudged(Judged now) {
    return !news && ruled.equals(Optional.of(now))
        ? Optional.empty()
        : Optional.of(new Facts(reading.judgement(), tally.orElseThrow()));
  }

  /** What came of the last facts; it stands until there are others. */
  Optional<Judgement.Result> result() {
    return result;
  }

  /** The facts were judged, and what was decided is written. */
  void judged(Judged now, Judgement.Result came) {
    ruled = Optional.of(now);
    result = Optional.of(came);
    news = false;
  }
}
