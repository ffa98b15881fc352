package dev.weir.registry;

import java.util.Optional;

/**
 * A wish to move a label.
 *
 * @param function the function's name
 * @param label the label
 * @param version where it shall point; empty takes it away
 * @param expected the version that it points to now, if the mover wants to be sure
 * @param by who moves it
 * @param note why
 */
public record LabelMove(
    String function,
    String label,
    Optional<String> version,
    Optional<String> expected,
    String by,
    String note) {}
