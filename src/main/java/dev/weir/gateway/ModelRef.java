package dev.weir.gateway;

import java.util.Optional;

/**
 * A model's full name: {@code provider/model}, e.g. {@code perplexity/sonar} or {@code
 * openai/gpt-5-mini}. The model part may itself hold slashes.
 *
 * @param provider the provider's configured name
 * @param name the model's name at that provider
 */
public record ModelRef(String provider, String name) {
  /** The reference in {@code text}, or empty if it has no provider part. */
  public static Optional<ModelRef> parse(String text) {
    var slash = text.indexOf('/');
    return slash > 0 && slash < text.length() - 1
        ? Optional.of(new ModelRef(text.substring(0, slash), text.substring(slash + 1)))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return provider + "/" + name;
  }
}
