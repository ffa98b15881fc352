package dev.weir.metering;

import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Assignment;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Debit;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Target;
import dev.weir.journal.ChainReader;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Marks as bytes. Every mark begins with its kind, the version of this format, and the call's id,
 * so that a reader that only keeps count need not decode the rest. A journal is read by the version
 * that wrote it or a later one; one of a later version is refused and stays where it is.
 */
final class MarkCodec {
  /** The call was admitted. */
  static final int ADMITTED = 1;

  /** An attempt was about to be sent. */
  static final int SENT = 2;

  /** The call has ended. */
  static final int FINISHED = 3;

  /**
   * From 2 on a record tells its experiment; before, it knew an arm alone, and never had one. From
   * 3 on it names all leases of a call, and those of an attempt; before, the user's alone.
   */
  private static final int VERSION = 3;

  private static final int WITH_EXPERIMENTS = 2;
  private static final int WITH_DEBITS = 3;
  private static final int ID = 2;
  private static final int MOST_ATTEMPTS = 255;

  private final Packer packer;

  MarkCodec(Packer packer) {
    this.packer = packer;
  }

  /** Writes that a call is admitted. */
  void admitted(UsageRecord record) {
    head(ADMITTED, record.id());
    record(record, Integer.MAX_VALUE);
  }

  /**
   * Writes that a call has ended, in no more than {@code room} bytes: what does not fit are lines
   * of its bill, never the sums.
   */
  void finished(UsageRecord record, int room) {
    head(FINISHED, record.id());
    record(record, room);
  }

  /** Writes that an attempt goes upstream. */
  void sent(Mark.Sent sent) {
    head(SENT, sent.call());
    packer.id(sent.attempt());
    instant(sent.at());
    target(sent.target());
    packer.number(sent.promptCharacters()).number(sent.searches());
    debit(sent.debit());
  }

  /** The kind of a mark. */
  static int kind(ByteBuffer body) {
    return body.get(0);
  }

  /** The call of a mark. */
  static UUID call(ByteBuffer body) {
    return new UUID(body.getLong(ID), body.getLong(ID + Long.BYTES));
  }

  /**
   * Reads a mark.
   *
   * @throws IllegalArgumentException if it is none, or one of a later version
   */
  static Mark read(ChainReader.Entry entry) {
    var in = new Unpacker(entry.body().duplicate());
    try {
      var kind = in.octet();
      var version = in.octet();
      if (version < 1 || version > VERSION) {
        throw new IllegalArgumentException(
            "a record of version " + version + " is not known to this version of Weir");
      }
      var call = in.id();
      return switch (kind) {
        case ADMITTED -> new Mark.Admitted(record(in, call, version));
        case FINISHED -> new Mark.Finished(record(in, call, version));
        case SENT ->
            new Mark.Sent(
                call,
                in.id(),
                instant(in),
                target(in),
                in.number(),
                in.count(),
                version >= WITH_DEBITS ? debit(in) : Debit.NONE,
                new Mark.Progress(entry.cell()));
        default -> throw new IllegalArgumentException("no kind of record is " + kind);
      };
    } catch (BufferUnderflowException | ArithmeticException e) {
      throw new IllegalArgumentException("a record ends too early", e);
    }
  }

  private void head(int kind, UUID call) {
    packer.rewind(0).octet(kind).octet(VERSION).id(call);
  }

  private void record(UsageRecord r, int room) {
    instant(r.startedAt());
    packer
        .optional(r.correlation(), packer::text)
        .text(r.door())
        .flag(r.streamed())
        .id(r.key())
        .text(r.user())
        .optional(r.team(), packer::text);
    debit(r.debit());
    packer
        .flag(r.unitReturned())
        .text(r.function())
        .optional(r.version(), packer::text)
        .optional(r.assignment(), this::assignment);
    target(r.target());
    packer
        .flag(r.fallback())
        .text(r.outcome().name())
        .optional(r.error(), code -> packer.text(code.name()))
        .number(r.took().toMillis())
        .optional(r.firstByte(), d -> packer.number(d.toMillis()))
        .number(r.retries());
    usage(r.usage());
    packer
        .optional(r.cost(), cost -> packer.number(cost.nanos()))
        .optional(r.providerCost(), cost -> packer.number(cost.nanos()))
        .text(r.cache())
        .number(r.repairs())
        .octet(r.tags().size());
    r.tags().forEach((key, value) -> packer.text(key).text(value));
    attempts(r.attempts(), Math.min(room, packer.bytes().length));
  }

  private void attempts(List<AttemptRecord> attempts, int room) {
    var place = packer.length();
    packer.octet(0);
    var written = 0;
    for (var attempt : attempts) {
      var before = packer.length();
      if (written == MOST_ATTEMPTS || before + 4 * Packer.MAX_TEXT > packer.bytes().length) {
        break;
      }
      attempt(attempt);
      if (packer.length() > room) {
        packer.rewind(before);
        break;
      }
      written++;
    }
    packer.octetAt(place, written);
  }

  private void attempt(AttemptRecord a) {
    packer.id(a.id());
    target(a.target());
    instant(a.at());
    packer.optional(a.failure(), code -> packer.text(code.name())).number(a.took().toMillis());
    usage(a.usage());
    packer
        .optional(a.cost(), cost -> packer.number(cost.nanos()))
        .optional(a.providerCost(), cost -> packer.number(cost.nanos()));
  }

  private static UsageRecord record(Unpacker in, UUID call, int version) {
    var experiments = version >= WITH_EXPERIMENTS;
    return new UsageRecord(
        call,
        instant(in),
        in.optional(in::text),
        in.text(),
        in.flag(),
        in.id(),
        in.text(),
        in.optional(in::text),
        version >= WITH_DEBITS ? debit(in) : usersAlone(in),
        in.flag(),
        in.text(),
        in.optional(in::text),
        experiments ? in.optional(() -> assignment(in)) : armAlone(in),
        target(in),
        experiments && in.flag(),
        UsageRecord.Outcome.valueOf(in.text()),
        in.optional(() -> ErrorCode.valueOf(in.text())),
        Duration.ofMillis(in.number()),
        in.optional(() -> Duration.ofMillis(in.number())),
        in.count(),
        usage(in),
        in.optional(() -> new Usd(in.number())),
        in.optional(() -> new Usd(in.number())),
        in.text(),
        in.count(),
        tags(in),
        attempts(in));
  }

  private void assignment(Assignment a) {
    packer
        .text(a.experiment())
        .text(a.variant())
        .number(a.epoch())
        .number(Double.doubleToLongBits(a.probability()))
        .text(a.kind().name());
  }

  private static Assignment assignment(Unpacker in) {
    return new Assignment(
        in.text(),
        in.text(),
        in.count(),
        Double.longBitsToDouble(in.number()),
        Assignment.Kind.valueOf(in.text()));
  }

  private static Optional<Assignment> armAlone(Unpacker in) {
    var _ = in.optional(in::text);
    return Optional.empty();
  }

  private static Map<String, String> tags(Unpacker in) {
    var tags = new LinkedHashMap<String, String>();
    for (var left = in.octet(); left > 0; left--) {
      tags.put(in.text(), in.text());
    }
    return tags;
  }

  private static List<AttemptRecord> attempts(Unpacker in) {
    var attempts = new ArrayList<AttemptRecord>();
    for (var left = in.octet(); left > 0; left--) {
      attempts.add(
          new AttemptRecord(
              in.id(),
              target(in),
              instant(in),
              in.optional(() -> ErrorCode.valueOf(in.text())),
              Duration.ofMillis(in.number()),
              usage(in),
              in.optional(() -> new Usd(in.number())),
              in.optional(() -> new Usd(in.number()))));
    }
    return attempts;
  }

  private void debit(Debit d) {
    packer
        .optional(d.month(), month -> packer.number(month.toEpochDay()))
        .optional(d.user(), packer::id)
        .optional(d.key(), packer::id)
        .optional(d.team(), packer::id);
  }

  private static Debit debit(Unpacker in) {
    return new Debit(
        in.optional(() -> LocalDate.ofEpochDay(in.number())),
        in.optional(in::id),
        in.optional(in::id),
        in.optional(in::id));
  }

  private static Debit usersAlone(Unpacker in) {
    return new Debit(Optional.empty(), in.optional(in::id), Optional.empty(), Optional.empty());
  }

  private void usage(Usage u) {
    packer
        .number(u.inputTokens())
        .number(u.outputTokens())
        .number(u.cachedTokens())
        .number(u.written5m())
        .number(u.written1h())
        .number(u.reasoningTokens())
        .number(u.searches())
        .flag(u.estimated());
  }

  private static Usage usage(Unpacker in) {
    return new Usage(
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        in.flag());
  }

  private void target(Target t) {
    packer
        .text(t.model().provider())
        .text(t.model().name())
        .text(t.servedBy())
        .flag(t.simulated())
        .flag(t.search())
        .optional(t.preset(), packer::text);
  }

  private static Target target(Unpacker in) {
    return new Target(
        new ModelRef(in.text(), in.text()), in.text(), in.flag(), in.flag(), in.optional(in::text));
  }

  /** In whole microseconds, as the database keeps times. */
  private void instant(Instant instant) {
    packer.number(ChronoUnit.MICROS.between(Instant.EPOCH, instant));
  }

  private static Instant instant(Unpacker in) {
    return Instant.EPOCH.plus(in.number(), ChronoUnit.MICROS);
  }
}
