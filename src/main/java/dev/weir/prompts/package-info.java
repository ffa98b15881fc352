/**
 * AI functions: one YAML file each, loaded into an immutable catalogue and reloaded when a file
 * changes.
 *
 * <p>Entry: {@link dev.weir.prompts.FunctionCatalogue}. May use {@code core}; used by the gateway
 * and its stages.
 */
@NullMarked
package dev.weir.prompts;

import org.jspecify.annotations.NullMarked;
