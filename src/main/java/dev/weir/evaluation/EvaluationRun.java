package dev.weir.evaluation;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One evaluation under way: a few virtual threads take items in their order, one more writes what
 * they scored. It ends with its last item, or with the first thing that stands in its way; items
 * under way then come to their end, and what is scored by then is reported. Where only this node
 * ends, the next one goes on with what is left.
 */
final class EvaluationRun {
  private static final Logger LOG = LogManager.getLogger(EvaluationRun.class);

  /** What is added to a function's name in records and meters, so that its own figures stay so. */
  static final String LABEL = "@eval";

  private static final int AT_ONCE = 4;
  private static final Duration PACE = Duration.ofMillis(500);

  /** How many paces items under way may take when the node goes down: two seconds. */
  private static final int GOING_DOWN = 4;

  /** How long its end is tried to be written; then the next node asks once more what is missing. */
  private static final Duration LAST_TRIES = Duration.ofMinutes(10);

  private final Plan plan;
  private final Replay replay;
  private final Asking asking;
  private final EvaluationTable table;
  private final Clock clock;
  private final CountDownLatch over;

  /** Open while the node stays up. */
  private final CountDownLatch up = new CountDownLatch(1);

  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private final CountDownLatch workers = new CountDownLatch(AT_ONCE);
  private final AtomicReference<@Nullable EvaluationEnd> end = new AtomicReference<>();

  /** How many were written here; of the thread that runs it. */
  private int written;

  /** Guarded by itself. */
  private final List<Scored> unwritten = new ArrayList<>();

  /**
   * What is to be done.
   *
   * @param held whose turn it is
   * @param items what is left to ask
   * @param before how many items were done on other nodes
   * @param baseline the version that is asked as well; empty for the answers that there are
   * @param report makes the report at the end
   */
  record Plan(
      EvaluationTable.Held held,
      String function,
      List<Item> items,
      int before,
      Candidate candidate,
      Optional<Candidate> baseline,
      List<Scorer> scorers,
      Judges judges,
      EvaluationReport report) {
    String name() {
      return held.name();
    }

    /** How many items it has on all nodes together. */
    int all() {
      return before + items.size();
    }
  }

  EvaluationRun(
      Plan plan,
      Replay replay,
      Asking asking,
      EvaluationTable table,
      Clock clock,
      CountDownLatch over) {
    this.plan = plan;
    this.replay = replay;
    this.asking = asking;
    this.table = table;
    this.clock = clock;
    this.over = over;
  }

  /** Runs to the end; for a virtual thread of its own. */
  void run() {
    for (var i = 0; i < AT_ONCE; i++) {
      Thread.ofVirtual().name("evaluation-" + plan.name() + "-" + i).start(this::work);
    }
    try {
      var patience = GOING_DOWN;
      while (!workers.await(PACE.toMillis(), TimeUnit.MILLISECONDS) && patience > 0) {
        write();
        patience -= ended().filter(EvaluationEnd::isGoingDown).isPresent() ? 1 : 0;
      }
      finish();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      // Whatever it was that broke this off: nobody goes on spending unseen.
      end(broken());
    }
  }

  /** Takes no further item. */
  void end(EvaluationEnd why) {
    if (why.isGoingDown()) {
      up.countDown();
    }
    if (end.compareAndSet(null, why)) {
      over.countDown();
    }
  }

  private Optional<EvaluationEnd> ended() {
    return Optional.ofNullable(end.get());
  }

  private void work() {
    try {
      for (var i = next.getAndIncrement();
          i < plan.items().size() && ended().isEmpty();
          i = next.getAndIncrement()) {
        var scored = replay.score(plan.items().get(i));
        synchronized (unwritten) {
          unwritten.add(scored);
        }
        done.incrementAndGet();
      }
    } catch (EvaluationEnd e) {
      end(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      // An error ends it as well: nobody else would. By its kind and place only: what it says may
      // hold what was asked.
      LOG.error(
          "The evaluation {} failed: {} at {}",
          plan.name(),
          e.getClass().getName(),
          e.getStackTrace().length == 0 ? "?" : e.getStackTrace()[0]);
      end(broken());
    } finally {
      workers.countDown();
    }
  }

  private static EvaluationEnd broken() {
    return EvaluationEnd.failed(
        AIError.of(ErrorCode.INTERNAL, "Something went wrong inside Weir."));
  }

  /** Writes what was scored and that somebody is at work; tries again next time if it cannot. */
  private void write() throws InterruptedException {
    List<Scored> some;
    synchronized (unwritten) {
      some = List.copyOf(unwritten);
    }
    try {
      var done = done() + some.size();
      switch (Asking.got(table.move(plan.held(), some, done, asking.spent()))) {
        case STOP -> end(EvaluationEnd.stopped());
        case NO_LONGER_YOURS -> {
          end.set(EvaluationEnd.lost());
          over.countDown();
        }
        case GO_ON -> {}
      }
      synchronized (unwritten) {
        unwritten.subList(0, some.size()).clear();
      }
      written += some.size();
    } catch (AIError e) {
      LOG.debug("The evaluation {} waits for the database: {}", plan.name(), e.getMessage());
    }
  }

  /** How many are written, on all nodes together: what is scored and is not may be asked again. */
  private int done() {
    return plan.before() + written;
  }

  private void finish() throws InterruptedException {
    if (done.get() < plan.items().size()) {
      // Whatever kept an item from its end without a word.
      end(broken());
    }
    var began = clock.nanoTime();
    do {
      write();
      if (ended().filter(EvaluationEnd::isLost).isPresent()) {
        LOG.warn("The evaluation {} is no longer this node's", plan.name());
        return;
      }
      if (allWritten() && close()) {
        LOG.info(
            "The evaluation {} has ended here ({}) after {} of {} items and {} USD",
            plan.name(),
            status(),
            done(),
            plan.all(),
            asking.spent());
        return;
      }
      // Whoever goes down has tried once, and does not wait.
    } while (clock.nanoTime() - began < LAST_TRIES.toNanos()
        && !up.await(PACE.toMillis(), TimeUnit.MILLISECONDS));
    LOG.warn("The end of the evaluation {} could not be written", plan.name());
  }

  private String status() {
    return ended().map(EvaluationEnd::status).orElse("done");
  }

  private boolean allWritten() {
    synchronized (unwritten) {
      return unwritten.isEmpty();
    }
  }

  private boolean close() throws InterruptedException {
    try {
      if (ended().filter(EvaluationEnd::isGoingDown).isPresent()) {
        Asking.got(table.handOver(plan.held()));
        return true;
      }
      var report = plan.report().of(Asking.got(table.items(plan.name())));
      if (status().equals("failed")) {
        EvaluationReport.findNothing(report);
      }
      var reason = ended().flatMap(EvaluationEnd::reason);
      Asking.got(table.end(plan.held(), status(), reason, report, done(), asking.spent()));
      return true;
    } catch (AIError e) {
      LOG.debug("The evaluation {} waits for the database: {}", plan.name(), e.getMessage());
      return false;
    }
  }
}
