package dev.weir.core;

/**
 * A secret that does not print itself.
 *
 * @param value the secret
 */
public record Secret(String value) {
  @Override
  public String toString() {
    return "***";
  }
}
