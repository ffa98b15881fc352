package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RereadingTest {
  private final List<Promise<Void>> reads = new ArrayList<>();
  private final Rereading rereading =
      new Rereading(
          () -> {
            Promise<Void> read = Promise.promise();
            reads.add(read);
            return read.future();
          });

  @Test
  void whoAsksWhileNothingIsReadGetsAReadOfTheirOwn() {
    var first = rereading.again();
    reads.get(0).complete();
    var second = rereading.again();

    assertThat(first.succeeded()).isTrue();
    assertThat(reads).hasSize(2);
    assertThat(second.isComplete()).isFalse();
  }

  @Test
  void whoAsksWhileOneRunsShareTheOneAfterIt() {
    var first = rereading.again();
    var second = rereading.again();
    var third = rereading.again();
    assertThat(reads).hasSize(1);

    reads.get(0).complete();
    assertThat(first.succeeded()).isTrue();
    assertThat(second.isComplete()).isFalse();
    assertThat(third.isComplete()).isFalse();
    var fourth = rereading.again();
    assertThat(reads).hasSize(2);

    reads.get(1).complete();
    assertThat(second.succeeded()).isTrue();
    assertThat(third.succeeded()).isTrue();
    assertThat(fourth.isComplete()).isFalse();
    assertThat(reads).hasSize(3);
  }

  @Test
  void oneThatFailsFailsForThoseWhoWaitedForItAndForNobodyElse() {
    var first = rereading.again();
    var second = rereading.again();

    reads.get(0).fail("away");
    reads.get(1).complete();

    assertThat(first.cause()).hasMessage("away");
    assertThat(second.succeeded()).isTrue();
  }

  @Test
  void oneThatCannotEvenBeginHoldsUpNoOther() {
    var tries = new AtomicInteger();
    var broken =
        new Rereading(
            () -> {
              if (tries.incrementAndGet() == 1) {
                throw new IllegalStateException("no pool");
              }
              return Future.succeededFuture();
            });

    assertThat(broken.again().cause()).hasMessage("no pool");
    assertThat(broken.again().succeeded()).isTrue();
  }
}
