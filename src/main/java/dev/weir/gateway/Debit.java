package dev.weir.gateway;

import java.time.LocalDate;
import java.util.Optional;
import java.util.UUID;

/**
 * On which accounts a call stands: the leases that its units were taken from, and the month to
 * which its money belongs. Its row of usage says the same, so that after a crash the ledger can
 * settle each lease exactly.
 *
 * @param month the first day of the month, UTC; empty where no limits are in force
 * @param user the lease of its user
 * @param key the lease of its key
 * @param team the lease of its team
 */
public record Debit(
    Optional<LocalDate> month, Optional<UUID> user, Optional<UUID> key, Optional<UUID> team) {
  /** Of a call that no limit knows of. */
  public static final Debit NONE =
      new Debit(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
}
