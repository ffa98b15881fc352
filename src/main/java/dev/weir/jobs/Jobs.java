package dev.weir.jobs;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;

/** The jobs of one process. Any thread. */
public final class Jobs {
  private final List<Led> jobs;

  private Jobs(List<Led> jobs) {
    this.jobs = jobs;
  }

  /**
   * Starts them on an event loop of their own; each runs as soon as this node leads it. While the
   * database is away they wait.
   *
   * @throws IllegalArgumentException if two have one name
   */
  public static Jobs start(Vertx vertx, Database database, Clock clock, List<Job> all) {
    var names = new HashSet<String>();
    for (var job : all) {
      if (!names.add(job.name())) {
        throw new IllegalArgumentException("two jobs are called " + job.name());
      }
    }
    // A process of its own, not a host's name: one that starts again after a crash must not be
    // taken for the one that may still have a transaction under way.
    var holder = ProcessHandle.current().pid() + "-" + UUID.randomUUID();
    var context = vertx.getOrCreateContext();
    var led =
        all.stream().map(job -> new Led(vertx, context, database, clock, holder, job)).toList();
    led.forEach(Led::start);
    return new Jobs(led);
  }

  /** What this node knows of them. */
  public List<JobStatus> states() {
    return jobs.stream().map(Led::status).toList();
  }

  /**
   * Begins no more runs, waits for those under way, and gives up the leads, so that another node
   * takes over at once; bound the wait for it.
   */
  public Future<Void> close() {
    return Future.join(jobs.stream().map(Led::close).toList()).mapEmpty();
  }
}
