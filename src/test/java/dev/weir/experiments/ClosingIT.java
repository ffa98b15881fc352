package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When a user's window closes, and who enters a comparison then. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class ClosingIT {
  private static final String NAME = "one";
  private JudgeWorld world;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
    world.experiment(NAME, 2, "{}");
  }

  @Test
  void aUserOfASwitchedOffArmEndsEarlyAndControlsGoOn() {
    openUsers(20);
    world.off(NAME, "b");

    world.look();

    assertThat(closed("first_variant = 'b' AND ended_early")).isEqualTo(20);
    assertThat(closed("first_variant = 'a'")).isZero();
  }

  @Test
  void whenItIsStoppedOpenWindowsEndEarlyAndThoseThatWereOverDoNot() {
    openUsers(20);
    world.users(NAME, "a", 10, 0, 10, 1);
    world.sql.execute("UPDATE experiments SET status = 'stopped', stopped_at = now()");

    world.look();

    assertThat(closed("ended_early")).isEqualTo(40);
    assertThat(closed("NOT ended_early")).isEqualTo(10);
  }

  @Test
  void callsUnderWayHaveTimeToEnd() {
    world.sql.execute("UPDATE experiments SET settle = '1 hour'");
    world.users(NAME, "a", 10, 0, 10, 1);

    world.look();

    assertThat(closed("true")).isZero();
  }

  @Test
  void feedbackHasItsTimeWhereItDecides() {
    world.sql.execute("UPDATE experiments SET feedback_window = '1 hour'");
    world.users(NAME, "a", 10, 0, 10, 1);
    world.look();
    assertThat(closed("true")).isEqualTo(10);

    world.sql.execute("UPDATE experiments SET plan = '{\"primary\": \"feedback\"}'");
    world.users(NAME, "a", 10, 0, 10, 1);
    world.look();

    assertThat(closed("true")).isEqualTo(10);
  }

  @Test
  void aBacklogClosesInAnOrderThatDoesNotKnowTheArms() {
    world.users(NAME, "a", 4_000, 0, 10, 1);
    world.users(NAME, "b", 4_000, 0, 10, 1);

    world.look();

    assertThat(closed("true")).isEqualTo(8_000);
    assertThat(
            world.sql.count(
                "SELECT count(*) FROM experiment_units WHERE first_variant = 'a' AND closed_at ="
                    + " (SELECT min(closed_at) FROM experiment_units)"))
        .isBetween(2_000L, 3_000L);
  }

  private long closed(String where) {
    return world.sql.count(
        "SELECT count(*) FROM experiment_units WHERE closed_at IS NOT NULL AND " + where);
  }

  private void openUsers(int ofEachArm) {
    for (var arm : new String[] {"a", "b"}) {
      world.users(NAME, arm, ofEachArm, 0, 10, 1);
    }
    world.sql.execute("UPDATE experiment_units SET window_ends_at = now() + interval '1 day'");
  }
}
