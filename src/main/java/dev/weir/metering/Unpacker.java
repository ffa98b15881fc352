package dev.weir.metering;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Reads what a {@link Packer} wrote.
 *
 * @param from throws {@link java.nio.BufferUnderflowException} where it ends too early
 */
record Unpacker(ByteBuffer from) {
  int octet() {
    return from.get() & 0xFF;
  }

  boolean flag() {
    return octet() != 0;
  }

  long number() {
    var value = 0L;
    for (var shift = 0; ; shift += 7) {
      var part = octet();
      value |= (part & 0x7FL) << shift;
      if (part < 0x80) {
        return value;
      }
    }
  }

  int count() {
    return Math.toIntExact(number());
  }

  UUID id() {
    return new UUID(from.getLong(), from.getLong());
  }

  String text() {
    var utf8 = new byte[count()];
    from.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  <T> Optional<T> optional(Supplier<T> read) {
    return flag() ? Optional.of(read.get()) : Optional.empty();
  }
}
