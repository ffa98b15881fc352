package dev.weir.metering;

import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Assignment;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Debit;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Target;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Records for tests. */
final class UsageRecords {
  private UsageRecords() {}

  static UsageRecord of(String user) {
    return at(now(), user, "chat");
  }

  /** In whole microseconds, as records keep it. */
  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MICROS);
  }

  static UsageRecord unpriced(String user) {
    return record(now(), user, "chat", Optional.empty());
  }

  static UsageRecord at(Instant startedAt, String user, String function) {
    return record(startedAt, user, function, Optional.of(new Usd(12_345)));
  }

  /** A record in which nothing is empty. */
  static UsageRecord full() {
    var target =
        new Target(new ModelRef("openai", "o/1"), "sandbox", true, true, Optional.of("pro"));
    var usage = new Usage(1_000_000, 200, 100, 7, 8, 50, 3, true);
    return new UsageRecord(
        Ids.next(Clock.system()),
        Instant.parse("2026-11-24T10:00:00.123456Z"),
        Optional.of("order-7"),
        "bus",
        true,
        UUID.randomUUID(),
        "ann@example.org",
        Optional.of("growth"),
        new Debit(
            Optional.of(LocalDate.of(2026, 11, 1)),
            Optional.of(UUID.randomUUID()),
            Optional.of(UUID.randomUUID()),
            Optional.of(UUID.randomUUID())),
        true,
        "cover-letter",
        Optional.of("v1"),
        Optional.of(new Assignment("tone", "b", 3, 0.25, Assignment.Kind.OVERRIDE)),
        target,
        true,
        UsageRecord.Outcome.ERROR,
        Optional.of(ErrorCode.PROVIDER_ERROR),
        Duration.ofMillis(1_234),
        Optional.of(Duration.ofMillis(56)),
        2,
        usage,
        Optional.of(new Usd(1)),
        Optional.of(new Usd(2)),
        "miss",
        2,
        Map.of("team", "growth", "feature", "größer"),
        List.of(
            new AttemptRecord(
                UUID.randomUUID(),
                target,
                Instant.parse("2026-11-24T10:00:00.5Z"),
                Optional.of(ErrorCode.TIMEOUT),
                Duration.ofMillis(1_200),
                usage,
                Optional.of(new Usd(1)),
                Optional.of(new Usd(2))),
            new AttemptRecord(
                UUID.randomUUID(),
                Exchanges.target("a/b"),
                Instant.EPOCH,
                Optional.empty(),
                Duration.ZERO,
                Usage.NONE,
                Optional.empty(),
                Optional.empty())));
  }

  /** The same call, taken for interrupted and billed by an estimate. */
  static UsageRecord interrupted(UsageRecord ended, long nanos) {
    return new UsageRecord(
        ended.id(),
        ended.startedAt(),
        ended.correlation(),
        ended.door(),
        ended.streamed(),
        ended.key(),
        ended.user(),
        ended.team(),
        ended.debit(),
        false,
        ended.function(),
        ended.version(),
        ended.assignment(),
        ended.target(),
        ended.fallback(),
        UsageRecord.Outcome.INTERRUPTED,
        Optional.empty(),
        Duration.ZERO,
        Optional.empty(),
        0,
        new Usage(1, 0, 0, 0, 0, true),
        Optional.of(new Usd(nanos)),
        Optional.empty(),
        "off",
        0,
        Map.of(),
        List.of());
  }

  /** The same call as part of an experiment. */
  static UsageRecord ofExperiment(
      UsageRecord call,
      Assignment assignment,
      String cache,
      boolean fallback,
      UsageRecord.Outcome outcome,
      Optional<ErrorCode> error,
      List<AttemptRecord> attempts) {
    return new UsageRecord(
        call.id(),
        call.startedAt(),
        call.correlation(),
        call.door(),
        call.streamed(),
        call.key(),
        call.user(),
        call.team(),
        call.debit(),
        call.unitReturned(),
        call.function(),
        call.version(),
        Optional.of(assignment),
        call.target(),
        fallback,
        outcome,
        error,
        call.took(),
        call.firstByte(),
        call.retries(),
        call.usage(),
        call.cost(),
        call.providerCost(),
        cache,
        call.repairs(),
        call.tags(),
        attempts);
  }

  private static UsageRecord record(
      Instant startedAt, String user, String function, Optional<Usd> cost) {
    var target = Exchanges.target("perplexity/sonar");
    var usage = new Usage(1_000, 200, 100, 30, 40, 50, 1, false);
    return new UsageRecord(
        Ids.next(Clock.system()),
        startedAt,
        Optional.of("order-7"),
        "chat",
        true,
        UUID.nameUUIDFromBytes(user.getBytes(StandardCharsets.UTF_8)),
        user,
        Optional.empty(),
        Debit.NONE,
        false,
        function,
        Optional.of("v1"),
        Optional.empty(),
        target,
        false,
        UsageRecord.Outcome.OK,
        Optional.empty(),
        Duration.ofMillis(1_234),
        Optional.of(Duration.ofMillis(56)),
        1,
        usage,
        cost,
        cost.map(_ -> new Usd(12_000)),
        "off",
        2,
        Map.of("team", "growth"),
        List.of(
            new AttemptRecord(
                UUID.randomUUID(),
                target,
                startedAt,
                Optional.empty(),
                Duration.ofMillis(1_200),
                usage,
                cost,
                Optional.empty())));
  }
}
