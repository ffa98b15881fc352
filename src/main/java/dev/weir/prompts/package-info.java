/**
 * AI functions and their prompts: what a function is, read from one YAML file each.
 *
 * <p>Promises that adding a function is adding a file: a folder of files becomes one immutable
 * {@link dev.weir.prompts.FunctionCatalogue}, all of it or none of it, and a bad file is refused
 * with line, path and reason for each of its faults. {@link dev.weir.prompts.CatalogueWatch} is the
 * entry point of a running service, {@link dev.weir.prompts.CatalogueLoader} that of a check.
 * Templates cannot run code and schemas cannot reach out of their file or hang on a pattern.
 *
 * <p>Uses core alone. The doors, the gateway and the stages may use it. Its files: {@code
 * conf/functions/*.yaml}.
 */
@NullMarked
package dev.weir.prompts;

import org.jspecify.annotations.NullMarked;
