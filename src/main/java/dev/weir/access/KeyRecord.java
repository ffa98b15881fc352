package dev.weir.access;

import dev.weir.gateway.Principal.Role;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A key as its managers see it: everything but the key. Immutable.
 *
 * @param id its id, which stays through rotations
 * @param prefix the public beginning of its newest secret
 * @param name what people call it
 * @param role what kind of key it is
 * @param user whose account its calls go on
 * @param team the team it belongs to
 * @param functions the functions that it may call, sorted; empty for all
 * @param models the models that it may ask for, sorted; empty for all
 * @param addresses where its calls may come from; empty for anywhere
 * @param newUsersPerHour how many unseen users a service key may bring in an hour
 * @param caching whether its calls for models use the cache where they say nothing of it
 * @param secrets the secrets that are good for it, newest first: one, or more during a rotation's
 *     overlap; none once it is revoked
 * @param createdAt when it was made
 * @param expiresAt when it ends by itself
 * @param revokedAt when it was revoked
 * @param lastUsedAt when it was last used, to within a few minutes
 * @param status what it is worth now, by the database's clock
 */
public record KeyRecord(
    UUID id,
    String prefix,
    String name,
    Role role,
    String user,
    Optional<String> team,
    List<String> functions,
    List<String> models,
    List<String> addresses,
    int newUsersPerHour,
    boolean caching,
    List<LiveSecret> secrets,
    Instant createdAt,
    Optional<Instant> expiresAt,
    Optional<Instant> revokedAt,
    Optional<Instant> lastUsedAt,
    Status status) {

  /** What a key is worth. */
  public enum Status {
    /** Accepted. */
    ACTIVE,
    /** Its time is over. */
    EXPIRED,
    /** Somebody ended it. */
    REVOKED
  }

  /**
   * One secret of a key.
   *
   * @param prefix its public beginning
   * @param validUntil when a rotation's overlap ends it; empty for the newest
   */
  public record LiveSecret(String prefix, Optional<Instant> validUntil) {}

  /** Copies the lists. */
  public KeyRecord {
    functions = List.copyOf(functions);
    models = List.copyOf(models);
    addresses = List.copyOf(addresses);
    secrets = List.copyOf(secrets);
  }
}
