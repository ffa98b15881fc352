package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The short form of what docs/simulations/experiments.md says of the product's judge: equal arms
 * under moved weights, drift, a switching off and a bandit. An error of 5 % would be met in more
 * than five of 24 experiments once in two hundred times.
 */
class EqualArmsStayEqualTest {
  private static final int RUNS = 24;
  private static final int MOST = 5;

  @Test
  void whereWeightsMoveByHand() {
    var result = new JudgeSimulation(false, true).run(RUNS);

    assertErrsNoMoreThanItMay(result);
    assertThat(result.pooledSure().hits()).as("negative control").isGreaterThan(RUNS / 2);
    assertThat(result.pooledQuantiles().hits()).as("negative control").isGreaterThan(RUNS / 3);
  }

  @Test
  void whereABanditMovesThem() {
    var result = new JudgeSimulation(true, false).run(RUNS);

    assertErrsNoMoreThanItMay(result);
    assertThat(result.values().hits()).as("control's value missed").isLessThanOrEqualTo(MOST);
  }

  private static void assertErrsNoMoreThanItMay(JudgeSimulation.Result result) {
    assertThat(result.verdicts().hits()).as("verdicts").isLessThanOrEqualTo(MOST);
    assertThat(result.guardrails().hits()).as("guardrails").isLessThanOrEqualTo(MOST);
    assertThat(result.quantiles().hits()).as("p95").isLessThanOrEqualTo(MOST);
    assertThat(result.costs().hits()).as("cost per success").isLessThanOrEqualTo(MOST);
    assertThat(result.entered().hits()).as("users who entered").isLessThanOrEqualTo(MOST);
    assertThat(result.answers().hits()).as("answers").isLessThanOrEqualTo(MOST);
    assertThat(result.sure().hits()).as("sure of the best").isLessThanOrEqualTo(MOST);
  }
}
