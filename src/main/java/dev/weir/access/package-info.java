/**
 * Who may call: keys, their hashes and their owners.
 *
 * <p>Promises that the database never holds a key, only its SHA-256; that a busy key costs no round
 * trip per call; that a revoked key is refused everywhere within {@link
 * dev.weir.access.KeyAuthenticator#FRESH}; and that a flood of unknown keys cannot hammer the
 * database. Entry points: {@link dev.weir.access.KeyAuthenticator} for the doors, {@link
 * dev.weir.access.KeyStore} for whoever manages keys, {@link dev.weir.access.DevKeys} at start.
 * Uses {@code storage}, {@code gateway} (its seam {@code Authenticator}) and {@code core}; used by
 * {@code admin}, {@code cli} and {@code app}. Its tables are {@code api_keys} and {@code
 * api_key_former_secrets}.
 */
@NullMarked
package dev.weir.access;

import org.jspecify.annotations.NullMarked;
