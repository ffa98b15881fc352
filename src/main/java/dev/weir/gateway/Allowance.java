package dev.weir.gateway;

import dev.weir.core.Usd;
import java.time.Duration;
import java.util.Optional;

/**
 * What is left of a caller's limits, for the headers {@code x-ratelimit-*}; never more than there
 * is.
 *
 * @param calls the tightest window of calls
 * @param tokens tokens in a minute
 * @param money the month's budget
 */
public record Allowance(Optional<Window> calls, Optional<Window> tokens, Optional<Budget> money) {
  /**
   * A window of whole numbers.
   *
   * @param policy its name, as in {@code user;calls;day}
   * @param limit how many it holds
   * @param remaining how many are left
   * @param reset until some or all of them come back
   */
  public record Window(String policy, long limit, long remaining, Duration reset) {}

  /**
   * A window of money.
   *
   * @param policy its name
   * @param limit what it holds
   * @param remaining what is left
   * @param reset until it begins anew
   */
  public record Budget(String policy, Usd limit, Usd remaining, Duration reset) {}
}
