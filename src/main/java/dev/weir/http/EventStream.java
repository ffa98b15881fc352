package dev.weir.http;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A reply as server-sent events, never faster than the caller reads. The head goes out with the
 * first event or heartbeat, so that a call that fails before either still gets its proper status.
 * Confined to the call's event loop.
 */
final class EventStream implements AnswerStream.Sink {
  /** Silence after which a comment keeps proxies from giving up, in milliseconds. */
  private static final long HEARTBEAT = 15_000;

  private static final Buffer HEARTBEAT_COMMENT = Buffer.buffer(": heartbeat\n\n");

  private final Vertx vertx;
  private final Visit visit;
  private final CallReply reply;
  private final long timer;
  private @Nullable AnswerStream source;
  private boolean begun;
  private boolean written;
  private boolean resting;

  EventStream(Vertx vertx, Visit visit, CallReply reply) {
    this.vertx = vertx;
    this.visit = visit;
    this.reply = reply;
    this.timer = vertx.setPeriodic(HEARTBEAT, _ -> beat());
  }

  /**
   * Carries this stream to the caller; also when that has left, so that the stream learns of it.
   */
  void carry(AnswerStream stream) {
    source = stream;
    stream.start(this);
  }

  /** Writes an answer that came whole. */
  void all(Answer answer) {
    finish(reply.all(answer));
  }

  /** Nobody listens any more. */
  void stop() {
    vertx.cancelTimer(timer);
  }

  @Override
  public void part(AnswerStream.Part part) {
    write(reply.part(part));
  }

  @Override
  public void end(Answer answer) {
    finish(reply.end(answer));
  }

  @Override
  public void fail(AIError error) {
    if (begun) {
      visit.failed(error);
      finish(reply.broken(error));
    } else {
      stop();
      visit.fail(error);
    }
  }

  private void write(Buffer events) {
    if (visit.gone() || events.length() == 0) {
      return;
    }
    begin();
    written = true;
    var response = visit.response();
    var _ = response.write(events);
    if (!resting && source != null && response.writeQueueFull()) {
      resting = true;
      response.drainHandler(_ -> goOn());
      source.pause();
    }
  }

  private void goOn() {
    if (resting && source != null) {
      resting = false;
      source.resume();
    }
  }

  private void finish(Buffer last) {
    stop();
    if (!visit.gone()) {
      begin();
      visit.end(last);
    }
  }

  private void begin() {
    if (!begun) {
      begun = true;
      reply.beginStream();
      visit.beginStream();
    }
  }

  private void beat() {
    if (!written && !resting) {
      write(HEARTBEAT_COMMENT);
    }
    written = false;
  }
}
