package dev.weir.bus;

import dev.weir.core.Clock;
import dev.weir.gateway.Authenticator;
import dev.weir.gateway.Gateway;
import dev.weir.wire.FeedbackRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;

/**
 * Answers calls on the event bus. A message is a {@link io.vertx.core.json.JsonObject}, or the same
 * as JSON text in a buffer or string; see {@link dev.weir.wire.InvokeMessage} for its members. The
 * reply has the message's own type and holds the success or the error envelope, with the same codes
 * as HTTP: a wrong call is answered, never failed, so a {@code ReplyException} always means that
 * the bus itself did not deliver.
 *
 * <p>One per verticle, confined to its event loop, but for {@link #inFlight}.
 */
public final class BusDoor {
  /** The address. */
  public static final String ADDRESS = "weir.invoke";

  private final Parts parts;
  private final AtomicInteger inFlight = new AtomicInteger();
  private Optional<MessageConsumer<Object>> consumer = Optional.empty();

  /**
   * What the door needs.
   *
   * @param vertx the reactor whose bus it listens on
   * @param gateway the verticle's own gateway
   * @param authenticator tells who calls
   * @param clock time
   * @param draining whether the node is shutting down: new calls are refused then
   * @param refusals told of messages that never became a call
   * @param feedback takes what a user thinks of an answer, and says what became of it
   * @param maxBytes the largest message that is read, as JSON: the largest body over HTTP
   */
  public record Parts(
      Vertx vertx,
      Gateway gateway,
      Authenticator authenticator,
      Clock clock,
      BooleanSupplier draining,
      RefusalListener refusals,
      BiFunction<String, FeedbackRequest, Future<String>> feedback,
      int maxBytes) {}

  /** A door that is not open yet. */
  public BusDoor(Parts parts) {
    this.parts = parts;
  }

  /**
   * Opens the door; completes when the address is registered, in the whole cluster if it is one.
   */
  public Future<Void> open() {
    var registered = parts.vertx().eventBus().<Object>consumer(ADDRESS, this::receive);
    consumer = Optional.of(registered);
    return registered.completion();
  }

  /** Calls that are being answered by this instance. Any thread. */
  public int inFlight() {
    return inFlight.get();
  }

  /** Takes no more messages; calls under way go on and are answered. */
  public Future<Void> close() {
    return consumer.map(MessageConsumer::unregister).orElseGet(Future::succeededFuture);
  }

  private void receive(Message<Object> message) {
    inFlight.incrementAndGet();
    new Invocation(parts, message.body())
        .run()
        .onComplete(
            (reply, _) -> {
              inFlight.decrementAndGet();
              message.reply(reply);
            });
  }
}
