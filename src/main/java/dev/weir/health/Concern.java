package dev.weir.health;

/**
 * Something that is not as it should be, though the service goes on.
 *
 * @param penalty what it takes off the score of 100
 * @param text what it is, for an admin
 */
public record Concern(int penalty, String text) {}
