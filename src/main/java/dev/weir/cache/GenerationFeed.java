package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Hears of invalidations by LISTEN, and proves that it still does: several times a second it sends
 * itself a word over the same connection, and what was sent before a word that came back was heard.
 * After each time that the connection broke it begins anew, from the newest generation that the
 * database knows.
 */
final class GenerationFeed {
  private static final Logger LOG = LogManager.getLogger(GenerationFeed.class);
  private static final String CHANNEL = "weir_cache";
  private static final String NEWEST =
      "SELECT coalesce(max(generation), 0) AS newest FROM cache_generations";
  private static final Duration BEAT = Duration.ofMillis(200);
  private static final Duration DEAD = Duration.ofSeconds(3);
  private static final Duration AGAIN = Duration.ofMillis(500);

  private final Vertx vertx;
  private final Database database;
  private final Notifications notifications;
  private final Generations generations;
  private final FirstLevel first;
  private final Clock clock;
  private final String own = "weir_beat_" + UUID.randomUUID().toString().replace("-", "");
  private final AtomicLong round = new AtomicLong();
  private volatile boolean loaded;
  private volatile boolean underWay;
  private volatile long sentNanos;

  GenerationFeed(
      Vertx vertx,
      Database database,
      Notifications notifications,
      Generations generations,
      FirstLevel first,
      Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.notifications = notifications;
    this.generations = generations;
    this.first = first;
    this.clock = clock;
  }

  /** Begins to hear. */
  void start() {
    notifications.listen(CHANNEL, this::moved, this::begin);
    notifications.listen(own, this::beaten);
    vertx.setPeriodic(BEAT.toMillis(), _ -> beat());
  }

  /** The channel is heard from now on; what was said before may have been missed. */
  private void begin() {
    var begun = round.incrementAndGet();
    loaded = false;
    underWay = false;
    generations.lost();
    first.clear();
    load(begun);
  }

  private void load(long of) {
    database
        .jobs(c -> c.query(NEWEST).execute().map(rows -> rows.iterator().next().getLong("newest")))
        .onSuccess(
            newest -> {
              generations.upTo(newest);
              loaded = of == round.get();
            })
        .onFailure(
            e -> {
              LOG.debug("The generations cannot be read yet: {}", e.getMessage());
              vertx.setTimer(
                  AGAIN.toMillis(),
                  _ -> {
                    if (of == round.get()) {
                      load(of);
                    }
                  });
            });
  }

  /** {@code kind:id:generation}; an id may hold colons. */
  private void moved(String payload) {
    var kind = payload.indexOf(':');
    var number = payload.lastIndexOf(':');
    if (kind < 0 || number <= kind) {
      return;
    }
    var roomy =
        generations.moved(
            payload.substring(0, kind),
            payload.substring(kind + 1, number),
            Long.parseLong(payload.substring(number + 1)));
    if (!roomy) {
      LOG.info("More invalidations than are told apart: the first level begins anew");
      first.clear();
    }
  }

  private void beat() {
    var now = clock.nanoTime();
    if (underWay) {
      if (now - sentNanos > DEAD.toNanos()) {
        underWay = false;
        notifications.reconnect();
      }
      return;
    }
    underWay = true;
    sentNanos = now;
    notifications.send(own, Long.toString(now)).onFailure(_ -> underWay = false);
  }

  private void beaten(String sent) {
    underWay = false;
    if (loaded) {
      generations.heard(Long.parseLong(sent));
    }
  }
}
