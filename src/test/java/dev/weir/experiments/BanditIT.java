package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When a bandit moves its weights, and by what. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class BanditIT {
  private static final String NAME = "one";
  private static final String BANDIT =
      "{\"mode\": \"bandit\", \"bandit_epoch_s\": 0, \"bandit_floor\": 0.05, \"expected_users\":"
          + " 1000}";
  private JudgeWorld world;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
    world.experiment(NAME, 2, BANDIT);
  }

  @Test
  void itPrefersTheBetterArm() {
    world.users(NAME, "a", 300, 0, 5, 1);
    world.users(NAME, "b", 300, 0, 9, 1);

    world.look();

    assertThat(world.epoch(NAME)).isEqualTo(2);
    assertThat(weightOfB()).isGreaterThan(0.9);
  }

  @Test
  void anEpochGoesOnWhileNothingIsLearntInIt() {
    world.users(NAME, "a", 30, 0, 5, 1);
    world.users(NAME, "b", 30, 0, 9, 1);
    world.look();

    world.look();
    world.changeOfLead();
    world.look();

    assertThat(world.epoch(NAME)).isEqualTo(2);
    assertThat(world.decisions(NAME, "bandit")).isEqualTo(1);
    world.users(NAME, "a", 100, 0, 9, 1);
    world.users(NAME, "b", 1900, 0, 5, 1);
    world.look();
    assertThat(world.epoch(NAME)).as("something was").isEqualTo(3);
  }

  @Test
  void itStandsStillWhereTheSplitIsBroken() {
    world.users(NAME, "a", 500, 0, 5, 1);
    world.users(NAME, "b", 200, 0, 9, 1);

    world.look();
    world.users(NAME, "b", 300, 0, 9, 1);
    world.look();
    world.look();

    assertThat(world.epoch(NAME)).isEqualTo(1);
    assertThat(world.decisions(NAME, "bandit")).isZero();
    assertThat(world.decisions(NAME, "suspended")).isEqualTo(1);
  }

  /** Pooled over epochs, b is worth 0.45 and a 0.85: it got its users when all fared badly. */
  @Test
  void itDoesNotFollowWhatItsOwnMovesAndTheTimesMade() {
    world.sql.execute(
        "UPDATE experiment_epochs SET weights = '{\"a\": 0.9, \"b\": 0.1}' WHERE epoch = 1");
    world.users(NAME, "a", 900, 0, 9, 1);
    world.users(NAME, "b", 100, 0, 9, 1);
    world.epoch(NAME, 2, "{\"a\": 0.1, \"b\": 0.9}");
    world.users(NAME, "a", 100, 0, 4, 1);
    world.users(NAME, "b", 900, 0, 4, 1);

    world.look();

    assertThat(world.epoch(NAME)).isEqualTo(3);
    assertThat(weightOfB()).isBetween(0.3, 0.7);
  }

  private double weightOfB() {
    return Double.parseDouble(
        String.valueOf(
            world.sql.value(
                "SELECT weights ->> 'b' FROM experiment_epochs ORDER BY epoch DESC LIMIT 1")));
  }
}
