package dev.weir.gateway;

import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * What became of one attempt: one line of the call's bill.
 *
 * @param id the attempt's id
 * @param target whom it asked
 * @param at when it began, by the wall clock
 * @param failure why it failed, or empty
 * @param took from its start to its end
 * @param usage what it consumed, estimated where the provider said nothing
 * @param cost by our prices; empty if the model has none
 * @param providerCost by the provider's own figure, where it gives one
 */
public record AttemptRecord(
    UUID id,
    Target target,
    Instant at,
    Optional<ErrorCode> failure,
    Duration took,
    Usage usage,
    Optional<Usd> cost,
    Optional<Usd> providerCost) {}
