package dev.weir.metering;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Ask;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Debit;
import dev.weir.pricing.PriceTable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The bill of a call whose process died before it had ended (LEDGER section 6). What had been
 * settled costs what it cost. An attempt that was under way is billed for its prompt, its forced
 * search, and what had come of its answer, at four characters a token, and is marked as estimated.
 * What was never sent costs nothing. The last attempt names the leases that it stood on, which need
 * not be those of the admission.
 */
final class Interrupted {
  private static final int CHARACTERS_PER_TOKEN = 4;

  private Interrupted() {}

  static UsageRecord record(UsageRecord admitted, List<Mark.Sent> sent, PriceTable prices) {
    var attempts = sent.stream().map(s -> attempt(s, prices, admitted.startedAt())).toList();
    var known = attempts.stream().allMatch(a -> a.cost().isPresent());
    var cost = attempts.stream().flatMap(a -> a.cost().stream()).reduce(Usd.ZERO, Usd::plus);
    var last = attempts.isEmpty() ? admitted.target() : attempts.getLast().target();
    var debit =
        sent.isEmpty() || sent.getLast().debit().equals(Debit.NONE)
            ? admitted.debit()
            : sent.getLast().debit();
    return admitted.billed(
        debit,
        last,
        Math.max(0, attempts.size() - 1),
        attempts.stream().map(AttemptRecord::usage).reduce(Usage.NONE, Usage::plus),
        known ? Optional.of(cost) : Optional.empty(),
        attempts);
  }

  private static AttemptRecord attempt(Mark.Sent sent, PriceTable prices, Instant cameIn) {
    var progress = sent.progress();
    var usage =
        progress.settled()
            ? new Usage(0, 0, 0, 0, 0, true)
            : new Usage(
                tokens(sent.promptCharacters()),
                tokens(progress.characters()),
                0,
                0,
                sent.searches(),
                true);
    var cost =
        progress.settled()
            ? progress.cost()
            : prices.cost(sent.target().model().toString(), usage, cameIn);
    return new AttemptRecord(
        sent.attempt(),
        sent.target(),
        sent.at(),
        Optional.empty(),
        Duration.ZERO,
        usage,
        cost,
        Optional.empty());
  }

  /** How long a prompt is for such an estimate; tokens that the caller counted, as text. */
  static long characters(Ask ask) {
    return ask.prompt().length() + CHARACTERS_PER_TOKEN * ask.givenTokens();
  }

  private static long tokens(long characters) {
    return Math.ceilDiv(characters, CHARACTERS_PER_TOKEN);
  }
}
