package dev.weir.limits;

import dev.weir.core.Clock;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Where the process's subjects meet the ledger: gathers what they want into one request, has one
 * under way, and hands out the answers.
 *
 * <p>A request is repeated unchanged until it is answered or refused, so whatever was lost, the
 * ledger and this process agree on what was taken; nothing else is sent meanwhile. While the
 * answers fail or stay out, those who wait are served by their tier's policy. One that is refused
 * for its content would be refused for ever: it is taken apart, and what is to blame is refused
 * alone.
 *
 * <p>Once it closes nothing is taken any more, and what was asked for before and is answered after
 * goes straight back: nobody would look after it.
 *
 * <p>{@link #want}, {@link #giveBack} and {@link #run} may be called on any thread; all else runs
 * on the loop.
 */
final class LeaseDesk {
  private static final Logger LOG = LogManager.getLogger(LeaseDesk.class);
  private static final int MOST_ENTRIES = 500;
  private static final int MOST_RETURNS = 2_000;
  private static final Duration TENDING = Duration.ofMillis(250);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final Ledger ledger;
  private final Clock clock;
  private final Loop loop;
  private final ConcurrentLinkedQueue<Holder> wanting = new ConcurrentLinkedQueue<>();
  private final ConcurrentMap<UUID, Ledger.Returned> returned = new ConcurrentHashMap<>();
  private final Set<Holder> active = ConcurrentHashMap.newKeySet();
  private final Set<Holder> owing = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean awake = new AtomicBoolean();
  private final LongAdder exchanges = new LongAdder();
  private final LongAdder entries = new LongAdder();
  private volatile boolean away;
  private volatile boolean fenced;
  private volatile boolean closed;

  /** Confined to the loop, as are the next ones. */
  private boolean underWay;

  private long number;
  private long sentNanos;
  private Duration pause = SHORTEST_PAUSE;

  /** Halves of what was refused; all of them are sent before anything new. */
  private final Deque<Parcel> parts = new ArrayDeque<>();

  private Optional<Runnable> onIdle = Optional.empty();

  /** The desk's own thread of work and its timers. */
  interface Loop {
    void run(Runnable work);

    void after(Duration delay, Runnable work);
  }

  /** Is told of an answer, with the monotonic clock before its request was sent first. */
  interface Asker {
    void answered(Ledger.Answer answer, long sentNanos);
  }

  /** A request that is being put together. */
  static final class Wishes {
    private final List<Parcel.Wish> wishes = new ArrayList<>();
    private final Set<UUID> leases = new HashSet<>();

    void take(Holder of, Ledger.Take take, Asker asker) {
      leases.add(take.lease());
      add(of, Optional.of(take), Optional.empty(), asker);
    }

    void account(Holder of, Ledger.Account account, Asker asker) {
      add(of, Optional.empty(), Optional.of(account), asker);
    }

    void look(Holder of, Asker asker) {
      add(of, Optional.empty(), Optional.empty(), asker);
    }

    private void add(
        Holder of, Optional<Ledger.Take> take, Optional<Ledger.Account> account, Asker asker) {
      wishes.add(new Parcel.Wish(new Ledger.Entry(of.subject(), take, account), of, asker));
    }

    private int size() {
      return wishes.size();
    }
  }

  LeaseDesk(Ledger ledger, Clock clock, Loop loop) {
    this.ledger = ledger;
    this.clock = clock;
    this.loop = loop;
  }

  /** Begins to look after the leases. */
  void start() {
    loop.after(TENDING, this::tend);
  }

  /** A subject wants something of the ledger. */
  void want(Holder holder) {
    wantCalmly(holder);
    wake();
  }

  /** The same where nobody waits: at the next tending, in one statement with others. */
  void wantCalmly(Holder holder) {
    if (holder.enqueue()) {
      active.add(holder);
      wanting.add(holder);
    }
  }

  /** Does on the loop what was heard on another thread. */
  void run(Runnable work) {
    loop.run(work);
  }

  void wantLater(Holder holder, Duration delay) {
    loop.after(delay, () -> want(holder));
  }

  /** Units come back, or a lease ends; told with the next request. */
  void giveBack(UUID lease, long units, boolean ends) {
    giveBackCalmly(lease, units, ends);
    if (units > 0) {
      wake();
    }
  }

  /** The same for what nobody is in want of: at the next tending. */
  void giveBackCalmly(UUID lease, long units, boolean ends) {
    returned.merge(lease, new Ledger.Returned(lease, units, ends), Ledger.Returned::plus);
  }

  void active(Holder holder) {
    active.add(holder);
  }

  /** A subject was let in while the ledger is away, which must be charged when it is back. */
  void owes(Holder holder) {
    active.add(holder);
    owing.add(holder);
  }

  /** Whether the ledger fails or keeps silent. */
  boolean away() {
    return away;
  }

  /** Whether the ledger has given this process up. */
  boolean fenced() {
    return fenced;
  }

  /** Whether it takes nothing any more. Changes on the loop alone. */
  boolean closed() {
    return closed;
  }

  /** Requests that were answered since the start. */
  long exchanges() {
    return exchanges.sum();
  }

  /** Entries in them. */
  long entries() {
    return entries.sum();
  }

  private void wake() {
    if (awake.compareAndSet(false, true)) {
      loop.run(this::turn);
    }
  }

  private void turn() {
    awake.set(false);
    if (underWay || fenced) {
      return;
    }
    var part = parts.poll();
    if (part != null) {
      begin(part);
      return;
    }
    var wishes = new Wishes();
    var now = clock.nanoTime();
    // All who want something are taken off the queue before the first is asked: whoever wants more
    // meanwhile waits for the next request, since one request has one take per subject at most.
    var asking = new ArrayDeque<Holder>();
    for (var holder = wanting.poll();
        holder != null;
        holder = asking.size() < MOST_ENTRIES ? wanting.poll() : null) {
      asking.add(holder);
    }
    if (!asking.isEmpty()) {
      // Whoever must renew soon rides along, so that the subjects of the same calls keep step.
      for (var holder : active) {
        if (asking.size() < MOST_ENTRIES && holder.rides(now) && holder.enqueue()) {
          asking.add(holder);
        }
      }
    }
    if (!away) {
      chargeWhatIsOwed(wishes, asking);
    }
    while (wishes.size() < MOST_ENTRIES && !asking.isEmpty()) {
      asking.remove().ask(now, wishes);
    }
    wanting.addAll(asking);
    var back = returns(wishes);
    if (wishes.size() == 0 && back.isEmpty()) {
      if (wanting.isEmpty()) {
        onIdle.ifPresent(Runnable::run);
        onIdle = Optional.empty();
      } else {
        wake();
      }
      return;
    }
    begin(new Parcel(back, wishes.wishes));
  }

  private void chargeWhatIsOwed(Wishes wishes, Deque<Holder> asking) {
    for (var next = owing.iterator(); next.hasNext() && wishes.size() < MOST_ENTRIES; ) {
      var holder = next.next();
      // Off the list first: whom a call that still believes the ledger away lets in from here on is
      // put on it again.
      next.remove();
      if (holder.ledgerBack(wishes) && asking.remove(holder)) {
        wanting.add(holder);
      }
    }
  }

  private List<Ledger.Returned> returns(Wishes wishes) {
    var back = new ArrayList<Ledger.Returned>();
    for (var lease : returned.keySet()) {
      if (back.size() == MOST_RETURNS) {
        break;
      }
      // The ledger credits before it debits: what comes back to a lease that this very request
      // opens, one of calls let in without the ledger, would be credited to nothing.
      var one = wishes.leases.contains(lease) ? null : returned.remove(lease);
      if (one != null) {
        back.add(one);
      }
    }
    return back;
  }

  private void begin(Parcel parcel) {
    underWay = true;
    sentNanos = clock.nanoTime();
    send(parcel.numbered(++number), parcel);
  }

  private void send(Ledger.Request request, Parcel parcel) {
    ledger
        .exchange(request)
        .onComplete(
            answers -> loop.run(() -> answered(answers, parcel)),
            failure -> loop.run(() -> failed(failure, request, parcel)));
  }

  private void answered(List<Ledger.Answer> answers, Parcel parcel) {
    heard();
    exchanges.increment();
    entries.add(answers.size());
    for (var answer : answers) {
      parcel.wishes().get(answer.entry()).asker().answered(answer, sentNanos);
    }
    turn();
  }

  /** A refusal is an answer too: after the last one nothing else might be asked for ever. */
  private void heard() {
    if (away) {
      LOG.info("The ledger answers again");
      away = false;
    }
    pause = SHORTEST_PAUSE;
    underWay = false;
  }

  private void failed(Throwable failure, Ledger.Request request, Parcel sent) {
    if (failure instanceof Ledger.Fenced) {
      LOG.error(
          "The ledger has given this process up ({}); it admits nothing more, restart it",
          failure.getMessage());
      fenced = true;
      away = true;
      active.forEach(Holder::ledgerAway);
      return;
    }
    var parcel = sent.failed(failure);
    if (parcel.blamed(failure)) {
      refused(parcel, failure);
      return;
    }
    LOG.warn("The ledger cannot be asked ({}); asking again", failure.toString());
    loop.after(pause, () -> send(request, parcel));
    pause =
        pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
  }

  /** Takes it apart, or turns away whoever asked for it alone. */
  private void refused(Parcel parcel, Throwable failure) {
    heard();
    if (parcel.single()) {
      var state = failure instanceof PgException refusal ? refusal.getSqlState() : "";
      parcel.returned().forEach(back -> lost(back, state));
      for (var wish : parcel.wishes()) {
        LOG.error(
            "The database refuses what a {} asks of its limits ({}); it is turned away",
            wish.entry().subject().kind().label(),
            state);
        wish.of().refused(wish.entry());
      }
    } else {
      parcel.halves().reversed().forEach(parts::addFirst);
    }
    turn();
  }

  private static void lost(Ledger.Returned back, @Nullable String state) {
    LOG.error(
        "The database refuses what comes back of lease {} ({}); {} units of it stay charged",
        back.lease(),
        state,
        back.units());
  }

  private void tend() {
    var now = clock.nanoTime();
    if (underWay && !away && now - sentNanos > PATIENCE.toNanos()) {
      LOG.warn("The ledger cannot be asked; leases go on, then the tiers' policy");
      away = true;
    }
    for (var holder : active) {
      if (away) {
        holder.ledgerAway();
      }
      holder.tend(now);
    }
    active.removeIf(holder -> holder.resting() && !holder.awaited());
    turn();
    if (!closed) {
      loop.after(TENDING, this::tend);
    }
  }

  /** Gives back what can be given back; {@code done} runs when the ledger knows. */
  void close(Runnable done) {
    loop.run(
        () -> {
          closed = true;
          onIdle = Optional.of(done);
          active.forEach(Holder::close);
          turn();
        });
  }
}
