package dev.weir.config;

import dev.weir.core.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * One model provider. Its key belongs to its base URL and is sent nowhere else.
 *
 * @param name its name in {@code provider/model}
 * @param protocol the language it speaks
 * @param baseUrl where it is, without a trailing slash
 * @param apiKey the key; without one, dev mode lets the sandbox stand in and prod refuses to start
 * @param keyVariable the environment variable that would hold the key, for messages
 * @param connections connections at once from each event loop
 * @param waiting calls that may wait for a connection before further ones are refused
 * @param connectTimeout the longest that connecting may take
 */
public record ProviderSettings(
    String name,
    Protocol protocol,
    URI baseUrl,
    Optional<Secret> apiKey,
    String keyVariable,
    int connections,
    int waiting,
    Duration connectTimeout) {

  /** The languages that providers speak. */
  public enum Protocol {
    /** Perplexity's Agent API. */
    AGENT,
    /** OpenAI's chat completions and everything compatible. */
    CHAT,
    /** The built-in simulation: no network at all. */
    SANDBOX
  }
}
