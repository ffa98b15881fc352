/**
 * What was asked and answered, of the functions whose files say {@code store}: a sample of their
 * calls, for a limited time, under row-level security.
 *
 * <p>Promises that nothing is kept of a function that did not ask for it, nothing past its time,
 * that what was deleted stays so, and that no call waits for it: what cannot be written in time is
 * dropped and counted. {@link dev.weir.contents.Contents} is the entry. May use {@code prompts},
 * {@code jobs}, {@code storage}, {@code telemetry} and {@code core}; {@code evaluation} fills and
 * replays it. Its tables: {@code stored_contents} and {@code content_deletions}; of {@code
 * shadow_runs} and {@code evaluations} it reads which run a name means. docs/evaluation.md tells
 * how it is used.
 */
@NullMarked
package dev.weir.contents;

import org.jspecify.annotations.NullMarked;
