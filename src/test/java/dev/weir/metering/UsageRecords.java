package dev.weir.metering;

import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Exchanges;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Records for tests. */
final class UsageRecords {
  private UsageRecords() {}

  static UsageRecord of(String user) {
    return at(Instant.now(), user, "chat");
  }

  static UsageRecord unpriced(String user) {
    return record(Instant.now(), user, "chat", Optional.empty());
  }

  static UsageRecord at(Instant startedAt, String user, String function) {
    return record(startedAt, user, function, Optional.of(new Usd(12_345)));
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
        UUID.randomUUID(),
        user,
        Optional.empty(),
        function,
        Optional.of("v1"),
        Optional.empty(),
        target,
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
