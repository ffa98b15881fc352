package dev.weir.analytics;

import java.util.List;
import java.util.Optional;

/**
 * The answer to a question.
 *
 * @param query the question
 * @param total all of it as one line; under a tag: all calls that carry the tag
 * @param lines the lines of this page
 * @param next the cursor of the next page; empty where this is the last
 */
public record UsageReport(
    UsageQuery query, UsageLine total, List<UsageLine> lines, Optional<Integer> next) {
  /** Copies the lines. */
  public UsageReport {
    lines = List.copyOf(lines);
  }
}
