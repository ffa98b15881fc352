/**
 * Turns what a model wrote into the value that a function promises: takes the JSON out of prose and
 * code fences, repairs it, validates it by the function's schema, and where the function wants it,
 * asks the model once more.
 *
 * <p>Entry: {@link dev.weir.output.OutputStage}. Calls without a function pass untouched. The
 * repair itself is the module {@code dev.weir.output.json}, behind the small seam {@code Repair}.
 * May use {@code gateway}, {@code prompts} and {@code core}; used by {@code app}. Keeps nothing.
 */
@NullMarked
package dev.weir.output;

import org.jspecify.annotations.NullMarked;
