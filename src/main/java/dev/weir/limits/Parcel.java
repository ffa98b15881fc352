package dev.weir.limits;

import dev.weir.storage.Refusal;
import io.vertx.pgclient.PgException;
import java.util.List;

/**
 * What is sent to the ledger in one exchange, and who asked for it. One that the ledger refuses for
 * its content is taken apart until what is to blame stands alone.
 *
 * <p>A refusal undoes the whole exchange, so its parts are new ones. Only where an earlier sending
 * of the same exchange got lost ("doubtful") may it have been done after all. Then every rule errs
 * on the side of the limit: units that came back are not told a second time and stay charged, a
 * lease that was granted is refused as one that exists and stays charged, and an account is set to
 * the same sum again.
 *
 * @param returned units given back
 * @param wishes entries and who made them
 * @param tries how often it was refused by words that blame nobody for sure
 * @param doubtful whether it is not known that no sending of it was done
 */
record Parcel(List<Ledger.Returned> returned, List<Wish> wishes, int tries, boolean doubtful) {
  /** So often it is sent before it is taken apart where nobody is to blame for sure. */
  private static final int TRIES = 3;

  /** One entry, whose it is, and who is told of the answer. */
  record Wish(Ledger.Entry entry, Holder of, LeaseDesk.Asker asker) {}

  Parcel(List<Ledger.Returned> returned, List<Wish> wishes) {
    this(returned, wishes, 0, false);
  }

  Ledger.Request numbered(long number) {
    return new Ledger.Request(number, returned, wishes.stream().map(Wish::entry).toList());
  }

  /** The same after a failed sending. */
  Parcel failed(Throwable failure) {
    // Whatever the server itself says is said of a transaction that it has undone.
    var spoken = failure instanceof PgException;
    return new Parcel(returned, wishes, spoken ? tries + 1 : tries, doubtful || !spoken);
  }

  /** Whether a failure tells that something in it is to blame. */
  boolean blamed(Throwable failure) {
    return failure instanceof PgException
        && switch (Refusal.of(failure)) {
          case CONTENT -> true;
          case UNKNOWN -> tries >= TRIES;
          case DATABASE -> false;
        };
  }

  /** Whether there is no smaller one. */
  boolean single() {
    return returned.size() + wishes.size() <= 1;
  }

  /** Its halves in order; what comes back stays before what is taken. */
  List<Parcel> halves() {
    var back = returned.size();
    var half = (back + wishes.size()) / 2;
    var cut = Math.min(half, back);
    return List.of(
        part(returned.subList(0, cut), wishes.subList(0, half - cut)),
        part(returned.subList(cut, back), wishes.subList(half - cut, wishes.size())));
  }

  private Parcel part(List<Ledger.Returned> back, List<Wish> some) {
    var told =
        doubtful ? back.stream().map(one -> new Ledger.Returned(one.lease(), 0, one.ends())) : null;
    return new Parcel(told == null ? back : told.toList(), some, 0, doubtful);
  }
}
