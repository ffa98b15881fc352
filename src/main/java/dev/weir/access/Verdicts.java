package dev.weir.access;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import java.time.Duration;

/** The refusals of this room, in words that help the caller and never hold its key. */
final class Verdicts {
  private Verdicts() {}

  static AIError noKey() {
    return unauthenticated(
        "No key was sent. Send one as 'Authorization: Bearer weir_…' or 'x-api-key: weir_…'.");
  }

  static AIError foreign() {
    return unauthenticated("This is no Weir key; those begin with weir_u_ or weir_s_.");
  }

  static AIError damaged() {
    return unauthenticated(
        "This key is damaged: a character is wrong, missing or too many. Copy it again, whole.");
  }

  static AIError unknown() {
    return unauthenticated("This key is not known here. It may belong to another installation.");
  }

  static AIError revoked() {
    return unauthenticated("This key was revoked. Ask for a new one.");
  }

  static AIError expired() {
    return unauthenticated("This key has expired. Ask for a new one.");
  }

  static AIError rotatedOut() {
    return unauthenticated(
        "This key was replaced by a rotation, and the time in which both were good is over. Use the"
            + " new one.");
  }

  static AIError development() {
    return unauthenticated(
        "This is a development key, and Weir runs in prod mode. Make a key: weir key create.");
  }

  static AIError wrongAddress() {
    return forbidden("This key may not be used from this address.");
  }

  static AIError adminAtPublicDoor() {
    return forbidden(
        "An admin key opens the management port only. For calls use a user or service key:"
            + " weir key create --role user --user NAME.");
  }

  static AIError adminWanted() {
    return forbidden(
        "The management API wants an admin key, and this is a user or service key. An admin makes"
            + " one: weir key create --role admin.");
  }

  static AIError anotherUser() {
    return forbidden(
        "This key is bound to its user and cannot act for the one in x-weir-user. Leave that header"
            + " out, or use a service key.");
  }

  static AIError badUser() {
    return AIError.invalid(
        "The user in x-weir-user must have 1 to 128 characters: letters, digits and . _ : @ | + = ~"
            + " - after a letter or digit.");
  }

  static AIError reservedUser() {
    return AIError.of(
        ErrorCode.FORBIDDEN,
        "Users whose names begin with weir- are Weir's own accounts; name another in x-weir-user.");
  }

  static AIError tooManyNewUsers(int hourly, Duration wait) {
    return AIError.of(
            ErrorCode.RATE_LIMITED,
            "This service key may bring in "
                + hourly
                + " new users in an hour, and has. Users known already are served.")
        .retryAfter(wait);
  }

  static AIError storageAway(Throwable cause) {
    return AIError.of(
            ErrorCode.STORAGE_UNAVAILABLE,
            "The key cannot be checked, because the database does not answer; try again shortly.")
        .retryAfter(Duration.ofSeconds(2))
        .causedBy(cause);
  }

  private static AIError unauthenticated(String message) {
    return AIError.of(ErrorCode.UNAUTHENTICATED, message);
  }

  private static AIError forbidden(String message) {
    return AIError.of(ErrorCode.FORBIDDEN, message);
  }
}
