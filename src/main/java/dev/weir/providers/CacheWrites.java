package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Input tokens that were written to a provider's cache, as servers of several houses name them: a
 * sum ({@code cache_creation_input_tokens}, {@code cache_creation_tokens} or {@code
 * cache_write_tokens}), and by time to live ({@code cache_creation.ephemeral_5m_input_tokens} and
 * {@code ephemeral_1h_input_tokens}). What of the sum no time to live is told for counts as written
 * for five minutes, which is the default everywhere.
 */
final class CacheWrites {
  private CacheWrites() {}

  /** Whether this object says anything of it. */
  static boolean tells(JsonNode usage) {
    return sum(usage) > 0 || for1h(usage) > 0 || named5m(usage) > 0;
  }

  /** Tokens written for five minutes, or for a time that is not told. */
  static long for5m(JsonNode usage) {
    return Math.max(named5m(usage), sum(usage) - for1h(usage));
  }

  /** Tokens written for an hour. */
  static long for1h(JsonNode usage) {
    return count(usage.path("cache_creation").path("ephemeral_1h_input_tokens"));
  }

  private static long named5m(JsonNode usage) {
    return count(usage.path("cache_creation").path("ephemeral_5m_input_tokens"));
  }

  private static long sum(JsonNode usage) {
    return Math.max(
        count(usage.path("cache_creation_input_tokens")),
        Math.max(
            count(usage.path("cache_creation_tokens")), count(usage.path("cache_write_tokens"))));
  }

  private static long count(JsonNode node) {
    return Math.max(0, UpstreamJson.count(node));
  }
}
