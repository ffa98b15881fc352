package dev.weir.contents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What was deleted does not come back, whatever waited to be written, and where. Two nodes on one
 * database; neither writes by itself, so that a content waits as long as a test wants.
 */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeletedContentsStayDeletedIT {
  private static final Optional<String> ANY = Optional.empty();

  private final Vertx vertx = Vertx.vertx();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private TestDatabase database;
  private Database pools;
  private Contents one;
  private Contents other;

  @BeforeAll
  void open(TestDatabase fresh) {
    database = fresh;
    pools = fresh.database(vertx);
    one = new Contents(pools, meters);
    other = new Contents(pools, new SimpleMeterRegistry());
  }

  @AfterAll
  void close() {
    vertx.close().await();
  }

  @BeforeEach
  void empty() {
    database.execute("DELETE FROM stored_contents");
    database.execute("DELETE FROM content_deletions");
  }

  private long stored(String user) {
    return database.count("SELECT count(*) FROM stored_contents WHERE user_id = ?", user);
  }

  private void write(AContent content) {
    one.keep(content.content());
    one.flush().await();
  }

  @Test
  void whatWaitsOnAnotherNodeIsNotWrittenAfterItsUserWasDeleted() {
    one.keep(AContent.by("ada").content());
    one.keep(AContent.by("bob").content());
    var gone = meters.counter("weir.contents", "outcome", "gone").count();

    other.deleteAll(ANY, Optional.of("ada")).await();
    one.flush().await();

    assertThat(stored("ada")).isZero();
    assertThat(stored("bob")).isOne();
    assertThat(meters.counter("weir.contents", "outcome", "gone").count()).isEqualTo(gone + 1);
  }

  @Test
  void norAfterItsFunctionWas() {
    one.keep(AContent.by("ada").of("letter").content());
    one.keep(AContent.by("ada").of("poem").content());

    other.deleteAll(Optional.of("letter"), ANY).await();
    one.flush().await();

    assertThat(database.value("SELECT function_name FROM stored_contents")).isEqualTo("poem");
  }

  @Test
  void norAfterThatUsersCallsOfThatFunctionWereAndOthersAre() {
    one.keep(AContent.by("ada").of("letter").content());
    one.keep(AContent.by("ada").of("poem").content());
    one.keep(AContent.by("bob").of("letter").content());

    other.deleteAll(Optional.of("letter"), Optional.of("ada")).await();
    one.flush().await();

    assertThat(stored("ada")).isOne();
    assertThat(stored("bob")).isOne();
  }

  @Test
  void norIsWhatIsWrittenASecondTime() {
    var call = AContent.by("ada");
    write(call);

    assertThat(other.delete(call.id()).await()).isOne();
    write(call);

    assertThat(stored("ada")).isZero();
  }

  @Test
  void aCopyUnderWayIsNotWrittenAfterItsCallWasDeleted() {
    var call = AContent.by("ada");
    var still = AContent.by("ada");
    write(call);
    write(still);

    other.delete(call.id()).await();
    write(call.copy().at(Instant.now().plus(Duration.ofHours(1))));
    write(still.copy());

    assertThat(database.query("SELECT source_id FROM stored_contents WHERE kind = 'shadow'"))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("source_id", still.id()));
  }

  @Test
  void aCallIsKeptThatEndedAfterADeletion() {
    other.deleteAll(ANY, Optional.of("ada")).await();

    write(AContent.by("ada").at(Instant.now().plus(Duration.ofHours(1))));

    assertThat(stored("ada")).isOne();
  }

  @Test
  void deletionsAndWritersTakeTurns() {
    for (var round = 0; round < 60; round++) {
      var user = "user-" + round;
      var call = AContent.by(user);
      write(call);
      one.keep(AContent.by(user).content());
      one.keep(call.copy().content());

      Future.join(one.flush(), other.deleteAll(ANY, Optional.of(user))).await();

      assertThat(stored(user)).as("round %s", round).isZero();
    }
  }

  @Test
  void manyAreDeletedInBatchesOfWhichEachStays() {
    database.execute(
        """
        INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, model, input, error_code, cost_usd,
          latency_ms, created_at, expires_at)
        SELECT gen_random_uuid(), 'many', 'letter', '0', 'call', CASE i WHEN 1200 THEN 'stuck' ELSE '' END, '{}', 'TIMEOUT',
          0, 1, now() - make_interval(secs => i), now() + interval '1 day'
        FROM generate_series(1, 1234) AS i\
        """);
    database.execute(
        """
        CREATE FUNCTION stick() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'stuck';
        END
        $$\
        """);
    database.execute(
        "CREATE TRIGGER stick BEFORE DELETE ON stored_contents FOR EACH ROW WHEN (old.model ="
            + " 'stuck') EXECUTE FUNCTION stick()");
    try {
      assertThatThrownBy(() -> other.deleteAll(ANY, Optional.of("many")).await())
          .hasMessageContaining("stuck");
      assertThat(stored("many")).isEqualTo(234);
    } finally {
      database.execute("DROP TRIGGER stick ON stored_contents");
    }

    assertThat(other.deleteAll(ANY, Optional.of("many")).await()).isEqualTo(234);
    assertThat(stored("many")).isZero();
  }

  @Test
  void deletionsAreForgottenAfterADay() {
    other.deleteAll(ANY, Optional.of("ada")).await();
    database.execute(
        "INSERT INTO content_deletions (user_id, deleted_until) VALUES ('old', now() - interval '25"
            + " hours')");
    var fence = database.count("SELECT weir_lead('stored-contents', 'this test', '1 hour')");

    one.job().body().apply(new Turn("stored-contents", fence, pools)).await();

    assertThat(database.value("SELECT user_id FROM content_deletions")).isEqualTo("ada");
    // And nothing waits so long that it would have to be remembered.
    write(AContent.by("old").at(Instant.now().minus(Duration.ofHours(13))));
    assertThat(stored("old")).isZero();
  }
}
