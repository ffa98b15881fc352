/**
 * The stages that decide whether a call may go on and what it costs.
 *
 * <p>{@link dev.weir.limits.AdmissionStage} admits a call once, before anything is spent on it;
 * {@link dev.weir.limits.SpendingStage} stands around every upstream attempt and writes its line of
 * the bill. Both are the seats of the lease protocol: admission is where a unit is taken from the
 * call's subjects, spending is where an attempt's worst price is reserved and its real one settled.
 * Today admission is bounded by the room in the usage journal alone, and no budget refuses. May use
 * {@code gateway}, {@code pricing} and {@code core}; its tables are {@code api_rate_limits}, {@code
 * user_quotas} and the leases.
 */
@NullMarked
package dev.weir.limits;

import org.jspecify.annotations.NullMarked;
