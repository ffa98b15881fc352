package dev.weir.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainTest {
  @Test
  void stagesSeeACallInOrderAndItsReplyInReverse() {
    var story = new ArrayList<String>();
    Stage outer =
        (x, next) -> {
          story.add("outer in");
          return next.proceed(x).onComplete(_ -> story.add("outer out"));
        };
    Stage inner =
        (x, next) -> {
          story.add("inner");
          return Future.succeededFuture(new Reply.Whole(Exchanges.answer("hi")));
        };

    Chain.of(List.of(outer, inner)).proceed(Exchanges.chat("a/b"));

    assertThat(story).containsExactly("outer in", "inner", "outer out");
  }

  @Test
  void whatAStageThrowsBecomesAnError() {
    Stage broken =
        (_, _) -> {
          throw new IllegalStateException("oops");
        };

    var reply = Chain.of(List.of(broken)).proceed(Exchanges.chat("a/b"));

    assertThat(reply.cause())
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
  }

  @Test
  void theLastStageMustAnswer() {
    Stage proceeds = (x, next) -> next.proceed(x);

    var reply = Chain.of(List.of(proceeds)).proceed(Exchanges.chat("a/b"));

    assertThat(reply.failed()).isTrue();
  }
}
