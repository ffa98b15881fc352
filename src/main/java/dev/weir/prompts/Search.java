package dev.weir.prompts;

import java.util.List;
import java.util.Optional;

/**
 * The web search of a function.
 *
 * @param on whether the model has to search
 * @param domains only these, or with a leading {@code -} not these; empty for all
 * @param recency {@code hour}, {@code day}, {@code week}, {@code month} or {@code year}, or empty
 * @param contextSize {@code low}, {@code medium} or {@code high}, or empty
 */
public record Search(
    boolean on, List<String> domains, Optional<String> recency, Optional<String> contextSize) {
  /** No search, unless the model's route forces one. */
  public static final Search OFF = new Search(false, List.of(), Optional.empty(), Optional.empty());

  /** Copies the domains. */
  public Search {
    domains = List.copyOf(domains);
  }
}
