package dev.weir.access;

/**
 * A key just made: the only moment at which it is whole outside its owner's hands.
 *
 * @param record what is kept of it
 * @param key the key, to be shown once and forgotten
 */
public record Issued(KeyRecord record, ApiKey key) {}
