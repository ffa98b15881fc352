package dev.weir.gateway;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * What a caller says of the variant that it wants to see in place of its own. Only an administrator
 * may: one who shows the own key beside the caller's. Every door grants it by this one rule.
 *
 * @param variant as {@code experiment/variant}; empty for no wish
 * @param admin the administrator's key as it was shown, if one was
 * @param words what the door calls the two
 */
public record VariantWish(Optional<String> variant, Credentials admin, Words words) {
  /** The names by which a door's callers know the variant and the administrator's key. */
  public record Words(String variant, String key) {}

  /**
   * The options with the variant that is wished for.
   *
   * @return the same options where nothing is wished for; {@code FORBIDDEN} without a key, and what
   *     {@link Authenticator#authenticateAdmin} says of one that is not good. Whether there is such
   *     a variant is found out later
   */
  public Future<CallOptions> granted(Authenticator authenticator, CallOptions options) {
    if (variant.isEmpty()) {
      return Future.succeededFuture(options);
    }
    return admin.key().isEmpty()
        ? Future.failedFuture(
            AIError.of(
                ErrorCode.FORBIDDEN,
                "Only an administrator may choose a variant: show an admin key in "
                    + words.key()
                    + ", or leave "
                    + words.variant()
                    + " out."))
        : authenticator.authenticateAdmin(admin).map(_ -> options.showing(variant.get()));
  }
}
