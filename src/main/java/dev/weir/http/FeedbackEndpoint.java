package dev.weir.http;

import dev.weir.wire.FeedbackRequest;
import io.vertx.core.Future;
import java.util.function.BiFunction;

/** {@code POST /v1/feedback}: what a caller thinks of an answer. */
final class FeedbackEndpoint {
  private final Reception reception;
  private final BiFunction<String, FeedbackRequest, Future<String>> feedback;

  FeedbackEndpoint(
      Reception reception, BiFunction<String, FeedbackRequest, Future<String>> feedback) {
    this.reception = reception;
    this.feedback = feedback;
  }

  void give(Visit visit, String none) {
    visit.with(
        reception
            .identify(visit)
            .compose(
                principal ->
                    reception
                        .body(visit)
                        .map(FeedbackRequest::decode)
                        .compose(
                            given -> feedback.apply(principal.user(), given).map(given::reply))),
        reply -> visit.reply(200, reply));
  }
}
