package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.function.Supplier;

/**
 * The built-in simulation: answers any function with text that fits its schema and any chat with
 * prose, made of the words of the question, and gives vectors of texts, without any network. Stands
 * in for providers without a key in dev mode, and misbehaves on demand, as its model's name says
 * ({@link SandboxBehaviour}), so that everything Weir does about failures can be tried from the
 * command line. One per verticle; confined to its event loop.
 */
final class Sandbox implements Provider {
  /** How long a plain answer takes. */
  private static final long THINKING_MILLIS = 5;

  private final Vertx vertx;
  private final LargeWork work;
  private final Refusals refusals = new Refusals(Clock.system());
  private int flakyCalls;

  Sandbox(Vertx vertx, LargeWork work) {
    this.vertx = vertx;
    this.work = work;
  }

  @Override
  public Future<Reply> ask(Exchange x) {
    var target = x.currentAttempt().target();
    var behaviour =
        target.simulated() ? SandboxBehaviour.PLAIN : SandboxBehaviour.parse(target.model().name());
    x.currentAttempt().markSent();
    return switch (behaviour.kind()) {
      case SLOW -> after(x, Math.max(1, behaviour.amount()), () -> answer(x, behaviour));
      case ERROR -> after(x, THINKING_MILLIS, () -> refuse(x, behaviour.amount()));
      case FLAKY ->
          after(
              x,
              THINKING_MILLIS,
              () -> isBad(behaviour.amount()) ? refuse(x, 500) : answer(x, behaviour));
      default -> after(x, THINKING_MILLIS, () -> answer(x, behaviour));
    };
  }

  /** In a hundred calls exactly this many, well mixed: 37 and 100 have no common divisor. */
  private boolean isBad(int percent) {
    return Math.floorMod(flakyCalls++ * 37, 100) < percent;
  }

  private Future<Reply> refuse(Exchange x, int status) {
    x.currentAttempt().markRefused();
    var headers = MultiMap.caseInsensitiveMultiMap();
    if (status == 429 || status == 503) {
      headers.set("retry-after", "1");
    }
    var body = Buffer.buffer("{\"error\":{\"type\":\"sandbox\",\"message\":\"as asked\"}}");
    return Future.failedFuture(refusals.of(status, headers, body));
  }

  private Future<Reply> answer(Exchange x, SandboxBehaviour behaviour) {
    return work.of(SandboxAnswer.vectorBytes(x), () -> new SandboxAnswer(x, behaviour).compose())
        .compose(answer -> given(x, behaviour, answer));
  }

  private Future<Reply> given(Exchange x, SandboxBehaviour behaviour, Answer answer) {
    if (x.plan().ask().stream()) {
      return new SandboxStream(vertx, x, behaviour, answer).begin();
    }
    return switch (behaviour.kind()) {
      case STALL -> until(x, Promise.promise());
      case TRUNCATE ->
          Future.failedFuture(
              AIError.of(
                  ErrorCode.PROVIDER_UNREACHABLE,
                  "The connection to the provider broke before its answer was complete."));
      default -> Future.succeededFuture(whole(x, answer));
    };
  }

  private static Reply whole(Exchange x, Answer answer) {
    x.currentAttempt().report(answer.usage());
    return new Reply.Whole(answer);
  }

  /** Goes on after a while, unless the call is cancelled meanwhile. */
  private Future<Reply> after(Exchange x, long millis, Supplier<Future<Reply>> next) {
    var promise = Promise.<Reply>promise();
    var timer =
        vertx.setTimer(
            millis,
            _ -> {
              try {
                // Not the promise itself: a cancelled call has failed it already, and it would
                // throw.
                next.get().onComplete(promise::tryComplete, promise::tryFail);
              } catch (AIError error) {
                promise.tryFail(error);
              }
            });
    var guarded = until(x, promise);
    guarded.onComplete((_, _) -> vertx.cancelTimer(timer));
    return guarded;
  }

  /** Fails the promise when the call is cancelled. */
  private static Future<Reply> until(Exchange x, Promise<Reply> promise) {
    var forget = x.cancellation().onCancel(promise::tryFail);
    return promise.future().onComplete((_, _) -> forget.run());
  }
}
