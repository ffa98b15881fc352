/**
 * Limits of users, keys and teams: units from leases, money from accounts, and the two stages that
 * stand on them.
 *
 * <p>Promises that over any number of processes no limit is passed, whatever crashes, and that a
 * busy subject is served from memory. {@link dev.weir.limits.LedgerConnection} opens it and gives
 * {@link dev.weir.limits.Limits}; {@link dev.weir.limits.AdmissionStage} takes the units, {@link
 * dev.weir.limits.SpendingStage} reserves and settles each attempt, {@link dev.weir.limits.Quotas}
 * is what administrators change. May use {@code gateway}, {@code pricing}, {@code storage} and what
 * is below; its tables are {@code api_rate_limits}, {@code user_quotas}, {@code leases}, {@code
 * lease_held} and the refusals. The protocol: docs/decisions/040-leases.md.
 */
@NullMarked
package dev.weir.limits;

import org.jspecify.annotations.NullMarked;
