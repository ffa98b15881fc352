package dev.weir.http;

import dev.weir.config.HttpSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.HttpServerConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches one connection for what Vert.x lets pass: a head that drips in, a connection that stays
 * silent or does not take its reply, a body that breaks off or never ends, and one connection too
 * many. Its refusals travel as invalid requests, so that they get a proper reply with an id.
 *
 * <p>One timer a connection, not one a request: it looks in at the head's deadline, and again when
 * what it then sees would be due. Confined to the connection's event loop.
 */
final class ConnectionGuard extends ChannelDuplexHandler {
  private static final AttributeKey<ConnectionGuard> KEY = AttributeKey.valueOf("weir.guard");

  private final StrictRequestDecoder decoder;
  private final Connections connections;
  private final long headNanos;
  private final long lingerNanos;
  private final long idleNanos;
  private final boolean welcome;

  private @Nullable ScheduledFuture<?> look;
  private Phase phase = Phase.SILENT;
  private long since = System.nanoTime();
  private int unanswered;
  private boolean inBody;
  private long bodySince;
  private Optional<AIError> bodyFault = Optional.empty();

  private enum Phase {
    /** Nothing has come since the last reply was written. */
    SILENT,
    /** A head has begun. */
    HEAD,
    /** A request is being read or answered. */
    BUSY
  }

  private ConnectionGuard(
      StrictRequestDecoder decoder, HttpSettings settings, Connections connections) {
    this.decoder = decoder;
    this.connections = connections;
    this.headNanos = settings.headerTimeout().toNanos();
    this.lingerNanos = settings.bodyTimeout().plus(Duration.ofSeconds(5)).toNanos();
    this.idleNanos = settings.idleTimeout().toNanos();
    this.welcome = connections.enter();
  }

  /** Sets a guard on a connection that has just been opened. */
  static void watch(
      HttpConnection connection,
      HttpServerOptions options,
      HttpSettings settings,
      Connections connections) {
    var pipeline = ((HttpServerConnection) connection).channelHandlerContext().pipeline();
    var decoder = new StrictRequestDecoder(options);
    pipeline.replace("httpDecoder", "httpDecoder", decoder);
    var guard = new ConnectionGuard(decoder, settings, connections);
    pipeline.channel().attr(KEY).set(guard);
    pipeline.addBefore("handler", "guard", guard);
  }

  /** What was wrong with the body that has just ended, if it ended in the wrong way. */
  static Optional<AIError> bodyFault(HttpConnection connection) {
    var guard =
        ((HttpServerConnection) connection).channelHandlerContext().channel().attr(KEY).get();
    return guard == null ? Optional.empty() : guard.bodyFault;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    lookIn(ctx, idleNanos);
    if (!welcome) {
      ctx.executor().execute(() -> refuse(ctx, tooMany()));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    connections.leave();
    if (look != null) {
      look.cancel(false);
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpRequest request) {
      begin(request);
    } else if (message instanceof HttpContent content) {
      if (content.decoderResult().isFailure()) {
        breakOff(ctx, content);
        return;
      }
      inBody &= !(message instanceof LastHttpContent);
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (phase == Phase.SILENT && decoder.headUnderWay()) {
      enter(Phase.HEAD);
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    var interim = message instanceof HttpResponse response && response.status().code() < 200;
    if (message instanceof LastHttpContent && !interim && --unanswered <= 0) {
      unanswered = 0;
      enter(Phase.SILENT);
    }
    var _ = ctx.write(message, promise);
  }

  private void begin(HttpRequest request) {
    unanswered++;
    inBody = request.decoderResult().isSuccess();
    bodySince = System.nanoTime();
    bodyFault = Optional.empty();
    enter(Phase.BUSY);
  }

  /** Ends a body whose framing is broken, so that its request gets a proper reply. */
  private void breakOff(ChannelHandlerContext ctx, HttpContent content) {
    ReferenceCountUtil.release(content);
    bodyFault =
        Optional.of(
            AIError.invalid("The body's framing is broken (chunked encoding).")
                .causedBy(content.decoderResult().cause()));
    inBody = false;
    if (unanswered == 0) {
      var _ = ctx.close();
    } else {
      ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  private void enter(Phase next) {
    phase = next;
    since = System.nanoTime();
  }

  /** Schedules the next look; never later than a head that begins now would be due. */
  private void lookIn(ChannelHandlerContext ctx, long nanos) {
    var most = Math.min(headNanos, idleNanos);
    look =
        ctx.executor().schedule(() -> look(ctx), Math.clamp(nanos, 1, most), TimeUnit.NANOSECONDS);
  }

  private void look(ChannelHandlerContext ctx) {
    var now = System.nanoTime();
    var left =
        switch (phase) {
          case HEAD -> headNanos - (now - since);
          case SILENT -> idleNanos - (now - since);
          case BUSY -> headNanos;
        };
    if (inBody) {
      left = Math.min(left, lingerNanos - (now - bodySince));
    }
    if (left > 0) {
      lookIn(ctx, left);
    } else if (phase == Phase.HEAD && !inBody) {
      refuse(
          ctx,
          AIError.of(
              ErrorCode.REQUEST_TIMEOUT,
              "The head of the request was not complete in time; send it at once."));
    } else {
      var _ = ctx.close();
    }
  }

  private static AIError tooMany() {
    return AIError.of(ErrorCode.OVERLOADED, "Too many connections are open; try again shortly.")
        .retryAfter(Duration.ofSeconds(1));
  }

  private void refuse(ChannelHandlerContext ctx, AIError why) {
    decoder.die();
    channelRead(ctx, StrictRequestDecoder.invalid(why));
    ctx.fireChannelReadComplete();
  }
}
