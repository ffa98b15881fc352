package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.HandClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecentTest {
  private final HandClock clock = new HandClock();
  private Future<Void> answer = Future.succeededFuture();
  private int asked;
  private final Recent recent =
      new Recent(
          clock,
          () -> {
            asked++;
            return answer;
          });

  @Test
  void isAskedOnceASecondHoweverManyProbesCome() throws Exception {
    for (var i = 0; i < 1000; i++) {
      assertThat(isWell()).isTrue();
    }
    assertThat(asked).isEqualTo(1);

    clock.pass(Recent.FRESH);
    assertThat(isWell()).isTrue();

    assertThat(asked).isEqualTo(2);
  }

  @Test
  void probesThatComeWhileOneIsUnderWayShareItsAnswer() throws Exception {
    var promise = Promise.<Void>promise();
    answer = promise.future();

    var first = recent.ask();
    clock.pass(Recent.FRESH.multipliedBy(5));
    var second = recent.ask();
    promise.complete();

    assertThat(asked).isEqualTo(1);
    assertThat(first.succeeded() && second.succeeded()).isTrue();
  }

  @Test
  void whatWasNeverWellIsUnwellAtOnce() throws Exception {
    answer = Future.failedFuture("gone");

    assertThat(isWell()).isFalse();
  }

  @Test
  void whatWasWellIsForgivenForAMomentAndNoLonger() throws Exception {
    assertThat(isWell()).isTrue();
    answer = Future.failedFuture("gone");

    clock.pass(Recent.FRESH);
    assertThat(isWell()).isTrue();
    clock.pass(Recent.GRACE);
    assertThat(isWell()).isFalse();

    answer = Future.succeededFuture();
    clock.pass(Recent.FRESH);
    assertThat(isWell()).isTrue();
  }

  @Test
  void whatNeverAnswersIsUnwellAfterItsBound() throws Exception {
    answer = Promise.<Void>promise().future();

    assertThat(isWell()).isFalse();
  }

  @Test
  void whatHangsIsNotAskedAgainForAWhile() throws Exception {
    answer = Promise.<Void>promise().future();
    assertThat(isWell()).isFalse();

    clock.pass(Recent.FRESH.multipliedBy(2));
    assertThat(isWell()).isFalse();
    assertThat(asked).isEqualTo(1);

    clock.pass(Recent.PATIENCE);
    answer = Future.succeededFuture();
    assertThat(isWell()).isTrue();
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void aProbeThatThrowsIsUnwell() throws Exception {
    var throwing =
        new Recent(
            clock,
            () -> {
              throw new IllegalStateException("no pool");
            });

    assertThat(throwing.ask().failed()).isTrue();
  }

  private boolean isWell() throws InterruptedException, TimeoutException {
    try {
      recent.ask().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException _) {
      return false;
    }
  }
}
