package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Clock;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
  void whoWasExposedToNothingIsRememberedUntilTheRosterChanges() throws Exception {
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
    Eventually.until("it is asked again", () -> settled(exposures.stored(key("bob"))).succeeded());
    assertThat(ask("bob")).isPresent();
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

  private static <T> Future<T> settled(Future<T> future) {
    Eventually.until("an answer", future::isComplete);
    return future;
  }

  private Optional<Exposure> ask(String user) throws Exception {
    return exposures
        .stored(key(user))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
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
