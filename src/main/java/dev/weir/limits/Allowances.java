package dev.weir.limits;

import dev.weir.core.Usd;
import dev.weir.gateway.Allowance;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What is left, for headers. Alone, this process knows exactly: what Postgres had left, and what it
 * holds itself. Beside other processes it counts only what it holds, because the others may take
 * the rest at this very moment: what is told never overstates.
 */
final class Allowances {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private Allowances() {}

  /**
   * One subject.
   *
   * @param standing its last standing
   * @param inHand units of its lease that are left
   * @param tokens tokens left in this minute
   */
  record Of(Standing standing, long inHand, long tokens) {}

  static Optional<Allowance> of(List<Of> subjects) {
    Optional<Allowance.Window> calls = Optional.empty();
    Optional<Allowance.Window> tokens = Optional.empty();
    Optional<Allowance.Budget> money = Optional.empty();
    for (var subject : subjects) {
      var s = subject.standing();
      calls = tighter(calls, window(subject, "day", s.dayLimit(), s.dayUsed(), s.dayFrees()));
      calls =
          tighter(calls, window(subject, "month", s.monthLimit(), s.monthUsed(), s.monthEnds()));
      if (subject.tokens() != Standing.NO_LIMIT) {
        tokens =
            tighter(
                tokens,
                Optional.of(
                    new Allowance.Window(
                        policy(s, "tokens", "minute"),
                        s.bounds().tokensPerMinute(),
                        subject.tokens(),
                        MINUTE)));
      }
      if (s.budgeted()) {
        var budget =
            new Allowance.Budget(
                policy(s, "usd", "month"), new Usd(s.usdLimit()), s.free(), s.monthEnds());
        money =
            money
                .filter(other -> other.remaining().compareTo(budget.remaining()) <= 0)
                .or(() -> Optional.of(budget));
      }
    }
    return calls.isEmpty() && tokens.isEmpty() && money.isEmpty()
        ? Optional.empty()
        : Optional.of(new Allowance(calls, tokens, money));
  }

  private static Optional<Allowance.Window> window(
      Of subject, String period, long limit, long used, Duration reset) {
    if (limit == Standing.NO_LIMIT) {
      return Optional.empty();
    }
    var standing = subject.standing();
    var left = standing.replicas() > 1 ? subject.inHand() : limit - used + subject.inHand();
    return Optional.of(
        new Allowance.Window(
            policy(standing, "calls", period),
            limit,
            Math.clamp(left, 0, Math.max(0, limit)),
            reset));
  }

  private static Optional<Allowance.Window> tighter(
      Optional<Allowance.Window> one, Optional<Allowance.Window> other) {
    return one.isPresent() && (other.isEmpty() || one.get().remaining() <= other.get().remaining())
        ? one
        : other;
  }

  private static String policy(Standing standing, String unit, String period) {
    return standing.subject().kind().label() + ";" + unit + ";" + period;
  }
}
