package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Exchange;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.streams.WriteStream;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.impl.HttpContext;
import io.vertx.ext.web.codec.BodyCodec;
import io.vertx.ext.web.codec.spi.BodyStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One POST to a provider through a WebClient, which can be stopped in every phase: while it waits
 * for a place, while it connects, while it waits for the head, and in mid-body.
 *
 * <p>WebClient shows neither the request (which alone can be reset) nor the head before the body
 * has ended. Both come from its interceptor: the call is its own body codec, so the interceptor
 * finds it again by the request's codec and hands it each phase. As a codec it is a {@link
 * WriteStream} that is full while the reader rests, which makes the client's pipe pause the socket.
 * Confined to the call's event loop.
 *
 * <pre>
 * waiting --(gate)--> connecting --(SEND_REQUEST)--> sent --(RECEIVE_RESPONSE)--> body --> done
 *    any --(cancel, abandon)--> done, the request reset
 * </pre>
 */
final class UpstreamCall implements BodyCodec<Void>, BodyStream<Void> {
  /** How long a provider may keep a connection busy after the end of its answer. */
  private static final long FAREWELL_MILLIS = 1000;

  private final Vertx vertx;
  private final Attempt attempt;
  private final Receiver receiver;
  private final Promise<Void> body = Promise.promise();
  private Optional<Gate.Ticket> ticket = Optional.empty();
  private Optional<HttpClientRequest> request = Optional.empty();
  private Optional<AIError> stopped = Optional.empty();
  private @Nullable Handler<Void> drain;
  private Runnable forget = () -> {};
  private boolean paused;
  private boolean done;
  private boolean settled;

  UpstreamCall(Vertx vertx, Attempt attempt, Receiver receiver) {
    this.vertx = vertx;
    this.attempt = attempt;
    this.receiver = receiver;
  }

  /** Waits for a place in {@code gate} and sends {@code body} as {@code post}. */
  void send(Exchange x, Gate gate, HttpRequest<Buffer> post, Buffer body) {
    forget = x.cancellation().onCancel(this::cancel);
    if (done) {
      return;
    }
    ticket =
        gate.enter(
            () -> post.as(this).sendBuffer(body).onComplete((_, e) -> settle(e)),
            () -> fail(Failures.closing()));
    if (ticket.isEmpty()) {
      fail(
          AIError.of(
              ErrorCode.OVERLOADED,
              "Too many calls to this provider are waiting already; try again in a moment."));
    } else if (settled) {
      ticket.get().leave();
    }
  }

  /** Stops the body until {@link #resume}; a chunk that is read already may still arrive. */
  void pause() {
    paused = true;
  }

  /** Lets the body flow again. */
  void resume() {
    paused = false;
    var waiting = drain;
    if (waiting != null) {
      drain = null;
      waiting.handle(null);
    }
  }

  /** Stops reading for good and resets the request; the receiver has its end already. */
  void abandon(AIError why) {
    if (!done) {
      stop(why);
    }
  }

  /**
   * The answer is complete although the body has not ended: reads the rest away, for the sake of
   * the connection, but only for a moment.
   */
  void finish() {
    if (!done) {
      done = true;
      forget.run();
      resume();
      if (!settled) {
        var timer =
            vertx.setTimer(
                FAREWELL_MILLIS,
                _ ->
                    request.ifPresent(
                        r ->
                            reset(r, AIError.of(ErrorCode.CANCELLED, "The answer was complete."))));
        body.future().onComplete((_, _) -> vertx.cancelTimer(timer));
      }
    }
  }

  /** Each phase of each call passes here; see {@link Transport}. */
  void phase(HttpContext<?> context) {
    switch (context.phase()) {
      case SEND_REQUEST -> {
        request = Optional.of(context.clientRequest());
        if (done) {
          // Given up while it was connecting: the connection goes back unused.
          context.fail(stopped.orElseThrow());
        } else {
          var refusal = attempt.refusalToSend();
          if (refusal.isPresent()) {
            fail(refusal.get());
            context.fail(refusal.get());
          } else {
            attempt.markSent();
            context.next();
          }
        }
      }
      case RECEIVE_RESPONSE -> {
        if (!done) {
          var response = context.clientResponse();
          receiver.head(response.statusCode(), response.headers());
        }
        context.next();
      }
      default -> context.next();
    }
  }

  private void cancel(AIError why) {
    if (!done) {
      stop(why);
      receiver.fail(why);
    }
  }

  private void stop(AIError why) {
    done = true;
    stopped = Optional.of(why);
    forget.run();
    if (request.isPresent()) {
      reset(request.get(), why);
      resume();
    } else if (!settled) {
      // Waiting in the queue: leaves it. Connecting: the place stays taken until that is over.
      ticket.filter(t -> !t.inside()).ifPresent(Gate.Ticket::leave);
    }
  }

  private static void reset(HttpClientRequest request, AIError why) {
    // HTTP/1.1 has no code for it; the connection is closed.
    request.reset(0L, why);
  }

  private void settle(@Nullable Throwable failure) {
    settled = true;
    body.tryComplete();
    ticket.ifPresent(Gate.Ticket::leave);
    if (failure != null) {
      fail(Failures.of(failure, attempt.sent()));
    } else if (!done) {
      done = true;
      forget.run();
      receiver.end();
    }
  }

  private void fail(AIError error) {
    if (!done) {
      done = true;
      forget.run();
      receiver.fail(error);
    }
  }

  @Override
  public BodyStream<Void> stream() {
    return this;
  }

  @Override
  public Future<Void> write(Buffer chunk) {
    if (!done) {
      receiver.bytes(chunk);
    }
    return Future.succeededFuture();
  }

  @Override
  public boolean writeQueueFull() {
    return paused;
  }

  @Override
  public WriteStream<Buffer> drainHandler(@Nullable Handler<Void> handler) {
    drain = handler;
    return this;
  }

  /** Says nothing: the pipe ends this way whether the body was complete or not. */
  @Override
  public Future<Void> end() {
    body.tryComplete();
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> result() {
    return body.future();
  }

  @Override
  public void handle(Throwable failure) {
    // Failures arrive through the future of the whole call.
  }

  @Override
  public WriteStream<Buffer> exceptionHandler(@Nullable Handler<Throwable> handler) {
    return this;
  }

  @Override
  public WriteStream<Buffer> setWriteQueueMaxSize(int size) {
    return this;
  }
}
