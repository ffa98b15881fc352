package dev.weir.cli;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir cache tune FILE}. */
@Command(
    name = "tune",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what each threshold of cache.similarity would do, by a file of pairs that people have"
          + " judged: one JSON object a line, {\"function\": .., \"a\": {..}, \"b\": {..},"
          + " \"same\": true}.",
      "'same' says whether the answer to a would do for b. Each input is embedded once per pair,"
          + " which costs money: it is told at the end, and recorded as usage of the user"
          + " weir-warm-up."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ./weir cache tune pairs.jsonl"})
final class CacheTuneCommand implements Callable<Integer> {
  private static final int LEAST = 50;
  private static final int MOST = 100;
  private static final int STEP = 2;

  private final World world;

  @Mixin private final AdminDoor admin;

  @Parameters(index = "0", paramLabel = "FILE", description = "The pairs.")
  private Path file = Path.of("");

  @Spec private CommandSpec spec = CommandSpec.create();

  CacheTuneCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  /** A pair, as it was judged and as it was measured. */
  record Judged(boolean same, double similarity) {}

  /** What a threshold does to the pairs. */
  record Outcome(int hits, int falseHits, int same) {
    static Outcome of(List<Judged> pairs, double threshold) {
      var hits = pairs.stream().filter(p -> p.similarity() >= threshold).toList();
      return new Outcome(
          hits.size(),
          (int) hits.stream().filter(p -> !p.same()).count(),
          (int) pairs.stream().filter(Judged::same).count());
    }

    /** Of the hits. */
    double falseRate() {
      return hits == 0 ? 0 : (double) falseHits / hits;
    }

    /** Of the pairs that are the same. */
    double found() {
      return same == 0 ? 0 : (double) (hits - falseHits) / same;
    }
  }

  @Override
  public Integer call() {
    var lines = LinesFile.read(world, file);
    for (var line : lines) {
      if (!line.json().path("same").isBoolean()) {
        throw new CommandFailure(
            ExitCode.USAGE, "Line " + line.number() + " does not say whether they are the same.");
      }
    }
    var bar = new ProgressBar(world, spec.commandLine().getErr(), lines.size());
    var pairs = new ArrayList<Judged>();
    var cost = BigDecimal.ZERO;
    try (var door = admin.open()) {
      for (var line : lines) {
        var asked = line.json().deepCopy();
        asked.remove("same");
        var reply = door.ask("POST", "/api/cache/compare", Optional.of(asked), Map.of());
        cost = cost.add(cost(reply));
        if (!reply.ok()) {
          // What was measured until now was paid for: it is shown all the same.
          bar.end();
          table(pairs, cost);
          throw HttpDoor.refused(reply);
        }
        pairs.add(
            new Judged(
                line.json().path("same").booleanValue(),
                reply.json().path("similarity").doubleValue()));
        bar.show(pairs.size());
      }
    }
    table(pairs, cost);
    return ExitCode.OK;
  }

  /** One that failed may have cost something all the same. */
  private static BigDecimal cost(HttpDoor.Reply reply) {
    return reply.ok()
        ? reply.json().path("cost_usd").decimalValue()
        : new BigDecimal(reply.json().at("/details/cost_usd").asText("0"));
  }

  private void table(List<Judged> pairs, BigDecimal cost) {
    var out = spec.commandLine().getOut();
    out.printf(
        "%-10s %6s %11s %12s %12s%n", "SIMILARITY", "HITS", "FALSE HITS", "FALSE RATE", "FOUND");
    for (var percent = LEAST; percent <= MOST; percent += STEP) {
      var outcome = Outcome.of(pairs, percent / 100.0);
      out.printf(
          Locale.ROOT,
          "%-10.2f %6d %11d %10.1f %% %10.1f %%%n",
          percent / 100.0,
          outcome.hits(),
          outcome.falseHits(),
          100 * outcome.falseRate(),
          100 * outcome.found());
    }
    out.println(
        pairs.size()
            + " pairs, "
            + pairs.stream().filter(Judged::same).count()
            + " of them the same; the embeddings cost "
            + cost.stripTrailingZeros().toPlainString()
            + " USD");
    out.flush();
  }
}
