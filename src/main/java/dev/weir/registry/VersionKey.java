package dev.weir.registry;

/**
 * Names a version.
 *
 * @param function the function's name
 * @param version its version
 */
public record VersionKey(String function, String version) {}
