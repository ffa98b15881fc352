package dev.weir.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Source;
import dev.weir.gateway.Target;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * An entry as it is written: a mark, the number of the format, a CRC-32C of all that follows, the
 * key and the owner, then the rest in a fixed order. Texts are UTF-8 behind their length. What has
 * another mark, number or checksum, belongs to another key or another owner, or ends too early, is
 * no entry.
 */
final class Frame {
  /** Changes whenever the order does: what an older or newer Weir wrote is a miss. */
  static final byte FORMAT = 1;

  private static final int MARK = 0x57454952; // WEIR
  private static final int CHECKSUM_AT = Integer.BYTES + Byte.BYTES;
  private static final int CHECKED_FROM = CHECKSUM_AT + Integer.BYTES;
  private static final int ABSENT = -1;

  private final byte[] bytes;

  private Frame(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The bytes themselves; nobody edits them. */
  byte[] bytes() {
    return bytes;
  }

  /** How many they are. */
  int length() {
    return bytes.length;
  }

  /** What comes of reading a frame. */
  sealed interface Opened {
    /** An entry. */
    record Good(Entry entry) implements Opened {}

    /** None. */
    record Bad(Flaw flaw) implements Opened {}
  }

  /** Why bytes are no entry. */
  enum Flaw {
    CORRUPT("corrupt"),
    OTHER_FORMAT("other_format"),
    FOREIGN("foreign"),
    TOO_LARGE("too_large");

    private final String label;

    Flaw(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /**
   * What is kept of an answer beside itself.
   *
   * @param owner whose it is; empty where users share it
   * @param created when it was given
   * @param expires until when it counts
   * @param keepUntil until when it may stand in
   * @param target who gave it
   * @param cost what it cost
   * @param took how long it took
   */
  record About(
      Optional<String> owner,
      Instant created,
      Instant expires,
      Instant keepUntil,
      Target target,
      Usd cost,
      Duration took) {}

  /** The entry of an answer. */
  static Entry of(CacheKey key, About about, Answer answer) {
    var text = answer.text().getBytes(UTF_8);
    var data = answer.data().map(node -> Json.write(node).getBytes());
    var wire = answer.wire().map(Buffer::getBytes);
    var out =
        Buffer.buffer(
            text.length
                + data.map(bytes -> bytes.length).orElse(0)
                + wire.map(bytes -> bytes.length).orElse(0)
                + 512);
    out.appendInt(MARK).appendByte(FORMAT).appendInt(0);
    out.appendLong(key.a()).appendLong(key.b()).appendLong(key.c()).appendLong(key.d());
    optional(out, about.owner());
    out.appendLong(about.created().toEpochMilli())
        .appendLong(about.expires().toEpochMilli())
        .appendLong(about.keepUntil().toEpochMilli())
        .appendLong(about.cost().nanos())
        .appendLong(about.took().toMillis());
    target(out, about.target());
    text(out, answer.model());
    text(out, answer.finish().name());
    usage(out, answer.usage());
    sources(out, answer.sources());
    block(out, text);
    data.ifPresentOrElse(bytes -> block(out, bytes), () -> out.appendInt(ABSENT));
    wire.ifPresentOrElse(bytes -> block(out, bytes), () -> out.appendInt(ABSENT));
    var frame = out.getBytes();
    ByteBuffer.wrap(frame).putInt(CHECKSUM_AT, checksum(frame));
    return read(frame);
  }

  /** The entry in these bytes, which must be that of this key and owner. */
  static Opened open(byte[] frame, CacheKey key, Optional<String> owner, int largest) {
    if (frame.length > largest) {
      return new Opened.Bad(Flaw.TOO_LARGE);
    }
    if (frame.length < CHECKED_FROM || ByteBuffer.wrap(frame).getInt() != MARK) {
      return new Opened.Bad(Flaw.CORRUPT);
    }
    if (frame[Integer.BYTES] != FORMAT) {
      return new Opened.Bad(Flaw.OTHER_FORMAT);
    }
    if (ByteBuffer.wrap(frame).getInt(CHECKSUM_AT) != checksum(frame)) {
      return new Opened.Bad(Flaw.CORRUPT);
    }
    try {
      var entry = read(frame);
      return entry.key().equals(key) && entry.owner().equals(owner)
          ? new Opened.Good(entry)
          : new Opened.Bad(Flaw.FOREIGN);
    } catch (RuntimeException _) {
      // The checksum holds, so whoever wrote it wrote it wrong.
      return new Opened.Bad(Flaw.CORRUPT);
    }
  }

  private static Entry read(byte[] frame) {
    var in = ByteBuffer.wrap(frame).position(CHECKED_FROM);
    var key = new CacheKey(in.getLong(), in.getLong(), in.getLong(), in.getLong());
    var owner = optional(in);
    var created = Instant.ofEpochMilli(in.getLong());
    var expires = Instant.ofEpochMilli(in.getLong());
    var keepUntil = Instant.ofEpochMilli(in.getLong());
    var cost = new Usd(in.getLong());
    var took = Duration.ofMillis(in.getLong());
    var target = target(in);
    var model = text(in);
    var finish = Answer.Finish.valueOf(text(in));
    var usage = usage(in);
    var sources = sources(in);
    var text = span(in).orElseThrow();
    var data = span(in);
    var wire = span(in);
    return new Entry(
        new Frame(frame),
        key,
        owner,
        created,
        expires,
        keepUntil,
        target,
        model,
        finish,
        usage,
        cost,
        took,
        sources,
        text,
        data,
        wire);
  }

  private static int checksum(byte[] frame) {
    var crc = new CRC32C();
    crc.update(frame, CHECKED_FROM, frame.length - CHECKED_FROM);
    return (int) crc.getValue();
  }

  private static void target(Buffer out, Target target) {
    text(out, target.model().toString());
    text(out, target.servedBy());
    flag(out, target.simulated());
    flag(out, target.search());
    optional(out, target.preset());
  }

  private static Target target(ByteBuffer in) {
    return new Target(
        ModelRef.parse(text(in)).orElseThrow(), text(in), flag(in), flag(in), optional(in));
  }

  private static void usage(Buffer out, Usage usage) {
    out.appendLong(usage.inputTokens())
        .appendLong(usage.outputTokens())
        .appendLong(usage.cachedTokens())
        .appendLong(usage.reasoningTokens())
        .appendLong(usage.searches());
    flag(out, usage.estimated());
  }

  private static Usage usage(ByteBuffer in) {
    return new Usage(
        in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), flag(in));
  }

  private static void sources(Buffer out, List<Source> sources) {
    out.appendInt(sources.size());
    for (var source : sources) {
      text(out, source.url());
      text(out, source.title());
      text(out, source.snippet());
      optional(out, source.date());
    }
  }

  private static List<Source> sources(ByteBuffer in) {
    var count = in.getInt();
    if (count == 0) {
      return List.of();
    }
    var sources = new ArrayList<Source>();
    for (var i = 0; i < count; i++) {
      sources.add(new Source(text(in), text(in), text(in), optional(in)));
    }
    return sources;
  }

  private static void flag(Buffer out, boolean flag) {
    out.appendByte((byte) (flag ? 1 : 0));
  }

  private static boolean flag(ByteBuffer in) {
    return in.get() == 1;
  }

  private static void optional(Buffer out, Optional<String> text) {
    text.ifPresentOrElse(t -> text(out, t), () -> out.appendInt(ABSENT));
  }

  private static Optional<String> optional(ByteBuffer in) {
    var length = in.getInt();
    if (length == ABSENT) {
      return Optional.empty();
    }
    var utf8 = new byte[Objects.checkIndex(length, in.remaining() + 1)];
    in.get(utf8);
    return Optional.of(new String(utf8, UTF_8));
  }

  private static void text(Buffer out, String text) {
    block(out, text.getBytes(UTF_8));
  }

  private static String text(ByteBuffer in) {
    return optional(in).orElseThrow();
  }

  private static void block(Buffer out, byte[] bytes) {
    out.appendInt(bytes.length).appendBytes(bytes);
  }

  private static Optional<Entry.Span> span(ByteBuffer in) {
    var length = in.getInt();
    if (length == ABSENT) {
      return Optional.empty();
    }
    var span = new Entry.Span(in.position(), length);
    in.position(in.position() + length);
    return Optional.of(span);
  }
}
