package dev.weir.gateway;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls that Weir makes itself: through the whole house like any other, admitted, reserved and
 * recorded, on accounts of its own. Thread-safe.
 */
public final class OwnCalls {
  private final Clock clock;
  private final List<Way> ways = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();

  private final Set<UnderWay> underWay = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  private record Way(Context context, Gateway gateway) {}

  /** A call under way; each is itself and no other. */
  private record UnderWay(Way way, Exchange x, Promise<Void> end) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return x.origin().id().hashCode();
    }
  }

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
   * @param took from its beginning to its end, with what it waited for
   */
  public record Made(
      Optional<Answer> answer, Optional<AIError> error, Tally tally, Duration took) {}

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
                run(way.get(), call, principal, plan).onComplete(promise);
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
    for (var one : underWay) {
      ends.add(one.end().future());
      one.way().context().runOnContext(_ -> one.x().cancellation().cancel(down()));
    }
    return Future.join(ends).mapEmpty();
  }

  private static AIError down() {
    return AIError.of(ErrorCode.DRAINING, "This node is shutting down.");
  }

  private Future<Made> run(Way way, Call call, Principal principal, Plan plan) {
    var began = clock.nanoTime();
    var origin = new Origin(Ids.next(clock), Optional.empty(), Origin.Door.OWN, began);
    var x = way.gateway().open(origin, call, principal, plan);
    var one = new UnderWay(way, x, Promise.promise());
    underWay.add(one);
    if (closed) {
      // It came between the two steps of closing.
      x.cancellation().cancel(down());
    }
    return way.gateway()
        .run(x)
        .onComplete(
            (_, _) -> {
              underWay.remove(one);
              one.end().complete();
            })
        .transform(
            run ->
                Future.succeededFuture(
                    new Made(
                        run.succeeded() ? Optional.of(whole(run.result())) : Optional.empty(),
                        run.succeeded() ? Optional.empty() : Optional.of(AIError.from(run.cause())),
                        x.tally(),
                        Duration.ofNanos(clock.nanoTime() - began))));
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
