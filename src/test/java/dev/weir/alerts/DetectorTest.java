package dev.weir.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DetectorTest {
  private static final int WEEK = 7 * 1440;

  @Test
  void falseAlarmsStayWithinTheBudgetOverAllSeries() {
    var each = 40;
    var weeks = 4;
    var falseAlarms =
        Arrays.stream(Traffic.Kind.values())
            .mapToInt(kind -> Watched.falseAlarms(kind, each, weeks, 1, 0))
            .sum();

    assertThat(falseAlarms).as("in " + weeks + " weeks over all series").isLessThanOrEqualTo(weeks);
  }

  @Test
  void fiveTimesTheCostOfDenseTrafficIsFoundWithinMinutes() {
    var delays = Watched.delays(Traffic.Kind.DENSE, 40, 2, 5, 1, 0);

    assertThat(delays[20]).as("half of them").isLessThanOrEqualTo(10);
    assertThat(delays[36]).as("nine of ten").isLessThanOrEqualTo(20);
  }

  @Test
  void moreFalseAlarmsAllowedMeanAShorterDelay() {
    var strict = Watched.delays(Traffic.Kind.HEAVY, 30, 2, 5, 1, 0);
    var lax = Watched.delays(Traffic.Kind.HEAVY, 30, 2, 5, 1000, 0);

    assertThat(Arrays.stream(lax).average().orElseThrow())
        .isLessThan(Arrays.stream(strict).average().orElseThrow());
  }

  @Test
  void oneDearCallIsNoJump() {
    var pulse = calm(WEEK);
    var detector = new Detector(100, 1, 1);

    var after = detector.learn(pulse, Season.flat(), WEEK, 1_000_000);

    assertThat(detector.alarms(after)).isFalse();
  }

  @Test
  void aJumpOfLessThanTheLeastIsNone() {
    var patient = new Detector(100, 1, 1_000);
    var eager = new Detector(100, 1, 1);
    var pulse = calm(WEEK);

    for (var m = 0; m < 10; m++) {
      pulse = eager.learn(pulse, Season.flat(), WEEK + m, 50);
    }

    assertThat(eager.alarms(pulse)).isTrue();
    assertThat(patient.alarms(pulse)).isFalse();
  }

  @Test
  void aSeriesThatNobodyKnowsIsNotJudged() {
    var detector = new Detector(100, 1, 1);
    var young = Pulse.seeded(-1, 0, 0);
    var known = Pulse.seeded(-1, 1, 10);

    for (var m = 0; m < 60; m++) {
      young = detector.learn(young, Season.flat(), m, 100);
      known = detector.learn(known, Season.flat(), m, 100);
    }

    assertThat(detector.alarms(young)).isFalse();
    assertThat(detector.alarms(known)).isTrue();
  }

  @Test
  void aJumpIsFoundWhateverMinuteOfTheHourItBeginsAt() {
    var detector = new Detector(100, 1, 1);

    for (var begins = 0; begins < 60; begins++) {
      var pulse = Pulse.seeded(-1, 14, 14);
      for (var m = begins; m < begins + 10; m++) {
        pulse = detector.learn(pulse, Season.flat(), m, 5);
      }
      assertThat(detector.alarms(pulse)).as("from minute " + begins).isTrue();
    }
  }

  @Test
  void peopleWhoWorkInSessionsAreNoAlarms() {
    assertThat(Watched.falseAlarms(Traffic.Kind.SESSIONS, 20, 3, 1, 0)).isZero();
    assertThat(Watched.falseAlarms(Traffic.Kind.BATCH, 20, 3, 1, 0)).isZero();
  }

  @Test
  void theSeasonIsNoJump() {
    var detector = new Detector(100, 1, 1);
    var sums = new double[Season.HOURS];
    Arrays.fill(sums, 1);
    sums[80] = 12;
    var season = Season.of(sums);

    // Monday 1970-01-05 is where the week begins.
    var monday = 4L * 1440;
    assertThat(season.at(monday + 80 * 60)).isGreaterThan(4 * season.at(monday + 40 * 60));

    var pulse = Pulse.seeded(monday - 1, 14_400, 10);
    for (var m = 0L; m < WEEK; m++) {
      pulse = detector.learn(pulse, season, monday + m, season.at(monday + m));
      assertThat(detector.alarms(pulse)).isFalse();
    }
  }

  @Test
  void quietMinutesWearEvidenceAwayAndCountAsMinutes() {
    var detector = new Detector(100, 1, 1);
    var pulse = calm(WEEK);
    for (var m = 0; m < 30; m++) {
      pulse = detector.learn(pulse, Season.flat(), WEEK + m, 50);
    }
    assertThat(detector.alarms(pulse)).isTrue();

    var quiet = detector.quietUntil(pulse, Season.flat(), WEEK + 720);

    assertThat(detector.calm(quiet)).isTrue();
    assertThat(quiet.excess()).isZero();
    assertThat(quiet.minute()).isEqualTo(WEEK + 720);
    assertThat(detector.expected(quiet, Season.flat(), WEEK + 721))
        .isLessThan(detector.expected(pulse, Season.flat(), WEEK + 721));
  }

  /** A series of one dollar a minute, every minute. */
  private static Pulse calm(int minutes) {
    var detector = new Detector(100, 1, 1);
    var pulse = Pulse.seeded(-1, 0, 0);
    for (var m = 0; m < minutes; m++) {
      pulse = detector.learn(pulse, Season.flat(), m, 1);
    }
    return pulse;
  }
}
