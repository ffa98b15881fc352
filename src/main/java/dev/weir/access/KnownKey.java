package dev.weir.access;

import dev.weir.gateway.Principal;
import dev.weir.gateway.Principal.Role;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What the database says about one secret, for the authenticator. The remaining lives are spans of
 * the database's clock, so that a node whose wall clock is wrong still ends a key on time.
 *
 * @param hash the secret's hash, as it is stored
 * @param validFor how long this secret stays good from the moment of the answer: the key's own
 *     expiry or a rotation's overlap; empty for ever, zero or less once it is over
 * @param rotatedOut whether it is a rotation that ends it, which is what the refusal then says
 * @param revoked whether the key was revoked
 * @param development whether it was made for dev mode and is refused in prod
 * @param caching whether its calls for models use the cache where they say nothing of it
 */
record KnownKey(
    KeyHash hash,
    UUID id,
    Role role,
    String user,
    Optional<String> team,
    Set<String> functions,
    Set<String> models,
    List<AddressRange> addresses,
    int newUsersPerHour,
    Optional<Duration> validFor,
    boolean rotatedOut,
    boolean revoked,
    boolean development,
    boolean caching) {

  boolean allows(String remoteAddress) {
    return addresses.isEmpty() || addresses.stream().anyMatch(r -> r.contains(remoteAddress));
  }

  /** The caller, acting for this user. */
  Principal principal(String actingFor) {
    return new Principal(id, role, actingFor, team, functions, models, caching);
  }
}
