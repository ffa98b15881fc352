package dev.weir.config;

/** How Weir runs. */
public enum Mode {
  /** On a developer's machine: embedded database, sandbox for missing keys, loopback only. */
  DEV,
  /** In production: nothing is made up, what is missing is a start-up error. */
  PROD
}
