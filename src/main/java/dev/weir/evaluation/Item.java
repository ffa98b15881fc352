package dev.weir.evaluation;

import java.util.Optional;
import java.util.UUID;

/**
 * An item in its place in an evaluation.
 *
 * @param position its place in the order in which items are asked, from 0
 * @param unit the number of its user in that order, from 0
 * @param unitItems how many items that user has; they follow each other
 * @param user whose it is; the evaluation's account for a case without one
 * @param source the stored content that it is
 * @param given the case that it is
 */
record Item(
    int position,
    int unit,
    int unitItems,
    String user,
    Optional<UUID> source,
    Optional<Case> given) {}
