package dev.weir.core;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Bytes in memory, so many at most. Confined to one thread. */
final class BoundedBytes extends OutputStream {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final int most;

  BoundedBytes(int most) {
    this.most = most;
  }

  /** What is too many. */
  static final class Full extends IOException {
    private static final long serialVersionUID = 1;
  }

  @Override
  public void write(int one) throws IOException {
    room(1);
    bytes.write(one);
  }

  @Override
  public void write(byte[] some, int from, int length) throws IOException {
    room(length);
    bytes.write(some, from, length);
  }

  private void room(int more) throws Full {
    if (more > most - bytes.size()) {
      throw new Full();
    }
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }
}
