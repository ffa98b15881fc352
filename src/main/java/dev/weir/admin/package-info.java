/**
 * The management API: what an administrator does while Weir runs.
 *
 * <p>Promises that nothing under {@code /api} answers without a good admin key, that a key's text
 * is in one answer only (the one that made it), and that every error is an RFC 9457 problem with a
 * code of the catalogue. Entry: {@link dev.weir.admin.AdminApi}, mounted on the management port's
 * router. Uses {@code access}, {@code prompts}, {@code resilience} and {@code core}; used by {@code
 * app} and, for the JSON of keys, by {@code cli}. It keeps no table.
 */
@NullMarked
package dev.weir.admin;

import org.jspecify.annotations.NullMarked;
