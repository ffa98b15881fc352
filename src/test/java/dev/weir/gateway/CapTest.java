package dev.weir.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Usd;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CapTest {
  @Test
  void whatStandsInTheWayForNowIsToldFromWhatIsSpent() {
    var cap = new Cap(new Usd(10));
    assertThat(cap.reserve(new Usd(7))).isTrue();

    assertThat(cap.reserve(new Usd(4))).isFalse();
    assertThat(cap.mayFitLater(new Usd(4))).isTrue();
    cap.settle(new Usd(7), new Usd(6));
    assertThat(cap.reserve(new Usd(4))).isTrue();
    assertThat(cap.reserve(new Usd(5))).isFalse();
    assertThat(cap.mayFitLater(new Usd(5))).isFalse();
    assertThat(cap.taken()).isEqualTo(new Usd(10));
  }

  @Test
  void callsOfManyThreadsTogetherNeverTakeMore() {
    var cap = new Cap(new Usd(10_000));
    var sent = new AtomicLong();
    var start = new CountDownLatch(1);
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var i = 0; i < 4; i++) {
        threads.submit(
            () -> {
              start.await();
              for (var j = 0; j < 10_000; j++) {
                if (cap.reserve(new Usd(3))) {
                  sent.addAndGet(2);
                  cap.settle(new Usd(3), new Usd(2));
                }
              }
              return true;
            });
      }
      start.countDown();
    }

    assertThat(sent.get()).isLessThanOrEqualTo(10_000).isGreaterThan(9_990);
    assertThat(cap.taken()).isEqualTo(new Usd(sent.get()));
  }
}
