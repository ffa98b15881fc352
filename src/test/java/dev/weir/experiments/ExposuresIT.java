package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who was exposed, asked of a database that answers, and of one that does not. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class ExposuresIT {
  private TestDatabase database;
  private Exposures exposures;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase given) {
    database = given;
    exposures = new Exposures(vertx, given.database(vertx), Clock.system());
    database.execute("DELETE FROM experiment_units");
    database.execute("DELETE FROM experiments");
    database.execute(
        "INSERT INTO experiments (experiment_name, function_name, salt, status) VALUES ('tone',"
            + " 'chat', 's', 'paused')");
  }

  @Test
  void whoWasExposedToNothingIsRememberedUntilTheRosterChanges() {
    assertThat(ask("ann")).isEmpty();
    expose("ann");

    exposures.forgetAbsences();

    assertThat(ask("ann")).map(Exposure::variant).contains("a");
  }

  @Test
  void aDatabaseThatDoesNotAnswerKeepsNobodyWaitingTwice() throws Exception {
    expose("bob");
    try (var connection = database.connect()) {
      connection.setAutoCommit(false);
      connection.createStatement().execute("LOCK TABLE experiment_units");
      var first = exposures.stored(key("bob"));
      Eventually.until("the first gives up", first::isComplete);

      var second = exposures.stored(key("bob"));

      assertThat(first.cause()).isInstanceOf(TimeoutException.class);
      assertThat(second.failed()).isTrue();
      connection.rollback();
    }
    assertThat(ask("bob")).as("it is asked again").isPresent();
  }

  @Test
  void whatStandsStaysAndRefusalsAreAddedToIt(Vertx vertx) {
    var elsewhere = new Exposures(vertx, database.database(vertx), Clock.system());
    var first = new Exposure("a", 1, 0.5);
    exposures.tell(key("cid"), first);
    exposures.refused(key("cid"), first);
    assertThat(settled(exposures.flush()).succeeded()).isTrue();

    elsewhere.tell(key("cid"), new Exposure("b", 2, 0.25));
    elsewhere.tell(key("dan"), first);
    elsewhere.refused(key("cid"), first);
    assertThat(settled(elsewhere.flush()).succeeded()).isTrue();

    assertThat(elsewhere.remembered(key("cid"))).contains(first);
    assertThat(elsewhere.remembered(key("dan"))).contains(first);
    assertThat(
            database.query(
                "SELECT user_id, first_variant, epoch, refused FROM experiment_units ORDER BY 1"))
        .extracting(row -> List.copyOf(row.values()))
        .containsExactly(List.of("cid", "a", 1, 2L), List.of("dan", "a", 1, 0L));
  }

  @Test
  void aRefusalWhoseCommitWasNotHeardOfCountsOnce(Vertx vertx) throws Exception {
    var hasty =
        Database.open(
            vertx,
            database.serviceUrl(),
            new Database.Limits(
                2, 10, Duration.ofSeconds(3), Duration.ofSeconds(10), Duration.ofSeconds(1)));
    var here = new Exposures(vertx, hasty, Clock.system());
    var eve = new Exposure("a", 1, 0.5);
    here.tell(key("eve"), eve);
    here.refused(key("eve"), eve);
    try (var connection = database.connect();
        var statement = connection.createStatement()) {
      database.execute(
          """
          CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END';
          CREATE CONSTRAINT TRIGGER held AFTER INSERT ON experiment_units DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION held()\
          """);
      statement.execute("SELECT pg_advisory_lock(4711)");

      var flush = new AtomicReference<>(here.flush());
      Eventually.until(
          "its commit waits",
          () -> {
            // On a busy machine a whole second may pass before it comes so far.
            if (flush.get().isComplete()) {
              flush.set(here.flush());
            }
            return database.count(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND"
                        + " NOT granted")
                == 1;
          });

      assertThat(settled(flush.get()).failed()).isTrue();
    } finally {
      Eventually.until("it was written all the same", () -> refusals("eve") == 1);
      database.execute("DROP FUNCTION held() CASCADE");
    }
    here.refused(key("eve"), eve);

    Eventually.until("it is written again", () -> settled(here.flush()).succeeded());
    assertThat(refusals("eve")).isEqualTo(1);
    Eventually.until("so is the next", () -> settled(here.flush()).succeeded());
    assertThat(refusals("eve")).as("and what came meanwhile once too").isEqualTo(2);
    settled(hasty.close());
  }

  private long refusals(String user) {
    return database.count(
        "SELECT coalesce(sum(refused), 0) FROM experiment_units WHERE user_id = ?", user);
  }

  private static <T> Future<T> settled(Future<T> future) {
    Eventually.until("an answer", future::isComplete);
    return future;
  }

  /**
   * On a busy machine the database may not answer within a second, as it does not in another test.
   */
  private Optional<Exposure> ask(String user) {
    var answer = new AtomicReference<Future<Optional<Exposure>>>();
    Eventually.until(
        "somebody can tell",
        () -> {
          answer.set(settled(exposures.stored(key(user))));
          return answer.get().succeeded();
        });
    return answer.get().result();
  }

  private static Exposure.Key key(String user) {
    return new Exposure.Key("tone", user);
  }

  private void expose(String user) {
    database.execute(
        "INSERT INTO experiment_units (experiment_name, user_id, first_variant, probability, epoch,"
            + " exposed_at, window_ends_at) VALUES ('tone', ?, 'a', 0.5, 1, now(), now() + interval"
            + " '7 days')",
        user);
  }
}
