package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.gateway.Tally.CacheStatus;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseUrl;
import dev.weir.testing.Eventually;
import dev.weir.testing.HandClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The cache while nothing listens where the database was. */
class CacheWithoutDatabaseTest {
  private static final Duration PATIENCE = Duration.ofMillis(20);

  private final Vertx vertx = Vertx.vertx();
  private final HandClock clock = new HandClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final CacheMeters meters = new CacheMeters(registry);
  private final Generations generations = new Generations(clock);
  private final FirstLevel first = new FirstLevel(1 << 20, clock);
  private final AtomicInteger asked = new AtomicInteger();
  private Database database;
  private Chain chain;

  @BeforeEach
  void open() {
    database =
        Database.open(
            vertx,
            DatabaseUrl.parse("postgres://nobody:nothing@127.0.0.1:1/none"),
            Database.Limits.of(2));
    var second = new SecondLevel(database, PATIENCE, 1 << 20, meters, clock);
    var tallies = new Tallies(meters, clock);
    var warming = new Warming();
    var stage =
        new CacheStage(
            new CacheStage.Parts(
                first,
                second,
                generations,
                new Flights(meters::promoted, clock),
                new FlightLeases(vertx, database, PATIENCE, meters, clock),
                new Similar(database, second, meters, clock),
                Optional.empty(),
                warming,
                new Keeper(
                    first, second, generations, tallies, warming, meters, 1 << 20, false, clock),
                tallies,
                clock));
    Stage provider =
        (_, _) ->
            Future.succeededFuture(
                new Reply.Whole(Exchanges.answer("answer " + asked.incrementAndGet())));
    chain = Chain.of(List.of(stage, provider));
  }

  @AfterEach
  void close() {
    database.close().await();
    vertx.close().await();
  }

  private record Got(String text, CacheStatus status) {}

  private Got call() {
    Exchange x = Exchanges.chat("perplexity/sonar");
    var reply = chain.proceed(x);
    Eventually.until("it is answered", reply::isComplete);
    return new Got(((Reply.Whole) reply.result()).answer().text(), x.tally().cache());
  }

  private double aside() {
    return registry.get("weir.cache.aside").counter().count();
  }

  @Test
  void theMemoryAnswersWhileItIsTrustedAndThenTheProviderIsAskedWithinThePatience() {
    generations.heard(clock.nanoTime());

    assertThat(call())
        .as("asked, and kept in memory")
        .isEqualTo(new Got("answer 1", CacheStatus.MISS));
    Eventually.until("it could be looked up nowhere, and stored nowhere", () -> aside() == 2);
    assertThat(call()).isEqualTo(new Got("answer 1", CacheStatus.HIT));
    clock.pass(Generations.TRUSTED);
    assertThat(call()).as("to the last moment").isEqualTo(new Got("answer 1", CacheStatus.HIT));
    assertThat(aside()).as("for a hit nobody asks the database").isEqualTo(2);

    clock.pass(Duration.ofNanos(1));
    assertThat(call()).as("not trusted").isEqualTo(new Got("answer 2", CacheStatus.MISS));
    assertThat(call()).as("not trusted").isEqualTo(new Got("answer 3", CacheStatus.MISS));

    generations.heard(clock.nanoTime());
    assertThat(call()).as("trusted again").isEqualTo(new Got("answer 3", CacheStatus.HIT));
  }

  @Test
  void afterSomeLooksInVainNobodyLooksForASecond() {
    for (var i = 0; i < 20; i++) {
      assertThat(call().status()).isEqualTo(CacheStatus.MISS);
    }

    assertThat(asked).hasValue(20);
    assertThat(aside()).as("each was told that it stepped aside").isGreaterThanOrEqualTo(20);
  }
}
