package dev.weir.metering;

import dev.weir.config.JournalSettings.Durability;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.CallMarks;
import dev.weir.gateway.Exchange;
import dev.weir.journal.Cell;
import dev.weir.journal.Chain;
import dev.weir.journal.JournalDirectory;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The journal as the calls of one event loop see it. Room for all marks of a call is taken before
 * the call is admitted, so a full journal refuses new calls and never loses an admitted one.
 * Confined to its event loop, but for {@link #finished}.
 */
public final class CallJournal {
  /**
   * By how much the mark of a call can grow after it came in: another plan, its experiment, another
   * target, with names of up to {@link Packer#MAX_TEXT} bytes, three leases' ids; at the end,
   * figures and lines of the bill.
   */
  private static final int GROWTH = 3 << 10;

  /** The longest mark of an attempt: five ids, four numbers, four names. */
  private static final int SENT = Chain.size(1_200, true);

  private final Chain chain;
  private final Durability durability;
  private final Clock clock;
  private final MarkCodec codec;
  private final Packer packer = new Packer();
  private final LongAdder finished = new LongAdder();
  private @Nullable Thread owner;

  /**
   * The journal of one event loop.
   *
   * @param directory where it is
   * @param n which of its chains it writes; nobody else may
   * @param durability what marks must survive
   * @param clock dates the calls, by the database's time
   */
  public CallJournal(JournalDirectory directory, int n, Durability durability, Clock clock) {
    this.chain = directory.chain(n);
    this.durability = durability;
    this.clock = clock;
    this.codec = new MarkCodec(packer);
  }

  /** Takes room for a call; empty if there is none. */
  Optional<Entry> open(Exchange x) {
    confined();
    var age = Duration.ofNanos(clock.nanoTime() - x.origin().arrivedNanos());
    // Where limits are in force, the ledger's own moment takes its place with the admission.
    x.tally().startedAt(clock.now().minus(age));
    codec.admitted(UsageRecord.admitted(x));
    var longest = packer.length() + GROWTH;
    var room = 2 * Chain.size(longest, false) + SENT;
    return chain.reserve(room) ? Optional.of(new Entry(longest, room)) : Optional.empty();
  }

  /** Calls that have ended since the start. Any thread. */
  long finished() {
    return finished.sum();
  }

  /**
   * Two threads in one journal would write into each other's marks, and what nobody can read keeps
   * all that comes after it from the database. Rather one call fails, and its bill is estimated.
   */
  private void confined() {
    var here = Thread.currentThread();
    if (owner == null) {
      owner = here;
    } else if (owner != here) {
      throw new IllegalStateException(
          "a journal of " + owner.getName() + " was used by " + here.getName());
    }
  }

  private Future<Void> durable() {
    return durability == Durability.PROCESS
        ? Future.succeededFuture()
        : synced(chain.sync(), Vertx.currentContext());
  }

  /** Told on the event loop of the call, if there is one. */
  private static Future<Void> synced(CompletionStage<Void> done, @Nullable Context context) {
    return context == null
        ? Future.fromCompletionStage(done)
        : Future.fromCompletionStage(done, context);
  }

  /** The marks of one call. */
  final class Entry implements CallMarks {
    private final int longest;
    private int left;
    private boolean attempted;
    private boolean ended;

    private Entry(int longest, int room) {
      this.longest = longest;
      this.left = room;
    }

    @Override
    public Future<Void> admitted(Exchange x) {
      confined();
      codec.admitted(UsageRecord.admitted(x));
      append();
      return durable();
    }

    @Override
    public Optional<OfAttempt> attempt(Exchange x) {
      confined();
      if (ended || (attempted && !chain.reserve(SENT))) {
        return Optional.empty();
      }
      left += attempted ? SENT : 0;
      attempted = true;
      return Optional.of(new AttemptMarks(this, x));
    }

    /** Marks that the admitted call has ended, and gives back the room that it did not need. */
    Future<Void> finished(Exchange x, Duration took, Optional<ErrorCode> error) {
      confined();
      if (!ended) {
        codec.finished(UsageRecord.ended(x, took, error), longest);
        append();
        finished.increment();
        release();
      }
      return durable();
    }

    /** Gives all room back: the call has ended, or was not admitted. */
    void release() {
      confined();
      ended = true;
      chain.release(left);
      left = 0;
    }

    /** Of a call that has ended nothing is marked: its room is gone, and perhaps its record too. */
    Optional<Cell> sent(Mark.Sent sent) {
      confined();
      if (ended) {
        return Optional.empty();
      }
      codec.sent(sent);
      left -= Chain.size(packer.length(), true);
      return Optional.of(chain.appendWithCell(packer.bytes(), packer.length()));
    }

    private void append() {
      left -= Chain.size(packer.length(), false);
      chain.append(packer.bytes(), packer.length());
    }
  }

  /** The marks of one attempt: a record when it is sent, and how far it came in that one's cell. */
  private final class AttemptMarks implements CallMarks.OfAttempt {
    private final Entry entry;
    private final Exchange x;
    private Optional<Cell> cell = Optional.empty();

    private AttemptMarks(Entry entry, Exchange x) {
      this.entry = entry;
      this.x = x;
    }

    @Override
    public void sent() {
      var attempt = x.currentAttempt();
      cell =
          entry.sent(
              new Mark.Sent(
                  x.origin().id(),
                  attempt.id(),
                  clock.now(),
                  attempt.target(),
                  Interrupted.characters(x.plan().ask()),
                  x.searches() ? 1 : 0,
                  x.tally().debit(),
                  Mark.Progress.NONE));
    }

    @Override
    public void produced(int characters) {
      cell.ifPresent(c -> c.set(characters));
    }

    @Override
    public void settled(Optional<Usd> cost) {
      cell.ifPresent(c -> c.set(Mark.Progress.settled(cost).cell()));
      // What comes after is of no account, and the record may be gone by then.
      cell = Optional.empty();
    }
  }
}
