/**
 * Typed settings: {@code conf/weir.yaml}, overridden by {@code WEIR_*} environment variables and
 * their {@code *_FILE} forms, read once into immutable records.
 *
 * <p>Entry: {@link dev.weir.config.ConfigLoader}, which makes a {@link dev.weir.config.WeirConfig}.
 * Refuses unknown keys with a suggestion, and says file, line and path of every fault. Depends on
 * {@code core} alone; every room above may read its own part.
 */
@NullMarked
package dev.weir.config;

import org.jspecify.annotations.NullMarked;
