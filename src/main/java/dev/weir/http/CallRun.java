package dev.weir.http;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.Reply;
import io.vertx.core.Vertx;
import java.util.function.Consumer;

/** Runs an opened call and brings its reply to the caller; cancels it when the caller leaves. */
final class CallRun {
  private CallRun() {}

  static void run(Vertx vertx, Gateway gateway, Visit visit, Exchange x, CallReply reply) {
    if (x.call().stream()) {
      visit.became(x);
      stream(vertx, gateway, visit, x, reply);
    } else {
      whole(gateway, visit, x, reply::whole);
    }
  }

  /** Runs one whose reply is whole in any case. */
  static void whole(Gateway gateway, Visit visit, Exchange x, Consumer<Answer> reply) {
    visit.became(x);
    visit.onGone(() -> cancel(x));
    visit.with(
        gateway.run(x),
        result -> {
          switch (result) {
            case Reply.Whole(var answer) -> reply.accept(answer);
            case Reply.Streamed(var stream) -> stream.start(new Gathering(visit, reply));
          }
        });
  }

  private static void stream(
      Vertx vertx, Gateway gateway, Visit visit, Exchange x, CallReply reply) {
    var events = new EventStream(vertx, visit, reply);
    visit.onGone(
        () -> {
          events.stop();
          cancel(x);
        });
    gateway
        .run(x)
        .map(
            result -> {
              switch (result) {
                case Reply.Whole(var answer) -> events.all(answer);
                case Reply.Streamed(var stream) -> events.carry(stream);
              }
              return result;
            })
        .onFailure(e -> events.fail(AIError.from(e)));
  }

  private static void cancel(Exchange x) {
    x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "The caller went away."));
  }

  /** Takes a stream where a whole reply is wanted. */
  private record Gathering(Visit visit, Consumer<Answer> reply) implements AnswerStream.Sink {
    @Override
    public void part(AnswerStream.Part part) {}

    @Override
    public void end(Answer answer) {
      reply.accept(answer);
    }

    @Override
    public void fail(AIError error) {
      visit.fail(error);
    }
  }
}
