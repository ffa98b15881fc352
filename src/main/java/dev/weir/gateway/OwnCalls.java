package dev.weir.gateway;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Calls that Weir makes itself: through the whole house like any other, admitted, reserved and
 * recorded, on accounts of its own. Thread-safe.
 */
public final class OwnCalls {
  private final Clock clock;
  private final List<Way> ways = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();

  private record Way(Context context, Gateway gateway) {}

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
   * @param took from its beginning to its end
   */
  public record Made(
      Optional<Answer> answer, Optional<AIError> error, Tally tally, Duration took) {}

  /** Here calls can be made: a gateway and the event loop that it belongs to. */
  public void serve(Context context, Gateway gateway) {
    ways.add(new Way(context, gateway));
  }

  /**
   * Makes a call, on each event loop in turn.
   *
   * @param call what is asked; answered whole, never as a stream
   * @param principal on whose account
   * @param change of its plan, before it runs: another version, another route
   * @return how it went; succeeds whenever the call was planned. Fails with {@code NOT_FOUND} or
   *     {@code INVALID_REQUEST} where it cannot be, and with {@code DRAINING} while none can
   */
  public Future<Made> make(Call call, Principal principal, UnaryOperator<Plan> change) {
    return onWay(gateway -> run(gateway, call, principal, change));
  }

  /**
   * Makes a call that is planned already: of a function or a version that need not be served, with
   * an input that whoever planned it has judged.
   *
   * @return how it went; fails with {@code DRAINING} while none can be made
   */
  public Future<Made> make(Call call, Principal principal, Plan plan) {
    return onWay(
        gateway -> {
          var began = clock.nanoTime();
          return run(gateway, gateway.open(origin(began), call, principal, plan), began);
        });
  }

  private Future<Made> onWay(Function<Gateway, Future<Made>> work) {
    var way = way();
    if (way.isEmpty()) {
      return Future.failedFuture(
          AIError.of(ErrorCode.DRAINING, "This node does not serve calls yet."));
    }
    var promise = Promise.<Made>promise();
    way.get()
        .context()
        .runOnContext(
            _ -> {
              try {
                work.apply(way.get().gateway()).onComplete(promise);
              } catch (RuntimeException e) {
                promise.fail(AIError.from(e));
              }
            });
    return promise.future();
  }

  private Future<Made> run(
      Gateway gateway, Call call, Principal principal, UnaryOperator<Plan> change) {
    var began = clock.nanoTime();
    var opened = gateway.open(origin(began), call, principal);
    return run(gateway, opened.replanned(change.apply(opened.plan())), began);
  }

  private Origin origin(long began) {
    return new Origin(Ids.next(clock), Optional.empty(), Origin.Door.OWN, began);
  }

  private Future<Made> run(Gateway gateway, Exchange x, long began) {
    return gateway
        .run(x)
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
