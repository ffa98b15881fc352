/**
 * PostgreSQL: where it is, how it is reached, and who may do what in it.
 *
 * <p>Promises that one user never reads or writes another's rows (row-level security is forced, and
 * the service works as roles that own nothing), that the embedded server is durable and recovers
 * from a kill at any moment, and that an absent database fails a call quickly with {@code
 * STORAGE_UNAVAILABLE}. Entry points: {@link dev.weir.storage.EmbeddedPostgres} and {@link
 * dev.weir.storage.Migrations} at start (both block), then {@link dev.weir.storage.Database} (never
 * blocks), and {@link dev.weir.storage.Rereading} for what is kept in memory. Uses core only; every
 * capability with a table of its own uses {@code Database}. The schema is in {@code migrations/};
 * on disk it owns {@code database/}, {@code postgres-<version>/}, {@code database-password} and
 * {@code database.lock} in the data directory.
 */
@NullMarked
package dev.weir.storage;

import org.jspecify.annotations.NullMarked;
