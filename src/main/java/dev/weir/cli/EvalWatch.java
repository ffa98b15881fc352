package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at an evaluation until it has ended, and shows how far it is. A node that goes down
 * meanwhile ends neither the evaluation nor the looking, if another answers within two minutes.
 * Blocks.
 */
final class EvalWatch {
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
  private static final Duration BETWEEN_FAILURES = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final World world;
  private final PrintWriter err;
  private final HttpDoor door;

  EvalWatch(World world, PrintWriter err, HttpDoor door) {
    this.world = world;
    this.err = err;
    this.door = door;
  }

  /**
   * Waits for the end.
   *
   * @param so the evaluation as it was seen last
   * @return the evaluation with its report
   */
  JsonNode untilItHasEnded(JsonNode so) {
    var path = "/api/evaluations/" + HttpDoor.part(checked(so).path("name").asText());
    var bar = new ProgressBar(world, err, so.path("items").asInt());
    var seen = so;
    var told = false;
    try {
      while (!seen.path("ended_at").isTextual()) {
        // The full bar is for the end, which is a moment after the last item.
        bar.show(Math.min(seen.path("done").asInt(), seen.path("items").asInt() - 1));
        if (seen.path("status").asText().equals("interrupted") && !told) {
          bar.say(seen.path("reason").asText());
          told = true;
        }
        LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        seen = checked(look(path));
      }
      bar.show(seen.path("done").asInt());
      return seen;
    } finally {
      // Whatever is said next, and be it why nobody can look any more.
      bar.end();
    }
  }

  /** Something else than an evaluation would never come to its end. */
  private static JsonNode checked(JsonNode so) {
    if (so.path("name").isTextual() && so.path("items").asInt() > 0) {
      return so;
    }
    throw new CommandFailure(ExitCode.FAILED, "The server's answer is no evaluation.");
  }

  private JsonNode look(String path) {
    var began = System.nanoTime();
    while (true) {
      try {
        return door.answer("GET", path, Optional.empty());
      } catch (HttpDoor.Unreachable | CommandFailure e) {
        if (!passes(e) || System.nanoTime() - began > PATIENCE.toNanos()) {
          throw e;
        }
        LockSupport.parkNanos(BETWEEN_FAILURES.toNanos());
      }
    }
  }

  private static boolean passes(RuntimeException e) {
    return !(e instanceof CommandFailure failure)
        || failure.exitCode() == ExitCode.UNREACHABLE
        || failure.exitCode() == ExitCode.TRY_LATER;
  }
}
