package dev.weir.config;

import java.nio.file.Path;

/**
 * The journal of usage, in which records survive a kill of the process on their way to the
 * database.
 *
 * @param dir where the journals of all processes are; must outlive the process
 * @param maxBytes what this process' journal may take of the disk: when it is full, because the
 *     database is away, new calls are refused
 * @param durability what a record must survive before its call goes on
 */
public record JournalSettings(Path dir, int maxBytes, Durability durability) {
  /** 512 MiB: some 400,000 calls. */
  static final int STANDARD_BYTES = 512 << 20;

  /** What a record must survive. */
  public enum Durability {
    /** A kill of the process: the record is in memory that the operating system owns. */
    PROCESS,
    /** A loss of power: the record is on the disk, in groups with others. */
    MACHINE
  }
}
