package dev.weir.app;

import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import dev.weir.config.WeirConfig;
import dev.weir.telemetry.Logs;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * {@code weir serve}: runs the service until a signal ends it. SIGINT and SIGTERM stop it in order,
 * once; a fault at the start is told in sentences on standard error.
 */
final class Serve {
  private static final Logger LOG = LogManager.getLogger(Serve.class);
  private static final int OK = 0;
  private static final int FAILED = 1;

  private final ReentrantLock starting = new ReentrantLock();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private Optional<Weir> running = Optional.empty();
  private final PrintStream out = System.out;
  private final PrintStream err = System.err;

  /** Blocks until the service has stopped; the exit code. */
  int run() {
    return switch (ConfigLoader.ofProcess().load()) {
      case Loaded.Refused refused -> refuse(refused);
      case Loaded.Accepted accepted -> run(accepted.config(), accepted.warnings());
    };
  }

  private int refuse(Loaded.Refused refused) {
    err.println("Weir does not start; its settings need mending:");
    refused.faults().forEach(fault -> err.println("  " + fault));
    return FAILED;
  }

  private int run(WeirConfig config, List<String> warnings) {
    var logs = Logs.start(config.logging(), config.secrets());
    warnings.forEach(LOG::warn);
    var hook = new Thread(() -> stop(logs), "shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      start(config, logs).banner().ifPresent(out::println);
      stopped.await();
      return OK;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    } catch (RuntimeException e) {
      LOG.debug("The start failed", e);
      err.println("Weir does not start: " + e.getMessage());
      return FAILED;
    }
  }

  private Weir start(WeirConfig config, Logs logs) {
    starting.lock();
    try {
      var weir = Weir.start(config, logs);
      running = Optional.of(weir);
      return weir;
    } finally {
      starting.unlock();
    }
  }

  /**
   * Also for a signal that comes during the start: it waits for the start's end, which is bounded.
   */
  private void stop(Logs logs) {
    starting.lock();
    try {
      if (running.isPresent()) {
        out.println("Shutting down: calls under way are finished first.");
        running.get().stop();
        out.println("Weir has stopped.");
      }
    } finally {
      starting.unlock();
      logs.close();
      stopped.countDown();
    }
  }
}
