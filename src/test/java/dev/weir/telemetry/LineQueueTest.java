package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LineQueueTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void writesLinesInTheirOrderAndAllOfThemBeforeItCloses() {
    var out = new ByteArrayOutputStream();
    var queue = new LineQueue(out, String::toUpperCase, missing -> "missing " + missing + "\n");
    queue.start();

    for (var i = 0; i < 1000; i++) {
      queue.offer("line " + i + "\n");
    }
    queue.close(PATIENCE);

    var lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(1000).startsWith("LINE 0", "LINE 1").endsWith("LINE 999");
    assertThat(queue.dropped()).isZero();
  }

  @Test
  void aStuckTerminalMakesNobodyWaitAndTheMissingLinesAreToldOnce() {
    var out = new StuckStream();
    var queue =
        new LineQueue(out, UnaryOperator.identity(), missing -> "missing " + missing + "\n");
    queue.start();

    for (var i = 0; i < 50_000; i++) {
      queue.offer("line\n");
    }
    var dropped = queue.dropped();
    out.release.countDown();
    queue.close(PATIENCE);

    assertThat(dropped).isGreaterThan(40_000);
    assertThat(out.written()).contains("missing " + dropped + "\n");
    assertThat(out.written().lines().filter(line -> line.equals("line")).count())
        .isEqualTo(50_000 - dropped);
  }

  @Test
  void hugeLinesAreBoundedByTheirSizeAndNotTheirNumber() {
    var out = new StuckStream();
    var queue = new LineQueue(out, UnaryOperator.identity(), _ -> "");
    queue.start();

    for (var i = 0; i < 100; i++) {
      queue.offer("x".repeat(1 << 20));
    }

    assertThat(queue.dropped()).isGreaterThanOrEqualTo(95);
    out.release.countDown();
    queue.close(PATIENCE);
  }

  @Test
  void closingDoesNotWaitForATerminalThatNeverComesBack() {
    var out = new StuckStream();
    var queue = new LineQueue(out, UnaryOperator.identity(), _ -> "");
    queue.start();
    queue.offer("line\n");

    var start = System.nanoTime();
    queue.close(Duration.ofMillis(50));

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void aClosedPipeIsCountedAndDoesNotEndTheWriter() {
    var queue =
        new LineQueue(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
              }
            },
            UnaryOperator.identity(),
            _ -> "");
    queue.start();

    queue.offer("a\n");
    queue.offer("b\n");
    queue.close(PATIENCE);

    assertThat(queue.dropped()).isGreaterThanOrEqualTo(2);
  }

  private static final class StuckStream extends OutputStream {
    final CountDownLatch release = new CountDownLatch(1);
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void write(int b) throws IOException {
      try {
        release.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      bytes.write(b);
    }

    String written() {
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }
}
