/**
 * How good a version of a prompt is before anybody depends on it: shadow runs, which send a share
 * of calls to a candidate as well, and evaluations, which replay stored contents on it.
 *
 * <p>Promises that no answer of a candidate reaches a caller, that no call waits for one, and that
 * what candidates cost is on accounts of Weir's own, each with a hard budget. May use {@code
 * contents}, {@code registry}, {@code prompts}, {@code gateway}, {@code experiments.stats}, {@code
 * storage}, {@code jobs} and {@code core}. Its tables: {@code shadow_runs}, {@code shadow_pairs},
 * {@code evaluations}, {@code evaluation_work}, {@code evaluation_items}; docs/evaluation.md tells
 * how it is used.
 */
@NullMarked
package dev.weir.evaluation;

import org.jspecify.annotations.NullMarked;
