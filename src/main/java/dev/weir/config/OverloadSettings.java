package dev.weir.config;

import java.time.Duration;
import java.util.List;

/**
 * When a process is saturated and sheds calls.
 *
 * @param maxCalls calls at once; beyond them every call is refused, from nine tenths on some are
 * @param maxLag how late the event loops may be on the average of a few moments
 * @param maxMemoryPercent how full the heap may be after a collection
 * @param order the tiers from the first to be shed to the last; others go with the first, users not
 *     seen yet with the last
 */
public record OverloadSettings(
    int maxCalls, Duration maxLag, int maxMemoryPercent, List<String> order) {
  /** 10,000 calls, a second, 90 %; free before pro before enterprise. */
  public static final OverloadSettings DEFAULT =
      new OverloadSettings(10_000, Duration.ofSeconds(1), 90, List.of("free", "pro", "enterprise"));

  /** Copies the list. */
  public OverloadSettings {
    order = List.copyOf(order);
  }
}
