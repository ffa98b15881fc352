package dev.weir.cache;

import dev.weir.cache.WarmUpTable.Candidate;
import dev.weir.cache.WarmUpTable.Full;
import dev.weir.cache.WarmUpTable.NotDue;
import dev.weir.cache.WarmUpTable.Taken;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Obstacle;
import dev.weir.core.Usd;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Cap;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One run of warm-up. Answers are planned and their money is reserved one after the other, in the
 * order of their worth; the calls themselves are under way several at a time.
 *
 * <p>The budget is hard. Before each call its worst price is reserved in the day's row, by the one
 * node that leads; the call gets exactly that as its {@link Cap}, which every attempt passes before
 * it is sent, so a retry, a fallback or a second ask happens only if what is left of the cap covers
 * its own worst price. After the call the row gets what it did cost. A leader that dies in between
 * leaves the reservation spent.
 *
 * <p>One whose worst price does not fit while others are under way waits until they have told what
 * they did cost, and those after it wait with it: so the same answers are refreshed as if there
 * were one call at a time. A look for the next ones waits for nobody under way, unless it finds
 * none and their reservations may be why. Its steps follow each other; only {@link #ends} is told
 * from beside.
 */
final class WarmUpRun {
  private static final Logger LOG = LogManager.getLogger(WarmUpRun.class);

  /** So many are looked up at a time. */
  private static final int ONCE = 50;

  /** So often a run looks for the next ones, since those at the top may not be worth asking. */
  private static final int MOST_LOOKS = 40;

  private final WarmUp warmUp;
  private final CacheCalls calls;
  private final WarmUpTable table;
  private final Turn turn;
  private final Lanes lanes;
  private final Set<String> seen = new HashSet<>();

  /** So much did not fit into what is left; what costs as much need not try. */
  private Usd tooMuch = new Usd(Long.MAX_VALUE);

  /** Functions whose models answer nothing now: their other answers need not try in this run. */
  private final Set<String> shut = ConcurrentHashMap.newKeySet();

  /** Those that others under way kept out, to be tried once more. */
  private final Queue<Candidate> again = new ConcurrentLinkedQueue<>();

  /** Whether this account may make no call now, whatever it asks for. */
  private volatile boolean ends;

  WarmUpRun(WarmUp warmUp, CacheCalls calls, WarmUpTable table, Turn turn, Lanes lanes) {
    this.warmUp = warmUp;
    this.calls = calls;
    this.table = table;
    this.turn = turn;
    this.lanes = lanes;
  }

  /** Succeeds when all that it began has ended. */
  Future<Void> run() {
    return look(MOST_LOOKS).compose(_ -> last()).eventually(lanes::empty);
  }

  /** The most valuable ones, then those after them, while the last of the first are under way. */
  private Future<Void> look(int looks) {
    // Told before the look: who ends meanwhile has given back what the look may not have seen.
    var alone = lanes.idle();
    return table
        .worthIt(turn, ONCE, warmUp.without(seen))
        .compose(
            all -> {
              if (all.isEmpty() && !alone) {
                // Perhaps only because all that is left of the day is reserved.
                return lanes.next().compose(_ -> goOn(looks));
              }
              all.forEach(one -> seen.add(one.key()));
              return each(new ArrayDeque<>(all))
                  .compose(_ -> all.size() == ONCE ? goOn(looks - 1) : Future.succeededFuture());
            });
  }

  private Future<Void> goOn(int looks) {
    return ends || looks == 0 ? Future.succeededFuture() : look(looks);
  }

  /** Those that were kept out until the end. */
  private Future<Void> last() {
    return lanes
        .empty()
        .compose(
            _ ->
                ends || again.isEmpty()
                    ? Future.succeededFuture()
                    : each(new ArrayDeque<>()).compose(_ -> last()));
  }

  private Future<Void> each(Queue<Candidate> rest) {
    return lanes
        .room()
        .compose(
            _ -> {
              var next = ends ? null : next(rest);
              return next == null ? Future.succeededFuture() : one(next).compose(_ -> each(rest));
            });
  }

  private @Nullable Candidate next(Queue<Candidate> rest) {
    var first = again.poll();
    return first == null ? rest.poll() : first;
  }

  /** Succeeds when its call is under way, or will not be. */
  private Future<Void> one(Candidate candidate) {
    if (shut.contains(candidate.function())) {
      return passOver(PassedOver.UNANSWERED);
    }
    return plan(candidate)
        .compose(
            planned ->
                same(planned, candidate)
                    ? priced(candidate, planned)
                    : leaveAlone(candidate, PassedOver.CHANGED),
            failure -> notPlanned(candidate, AIError.from(failure)));
  }

  private Future<CacheCalls.Planned> plan(Candidate candidate) {
    return Future.succeededFuture(candidate.input())
        .map(Json::parse)
        .compose(
            input -> calls.plan(candidate.function(), input, candidate.user(), CacheUse.REFRESH));
  }

  /**
   * Its function is gone, or its input does not fit any more: that stays so. That a node serves
   * nothing yet, or that nobody can tell the user's arm in time, does not.
   */
  private Future<Void> notPlanned(Candidate candidate, AIError error) {
    if (error.code().advice() == ErrorCode.Advice.FIX_FIRST) {
      return leaveAlone(candidate, PassedOver.CHANGED);
    }
    notNow(candidate, error);
    return Future.succeededFuture();
  }

  /** Its function may have another version by now: then it is another question. */
  private static boolean same(CacheCalls.Planned planned, Candidate candidate) {
    return Terms.of(planned.x(), candidate.user())
        .filter(terms -> terms.subjects().key().equals(candidate.key()))
        .isPresent();
  }

  private Future<Void> priced(Candidate candidate, CacheCalls.Planned planned) {
    var most = planned.atMost();
    if (most.isEmpty()) {
      return leaveAlone(candidate, PassedOver.UNPRICED);
    }
    if (most.get().compareTo(tooMuch) >= 0) {
      return passOver(PassedOver.BUDGET);
    }
    // Told before it is tried: what ends meanwhile has made room that the trial may not have seen.
    var alone = lanes.idle();
    return table
        .reserve(turn, candidate.key(), most.get())
        .compose(
            reservation ->
                switch (reservation) {
                  case Taken taken -> begin(candidate, planned, taken);
                  case NotDue _ -> Future.succeededFuture();
                  case Full _ -> alone ? full(most.get()) : later(candidate);
                });
  }

  private Future<Void> full(Usd most) {
    tooMuch = most;
    return passOver(PassedOver.BUDGET);
  }

  /** Perhaps only what others have reserved, and will not need, stands in its way. */
  private Future<Void> later(Candidate candidate) {
    return lanes.next().compose(_ -> ends ? Future.succeededFuture() : one(candidate));
  }

  private Future<Void> begin(Candidate candidate, CacheCalls.Planned planned, Taken taken) {
    lanes.take(
        planned
            .make(Optional.of(new Cap(taken.most())))
            .compose(went -> table.settle(turn, taken, went).map(went))
            .onSuccess(went -> told(candidate, planned, went))
            .onFailure(e -> LOG.warn("A call of warm-up broke; what it reserved is spent", e)));
    return Future.succeededFuture();
  }

  private void told(Candidate candidate, CacheCalls.Planned planned, CacheCalls.Went went) {
    if (went.error().isEmpty()) {
      warmUp.refreshed(candidate.key(), went.fate());
      return;
    }
    var error = went.error().get();
    LOG.debug("An answer of {} was not refreshed: {}", candidate.function(), error.getMessage());
    // The vector of its input alone is hardly money, and says nothing of who answers.
    if (went.cost().compareTo(planned.vectorAtMost().orElse(Usd.ZERO)) > 0) {
      warmUp.inVain(candidate.key());
    } else {
      notNow(candidate, error);
    }
  }

  /** It cost next to nothing; what it means for the others. */
  private void notNow(Candidate candidate, AIError error) {
    var obstacle = Obstacle.of(error);
    if (obstacle.isOfOthersUnderWay() && lanes.narrow()) {
      again.add(candidate);
      return;
    }
    if (obstacle.endsTheRow()) {
      ends = true;
      return;
    }
    if (obstacle == Obstacle.CAP || error.code() == ErrorCode.CIRCUIT_OPEN) {
      // Its worst price is that of its first model, which is down then: a fallback is too dear.
      shut.add(candidate.function());
    }
    warmUp.unanswered(candidate.key());
  }

  /** Nothing will be other soon: those after it have their turn. */
  private Future<Void> leaveAlone(Candidate candidate, PassedOver why) {
    warmUp.leaveAlone(candidate.key(), why);
    return Future.succeededFuture();
  }

  private Future<Void> passOver(PassedOver why) {
    warmUp.passOver(why);
    return Future.succeededFuture();
  }
}
