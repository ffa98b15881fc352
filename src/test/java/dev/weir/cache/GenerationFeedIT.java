package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.storage.Notifications;
import dev.weir.testing.Eventually;
import dev.weir.testing.HandClock;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** More invalidations than a process tells apart, by real words of a real database. */
@ExtendWith(TestDatabase.Extension.class)
class GenerationFeedIT {
  private static final int MOST = 50;

  private final Vertx vertx = Vertx.vertx();

  /** Stands still: how fast words come is the machine's affair, that none is lost is ours. */
  private final HandClock clock = new HandClock();

  private final Generations generations = new Generations(clock, MOST);
  private final FirstLevel first = new FirstLevel(1 << 20, clock);
  private TestDatabase database;
  private Notifications notifications;

  @BeforeEach
  void open(TestDatabase given) {
    database = given;
    notifications = Notifications.open(vertx, given.serviceUrl());
  }

  @AfterEach
  void close() {
    notifications.close().await();
    vertx.close().await();
  }

  private void listen() {
    new GenerationFeed(vertx, database.database(vertx), notifications, generations, first, clock)
        .start();
    Eventually.until("words come through", generations::fresh);
  }

  private long invalidate(String user) {
    return database.count("SELECT weir_cache_invalidate('user', ?)", user);
  }

  private void invalidateMany(String prefix, int users) {
    database.query(
        "SELECT weir_cache_invalidate('user', ? || n) FROM generate_series(1, " + users + ") n",
        prefix);
  }

  private Stamp of(String user) {
    return generations.stamp(new Subjects("letter", "1", Optional.of(user), "0".repeat(64)));
  }

  @Test
  void manyThatHappenedBeforeItBeganAreOneNumber() {
    invalidateMany("early-", 10 * MOST);
    var newest = invalidate("ada");

    listen();

    assertThat(of("ada").generations()).containsOnly(newest);
    assertThat(of("nobody").generations()).containsOnly(newest);
  }

  @Test
  void manyWhileItListensKeepItListeningAndTheMemoryIsTrustedAgainAtOnce() {
    listen();
    var before = of("nobody");

    invalidateMany("late-", 10 * MOST);
    var newest = invalidate("ada");
    Eventually.until("all is heard", () -> of("ada").user() == newest);

    assertThat(generations.fresh()).as("nothing was missed, nothing need be read").isTrue();
    var after = of("nobody");
    assertThat(after.epoch()).as("it never lost track").isEqualTo(before.epoch());
    assertThat(after).as("the memory began anew").isNotEqualTo(before);
    invalidate("bob");
    Eventually.until("the next one is heard", () -> of("bob").user() > newest);
    assertThat(of("nobody")).as("and hits its subject alone").isEqualTo(after);
  }

  @Test
  void generationsAreNumberedInTheOrderOfTheirCommits() throws Exception {
    try (var slow = database.connect();
        var statement = slow.createStatement()) {
      slow.setAutoCommit(false);
      statement.execute("SELECT weir_cache_invalidate('user', 'slow')");
      var other = new java.util.concurrent.FutureTask<>(() -> invalidate("quick"));
      Thread.ofVirtual().start(other);
      Eventually.until(
          "the other one waits",
          () ->
              database.count(
                      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                          + " AND wait_event_type = 'Lock' AND wait_event = 'advisory'")
                  == 1);
      assertThat(other.isDone()).isFalse();

      slow.commit();

      assertThat(other.get())
          .isGreaterThan(
              database.count("SELECT generation FROM cache_generations WHERE subject_id = 'slow'"));
    }
  }
}
