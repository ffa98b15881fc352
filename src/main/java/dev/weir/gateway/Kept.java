package dev.weir.gateway;

import dev.weir.core.Usd;
import java.time.Duration;
import java.util.Optional;

/**
 * An answer that a call got without asking a provider.
 *
 * @param target who gave it once
 * @param age how old it is
 * @param cost what it cost then
 * @param took how long it took then
 * @param match how near the input it answered is to this one; empty where they are the same
 */
public record Kept(Target target, Duration age, Usd cost, Duration took, Optional<Match> match) {
  /**
   * A match by meaning.
   *
   * @param similarity the cosine of both inputs' embeddings, up to 1
   * @param reason why it was taken, in words
   */
  public record Match(double similarity, String reason) {}
}
