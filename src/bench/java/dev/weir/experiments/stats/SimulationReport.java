package dev.weir.experiments.stats;

import dev.weir.experiments.JudgeSimulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Simulates experiments whose truth is known and writes what the statistics made of them: the page
 * docs/simulations/experiments.md. Every number comes from a seed.
 *
 * <p>{@code mvn -ntp -q test-compile exec:exec@bench
 * -Dbench=dev.weir.experiments.stats.SimulationReport}
 */
public final class SimulationReport {
  private static final int NULL_RUNS = 10_000;
  private static final int NULL_USERS = 2000;
  private static final int JUDGED_RUNS = 250;

  private final StringBuilder page = new StringBuilder();

  private SimulationReport() {}

  /** Writes the page to the path in the first argument, or to its place in docs. */
  public static void main(String[] args) throws IOException {
    var path = Path.of(args.length > 0 ? args[0] : "docs/simulations/experiments.md");
    var report = new SimulationReport();
    report.head();
    report.nulls();
    report.otherNulls();
    report.judge();
    report.effects();
    report.bandits();
    report.watches();
    report.paired();
    Files.createDirectories(path.toAbsolutePath().getParent());
    Files.writeString(path, report.page);
    System.out.println("written: " + path);
  }

  private void head() {
    say(
        """
        # Experiments, simulated

        What the statistics of [statistics.md](../statistics.md) made of experiments whose truth is known. Made by

        ```console
        $ mvn -ntp -q test-compile exec:exec@bench -Dbench=dev.weir.experiments.stats.SimulationReport
        ```

        from fixed seeds. Users are as unpleasant as in life: calls per user are log-normal, so that \
        one user in a hundred makes half of all calls; the calls of one user are correlated (0 to 0.5); 40 % of the feedback never comes or comes \
        after its window and is missing. A user enters when the window closes, and *every* closed window is looked at: a test has erred if it \
        rejected once.
        """);
  }

  private void nulls() {
    var total = NullSimulation.Result.NONE;
    var by = new NullSimulation.Result[11];
    java.util.Arrays.fill(by, NullSimulation.Result.NONE);
    var simulation = new NullSimulation(NULL_USERS);
    for (var i = 0; i < NULL_RUNS; i++) {
      var result = simulation.run(i);
      total = total.plus(result);
      by[i % 11] = by[i % 11].plus(result);
    }
    say("## %,d experiments without any effect", NULL_RUNS);
    say("");
    say(
        "%,d users each, two arms, alpha 5 %%, base rates 50, 80 and 95 %%. The bound is the exact"
            + " 99 %% upper one for the true rate; it must be at most 5.5 %%.",
        NULL_USERS);
    say("");
    say("| test | rejected | 99 % upper bound | |");
    say("| --- | --- | --- | --- |");
    row("users' shares, empirical Bernstein (`BoundedComparison`)", total.bounded());
    row("success per call, linearised per user (`RatioComparison`)", total.ratio());
    row("*negative control:* z-test on calls, every look", total.callsPeeking());
    row("*negative control:* z-test on calls, one look at the end", total.callsOnce());
    row("*negative control:* z-test on users, every look", total.usersPeeking());
    say("");
    say("By correlation within users:");
    say("");
    say(
        "| correlation | users' shares | success per call | calls, every look | calls, once |"
            + " users, every look |");
    say("| --- | --- | --- | --- | --- | --- |");
    for (var i = 0; i < by.length; i++) {
      say(
          "| %.2f | %s | %s | %s | %s | %s |",
          NullSimulation.correlation(i),
          by[i].bounded(),
          by[i].ratio(),
          by[i].callsPeeking(),
          by[i].callsOnce(),
          by[i].usersPeeking());
    }
    say("");
    say(
        "Both tests err less than they may, since alpha pays for looking for ever and these"
            + " experiments end. The tests that people use err many times as often as they say.");
    say("");
  }

  private void row(String test, Rate rate) {
    say(
        "| %s | %s | %s |",
        test, rate.withUpper(), rate.upper99() <= 0.055 ? "holds" : "**fails**");
  }

  private void otherNulls() {
    var epochs = WatchSimulation.epochs(2000, 1000);
    say("## No effect, and worse circumstances");
    say("");
    say("| what | rejected | 99 % upper bound | |");
    say("| --- | --- | --- | --- |");
    row(
        "four arms, three comparisons at alpha / 3, any of them",
        WatchSimulation.fourArms(2000, 1000));
    row("weights turned from 20:80 to 80:20 while everybody got better, users' shares", epochs[0]);
    row("the same, ratios estimated within epochs", epochs[1]);
    row("*negative control:* the same, users pooled over epochs, one look", epochs[2]);
    say("");
  }

  private void judge() {
    say("## No effect, through the judge of the product");
    say("");
    say(
        "%d experiments of each kind: three equal arms, 2,000 users in five epochs, between"
            + " which success per call goes from 50"
            + " to 85 %% and back, latency from 2,000 to 500 ms, cost and answers with them, while"
            + " weights move: by hand, or as the bandit has them. In every other experiment an arm"
            + " is switched off half way. The judge is asked after every 50 users, and has erred"
            + " if it once found something; guardrails have margins of zero. Alpha is 5 %% for all"
            + " verdicts together, for all guardrails together, and per line for the rest. The"
            + " last three are told at the end and decide nothing; the last two are sums over all"
            + " epochs, as negative controls.",
        JUDGED_RUNS);
    say("");
    say(
        "| what was found | weights by hand, validity | weights by hand, feedback | bandit,"
            + " validity | bandit, feedback |");
    say("| --- | --- | --- | --- | --- |");
    var columns = new ArrayList<JudgeSimulation.Result>();
    for (var bandit : new boolean[] {false, true}) {
      for (var feedback : new boolean[] {false, true}) {
        columns.add(new JudgeSimulation(bandit, feedback).run(JUDGED_RUNS));
      }
    }
    line("an arm differs from control", columns, JudgeSimulation.Result::verdicts);
    line("a guardrail breaks", columns, JudgeSimulation.Result::guardrails);
    line("the 95th percentile of latency differs", columns, JudgeSimulation.Result::quantiles);
    line("cost per success differs", columns, JudgeSimulation.Result::costs);
    line("users drop out (at 5 %)", columns, JudgeSimulation.Result::entered);
    line("users answer more or less often", columns, JudgeSimulation.Result::answers);
    line("control's value was missed", columns, JudgeSimulation.Result::values);
    line("an arm is the best with 99 %", columns, JudgeSimulation.Result::sure);
    line("*so it is by pooled sums*", columns, JudgeSimulation.Result::pooledSure);
    line("*percentiles differ, pooled*", columns, JudgeSimulation.Result::pooledQuantiles);
    say("");
  }

  private void line(
      String what,
      List<JudgeSimulation.Result> columns,
      Function<JudgeSimulation.Result, Rate> rate) {
    say(
        "| %s | %s |",
        what, String.join(" | ", columns.stream().map(rate).map(Rate::toString).toList()));
  }

  private void effects() {
    say("## True effects: power, stopping time, coverage");
    say("");
    say(
        "Base rate 80 %%. `SampleSize` was asked for a power of 80 %% from the variance of 20,000"
            + " past users; experiments ran to that size. Stopping is at the first rejection:"
            + " quartiles of users, both arms together. \"Missed\" counts experiments whose"
            + " interval ever left the truth out, over all looks.");
    say("");
    say(
        "| metric | correlation | effect | planned users | found | wrong sign | stopped at | missed"
            + " | width at the end |");
    say("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (var correlation : new double[] {0, 0.2, 0.5}) {
      for (var effect : new double[] {0.1, 0.05, -0.1}) {
        effect("users' shares", correlation, effect, 300, true);
      }
    }
    effect("success per call", 0, 0.1, 300, false);
    effect("success per call", 0.1, 0.1, 150, false);
    effect("success per call", 0.3, -0.15, 100, false);
    say("");
    say(
        "A ratio over calls hangs on the few users who make most of them, and needs many times as"
            + " many users as the mean of users' shares wherever calls of a user resemble each"
            + " other: prefer the latter as primary metric.");
    say("");
  }

  private void effect(String metric, double correlation, double effect, int runs, boolean bounded) {
    var simulation = new EffectSimulation(new Population(0.8, correlation, 0.6), effect, runs);
    var r = bounded ? simulation.bounded() : simulation.ratio();
    say(
        "| %s | %.1f | %+.2f | %,d | %s | %s | %,d / %,d / %,d | %s | %.3f |",
        metric,
        correlation,
        effect,
        r.planned(),
        r.found(),
        r.wrong(),
        r.stopping()[0],
        r.stopping()[1],
        r.stopping()[2],
        r.missed(),
        r.width());
  }

  private void bandits() {
    say("## Bandits under drift and delay");
    say("");
    say(
        "Three arms, %d days of %d users, each day an epoch, floor %.0f %%. Success drifts from 40"
            + " to 80 %% in all arms; the third arm is better by the effect, which in some runs"
            + " fades to nothing. Windows close so many days later, and the weights know closed"
            + " windows only. \"Missed\" at any of the looks; \"raw\" is the plain 95 %% interval"
            + " of the third arm's own mean, once at the end.",
        BanditSimulation.DAYS, BanditSimulation.USERS_PER_DAY, 100 * BanditSimulation.FLOOR);
    say("");
    say(
        "| effect | delay | difference missed | arm's value missed | raw mean missed | bias of the"
            + " raw difference | of the reported one | users on the third arm | found (by users) |"
            + " found (by information) |");
    say("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    bandit(new BanditSimulation(0, false, 7), 1000);
    bandit(new BanditSimulation(0.1, false, 0), 300);
    bandit(new BanditSimulation(0.1, false, 7), 300);
    bandit(new BanditSimulation(0.2, true, 7), 300);
    bandit(new BanditSimulation(0.2, false, 7), 300);
    say("");
  }

  private void bandit(BanditSimulation simulation, int runs) {
    var r = simulation.run(runs);
    say(
        "| %.2f%s | %d days | %s | %s | %s | %+.3f | %+.3f | %.0f %% | %s | %s |",
        simulation.effect(),
        simulation.fading() ? ", fading" : "",
        simulation.delay(),
        r.differenceMissed(),
        r.valueMissed(),
        r.rawMissed(),
        r.rawBias(),
        r.weightedBias(),
        100 * r.onThird(),
        r.claimed(),
        r.tested());
  }

  private void watches() {
    say("## Guardrails, quantiles, the sample ratio");
    say("");
    say("| watch | truth | fired | users at that moment (median) |");
    say("| --- | --- | --- | --- |");
    for (var harm : new double[] {0, 0.03, 0.06, 0.1, 0.2}) {
      watch(
          "first trial failed: 5 % of control's, margin 3 points, 1 % one-sided, up to 2,000 users",
          String.format(Locale.ROOT, "%+.0f points", 100 * harm),
          WatchSimulation.guardrail(harm, 2000, 200));
    }
    for (var factor : new double[] {1, 1.1, 1.5, 2}) {
      watch(
          "cost per success: margin 10 %, 1 % one-sided, up to 4,000 users",
          String.format(Locale.ROOT, "times %.1f", factor),
          WatchSimulation.cost(factor, 4000, 500));
    }
    for (var quantile : new double[] {0.5, 0.95}) {
      for (var factor : new double[] {1, 1.2, 1.5}) {
        watch(
            String.format(
                Locale.ROOT, "latency P%.0f by sketch, 5 %%, up to 2,000 users", 100 * quantile),
            String.format(Locale.ROOT, "times %.1f", factor),
            WatchSimulation.quantile(quantile, factor, 2000, 300));
      }
    }
    watch(
        "sample ratio at 5 % (to see its errors), new weights every 500 users, 10,000 users",
        "nobody lost", WatchSimulation.sampleRatio(0, 0.05, 10_000, 1000));
    for (var lost : new double[] {0.1, 0.2, 0.5}) {
      watch(
          "sample ratio at 0.1 %, the same",
          String.format(Locale.ROOT, "%.0f %% of one arm lost", 100 * lost),
          WatchSimulation.sampleRatio(lost, SampleRatio.ALPHA, 10_000, 300));
    }
    say("");
  }

  private void watch(String what, String truth, WatchSimulation.Watch watch) {
    say(
        "| %s | %s | %s | %s |",
        what,
        truth,
        watch.fired(),
        watch.medianUsers() == 0 ? "" : String.format(Locale.ROOT, "%,d", watch.medianUsers()));
  }

  private void paired() {
    say("## Paired evaluation");
    say("");
    say("Scores are yes or no, looked at after every fifth item, alpha 5 %%.");
    say("");
    say("| items | effect | missed | found at the end | width |");
    say("| --- | --- | --- | --- | --- |");
    for (var items : new int[] {50, 200}) {
      for (var effect : new double[] {0, 0.1, 0.2}) {
        var r = WatchSimulation.paired(effect, items, 400);
        say(
            "| %d | %+.1f | %.2f %% | %.2f %% | %.3f |",
            items, effect, 100 * r[0], 100 * r[1], r[2]);
      }
    }
  }

  private void say(String format, Object... arguments) {
    page.append(
            arguments.length == 0
                ? format.replace("%%", "%")
                : String.format(Locale.ROOT, format, arguments))
        .append('\n');
  }
}
