package dev.weir.journal;

/**
 * A number inside a record that goes on changing after the record was written: how far something
 * has come. It survives a kill like the record itself; a loss of power may bring an older value
 * back. Confined to the thread that writes the chain, and to the time until the last record of what
 * it belongs to is written.
 */
public final class Cell {
  private final Segment segment;
  private final int at;

  Cell(Segment segment, int at) {
    this.segment = segment;
    this.at = at;
  }

  /** Sets the number; a plain write to memory. */
  public void set(long value) {
    segment.cell(at, value);
  }
}
