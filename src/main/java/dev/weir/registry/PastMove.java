package dev.weir.registry;

import java.time.Instant;
import java.util.Optional;

/**
 * A move of a label, as its history has it.
 *
 * @param at when
 * @param by who moved it
 * @param from where it pointed before; empty if it was not there
 * @param to where it pointed then; empty if it was taken away
 * @param note why
 * @param rollback whether it took another move back
 * @param undoneAt when it was taken back itself
 */
public record PastMove(
    Instant at,
    String by,
    Optional<String> from,
    Optional<String> to,
    String note,
    boolean rollback,
    Optional<Instant> undoneAt) {}
