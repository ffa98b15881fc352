package dev.weir.limits;

import dev.weir.gateway.Principal;
import java.util.Optional;
import java.util.UUID;

/**
 * On whose account a call goes: all of them are debited, or none.
 *
 * @param user the end user
 * @param key the API key
 * @param team the key's team
 */
public record Who(String user, UUID key, Optional<String> team) {
  /** Those of a principal. */
  public static Who of(Principal principal) {
    return new Who(principal.user(), principal.key(), principal.team());
  }
}
