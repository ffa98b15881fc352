package dev.weir.storage;

import org.jspecify.annotations.Nullable;

/**
 * The database cannot be set up: a bad URL, an embedded server that does not start, a migration
 * that fails. Thrown at start only; its message is written for the operator and says what to do. It
 * never contains a password.
 */
public final class StorageException extends RuntimeException {
  public StorageException(String message) {
    super(message);
  }

  public StorageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
