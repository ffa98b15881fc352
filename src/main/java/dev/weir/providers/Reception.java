package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/**
 * Turns the bytes of one call into a reply: an error status into an {@link AIError}, a whole body
 * or a stream of events into what its {@link AnswerReader} makes of it. Everything that is
 * collected is bounded. Confined to the call's event loop.
 */
final class Reception implements Receiver, LiveStream.Flow {
  /** The most of a whole answer, or of one event, that is read. */
  static final int MAX_ANSWER_BYTES = 16 << 20;

  private static final int MAX_ERROR_BYTES = 64 << 10;

  /** What the head has announced. */
  private enum Kind {
    NOTHING_YET,
    REFUSAL,
    WHOLE,
    EVENTS
  }

  private final Exchange x;
  private final AnswerReader reader;
  private final Refusals refusals;
  private final UpstreamCall call;
  private final Promise<Reply> whole = Promise.promise();
  private final Optional<LiveStream> live;
  private final SseParser events;
  private Buffer collected = Buffer.buffer();
  private Kind kind = Kind.NOTHING_YET;
  private int status;
  private MultiMap headers = MultiMap.caseInsensitiveMultiMap();

  private Reception(
      Transport transport, Exchange x, AnswerReader reader, Refusals refusals, boolean stream) {
    this.x = x;
    this.reader = reader;
    this.refusals = refusals;
    this.call = new UpstreamCall(transport.vertx(), x.currentAttempt(), this);
    this.live = stream ? Optional.of(new LiveStream(x, this)) : Optional.empty();
    this.events = new SseParser(MAX_ANSWER_BYTES, e -> reader.event(e, live.orElseThrow()));
  }

  /** Posts {@code json} and reads the reply. */
  static Future<Reply> of(
      Transport transport,
      String path,
      Buffer json,
      Exchange x,
      AnswerReader reader,
      Refusals refusals) {
    var stream = x.plan().ask().stream();
    var reception = new Reception(transport, x, reader, refusals, stream);
    transport.post(path, json, reception.call, x, stream);
    return reception.live.map(LiveStream::reply).orElseGet(reception.whole::future);
  }

  @Override
  public void head(int code, MultiMap head) {
    status = code;
    headers = head;
    if (code < 200 || code > 299) {
      kind = Kind.REFUSAL;
      x.currentAttempt().markRefused();
    } else if (live.isPresent() && !isJson(head)) {
      kind = Kind.EVENTS;
    } else {
      // Also for a stream that was answered with a whole body, as failures sometimes are.
      kind = Kind.WHOLE;
    }
  }

  @Override
  public void bytes(Buffer chunk) {
    try {
      switch (kind) {
        case EVENTS -> feed(chunk);
        case WHOLE -> {
          if (collected.length() + chunk.length() > reader.mostBytes()) {
            throw Failures.oversized(reader.mostBytes());
          }
          collected.appendBuffer(chunk);
        }
        default -> {
          if (collected.length() < MAX_ERROR_BYTES) {
            collected.appendBuffer(chunk);
          } else {
            // The status has said enough.
            call.finish();
            end();
          }
        }
      }
    } catch (AIError error) {
      call.abandon(error);
      fail(error);
    }
  }

  private void feed(Buffer chunk) {
    events.feed(chunk);
    if (live.orElseThrow().ended()) {
      call.finish();
    }
  }

  @Override
  public void end() {
    try {
      switch (kind) {
        case EVENTS -> {
          events.finish();
          if (!live.orElseThrow().ended()) {
            throw Failures.truncated();
          }
        }
        case WHOLE -> read();
        default -> throw refusals.of(status, headers, collected);
      }
    } catch (AIError error) {
      fail(error);
    }
  }

  /** While others read it, a cancelled call need not wait for them. */
  private void read() {
    var forget = x.cancellation().onCancel(this::fail);
    reader
        .wholeInTime(collected)
        .onComplete(
            (answer, failure) -> {
              forget.run();
              if (failure == null) {
                complete(answer);
              } else {
                fail(AIError.from(failure));
              }
            });
  }

  private void complete(Answer answer) {
    live.ifPresentOrElse(
        out -> {
          out.part(new Part(answer.text(), Buffer.buffer()));
          out.end(answer);
        },
        () -> whole.tryComplete(new Reply.Whole(answer)));
  }

  @Override
  public void fail(AIError error) {
    live.ifPresentOrElse(out -> out.fail(error), () -> whole.tryFail(error));
  }

  @Override
  public void pause() {
    call.pause();
  }

  @Override
  public void resume() {
    call.resume();
  }

  private static boolean isJson(MultiMap head) {
    var type = head.get("content-type");
    return type != null && type.startsWith("application/json");
  }
}
