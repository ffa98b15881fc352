/**
 * The prompt registry: every version of every function that was ever served or written, and the
 * labels that point at them.
 *
 * <p>Promises that a version never changes, that a label moves on all replicas as one snapshot
 * each, within a second, and that a move can be taken back. {@link
 * dev.weir.registry.PromptRegistry} is the entry; to the gateway it is a catalogue of functions in
 * which the label {@code production} goes before the files. May use {@code prompts}, {@code
 * storage} and {@code core}; the doors and {@code experiments} use it. Its tables: {@code
 * prompt_versions}, {@code prompt_labels}, {@code prompt_label_moves}; docs/experiments.md tells
 * how it is used.
 */
@NullMarked
package dev.weir.registry;

import org.jspecify.annotations.NullMarked;
