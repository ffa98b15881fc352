package dev.weir.gateway;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Calls that Weir makes itself: through the whole house like any other, admitted, reserved and
 * recorded, on accounts of its own. Thread-safe.
 */
public final class OwnCalls {
  private final Clock clock;
  private final List<Way> ways = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final Map<UUID, UnderWay> underWay = new ConcurrentHashMap<>();
  private volatile boolean closed;

  private record Way(Context context, Gateway gateway) {}

  private record UnderWay(Context context, Exchange x, Promise<Void> end) {}

  /** Calls by this clock; none can be made before {@link #serve}. */
  public OwnCalls(Clock clock) {
    this.clock = clock;
  }

  /**
   * How one went.
   *
   * @param answer what came back; empty if the call failed
   * @param error why it failed
   * @param tally what it gathered, its cost among it
   */
  public record Made(Optional<Answer> answer, Optional<AIError> error, Tally tally) {}

  /** Here calls can be made: a gateway and the event loop that it belongs to. */
  public void serve(Context context, Gateway gateway) {
    ways.add(new Way(context, gateway));
  }

  /**
   * Makes a call, on each event loop in turn. It is planned already: a function or a version that
   * need not be served, with an input that whoever planned it has judged.
   *
   * @param call what is asked; answered whole, never as a stream
   * @param principal on whose account
   * @param plan how it is to be answered
   * @return how it went; fails with {@code DRAINING} while none can be made
   */
  public Future<Made> make(Call call, Principal principal, Plan plan) {
    return make(call, principal, plan, Optional.empty());
  }

  /**
   * The same under a cap.
   *
   * @param cap what it may cost, alone or with others under the same cap; where it does not fit in
   *     it fails with {@code BUDGET_EXCEEDED}, with the limit {@code usd_held} if only attempts
   *     under way stand in its way
   */
  public Future<Made> make(Call call, Principal principal, Plan plan, Optional<Cap> cap) {
    var way = way();
    if (closed || way.isEmpty()) {
      return Future.failedFuture(
          AIError.of(ErrorCode.DRAINING, "This node does not serve calls now."));
    }
    var promise = Promise.<Made>promise();
    way.get()
        .context()
        .runOnContext(
            _ -> {
              try {
                run(way.get(), call, principal, plan, cap).onComplete(promise);
              } catch (RuntimeException e) {
                promise.fail(AIError.from(e));
              }
            });
    return promise.future();
  }

  /**
   * Makes no more calls, and ends those under way, with {@code DRAINING}. Succeeds when they have
   * ended and left their records.
   */
  public Future<Void> close() {
    closed = true;
    var ends = new ArrayList<Future<?>>();
    for (var one : underWay.values()) {
      ends.add(one.end().future());
      one.context().runOnContext(_ -> one.x().cancellation().cancel(down()));
    }
    return Future.join(ends).mapEmpty();
  }

  private static AIError down() {
    return AIError.of(ErrorCode.DRAINING, "This node is shutting down.");
  }

  private Future<Made> run(Way way, Call call, Principal principal, Plan plan, Optional<Cap> cap) {
    var origin = new Origin(Ids.next(clock), Optional.empty(), Origin.Door.OWN, clock.nanoTime());
    var x = way.gateway().open(origin, call, principal, plan);
    cap.ifPresent(x.tally()::cap);
    return watched(way.context(), x, () -> way.gateway().run(x))
        .transform(
            run ->
                Future.succeededFuture(
                    new Made(
                        run.succeeded() ? Optional.of(whole(run.result())) : Optional.empty(),
                        run.succeeded() ? Optional.empty() : Optional.of(AIError.from(run.cause())),
                        x.tally())));
  }

  /**
   * Has a call of Weir's own that somebody else makes end when the node goes down, as those made
   * here do. On the call's event loop.
   *
   * @param context the event loop
   * @param x the call
   * @param run runs it, unless the node is going down already
   */
  public <T> Future<T> watched(Context context, Exchange x, Supplier<Future<T>> run) {
    var one = new UnderWay(context, x, Promise.promise());
    underWay.put(x.origin().id(), one);
    if (closed) {
      // It came between the two steps of closing.
      x.cancellation().cancel(down());
    }
    Future<T> end;
    try {
      end = run.get();
    } catch (RuntimeException e) {
      end = Future.failedFuture(AIError.from(e));
    }
    return end.onComplete(
        (_, _) -> {
          underWay.remove(x.origin().id());
          one.end().complete();
        });
  }

  private static Answer whole(Reply reply) {
    if (reply instanceof Reply.Whole(var answer)) {
      return answer;
    }
    throw new IllegalStateException("a call that asked for no stream got one");
  }

  private Optional<Way> way() {
    var all = List.copyOf(ways);
    return all.isEmpty()
        ? Optional.empty()
        : Optional.of(all.get(Math.floorMod(turn.getAndIncrement(), all.size())));
  }
}
