package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The short form of docs/simulations/experiments.md: A/A experiments under heavy tails, correlation
 * and missing feedback, looked at after every closed window.
 */
class HonestUnderPeekingTest {
  private static final int RUNS = 500;
  private static NullSimulation.Result result = NullSimulation.Result.NONE;

  @BeforeAll
  static void simulate() {
    var simulation = new NullSimulation(400);
    for (var run = 0; run < RUNS; run++) {
      result = result.plus(simulation.run(run));
    }
  }

  /** A test that erred at 5 % would reject 25 of 500, and more than 37 once in a hundred times. */
  @Test
  void noTestOfOursErrsMoreOftenThanItSays() {
    assertThat(result.bounded().hits()).isLessThanOrEqualTo(37);
    assertThat(result.ratio().hits()).isLessThanOrEqualTo(37);
  }

  @Test
  void theSimulationIsAbleToSeeATestFail() {
    assertThat(result.callsPeeking().share()).isGreaterThan(0.5);
    assertThat(result.callsOnce().share()).isGreaterThan(0.3);
    assertThat(result.usersPeeking().share()).isGreaterThan(0.15);
  }

  @Test
  void usersPooledOverEpochsAreSeenToMislead() {
    var rates = WatchSimulation.epochs(600, 40);

    assertThat(rates[0].hits()).as("within epochs").isLessThan(6);
    assertThat(rates[1].hits()).as("ratios within epochs").isLessThan(6);
    assertThat(rates[2].share()).as("pooled").isGreaterThan(0.9);
  }

  @Test
  void aBanditThatStopsReportsTheEffectThatIsThere() {
    var bandit = new BanditSimulation(0.1, false, 7).run(30);

    assertThat(bandit.differenceMissed().hits()).isLessThanOrEqualTo(4);
    assertThat(bandit.valueMissed().hits()).isLessThanOrEqualTo(4);
    assertThat(Math.abs(bandit.weightedBias())).isLessThan(0.03);
    assertThat(bandit.rawBias()).as("of raw means").isGreaterThan(0.05);
    assertThat(bandit.onThird()).isGreaterThan(0.5);
  }

  @Test
  void thePlannedNumberOfUsersFindsTheEffect() {
    var simulation = new EffectSimulation(new Population(0.8, 0.2, 0.6), 0.15, 60);

    var result = simulation.bounded();

    assertThat(result.found().share()).isGreaterThan(0.7);
    assertThat(result.wrong().hits()).isZero();
    assertThat(result.missed().hits()).isLessThanOrEqualTo(7);
    assertThat(result.stopping()[1]).isLessThan(result.planned());
  }
}
