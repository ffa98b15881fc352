package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.JournalSettings;
import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.gateway.Cancellation;
import dev.weir.limits.LedgerConnection;
import dev.weir.limits.Limits;
import dev.weir.limits.Who;
import dev.weir.metering.Replay;
import dev.weir.pricing.PriceTable;
import dev.weir.storage.Database;
import dev.weir.testing.FaultyProxy;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The journal of a process is what its leases can be settled by when it is gone, so it is there
 * until they are given back (LEDGER section 3).
 */
@ExtendWith(TestDatabase.Extension.class)
class JournalOutlivesLeasesIT {
  private final Vertx vertx = Vertx.vertx();
  private final UUID process = Ids.next(Clock.system());
  private final Who who = new Who("gone-" + process, UUID.randomUUID(), Optional.empty());
  @TempDir private Path root;
  private TestDatabase database;
  private FaultyProxy proxy;
  private Database pools;
  private LedgerConnection ledger;
  private UsageJournal journal;

  @BeforeEach
  void open(TestDatabase given) {
    database = given;
    proxy = FaultyProxy.before(given.serviceUrl().port());
    pools = Database.open(vertx, given.through(proxy), Database.Limits.of(4));
    ledger =
        LedgerConnection.open(
            vertx, pools, process, "test", Clock.system(), Limits.Enforcement.ENFORCE);
    journal =
        UsageJournal.open(
            new JournalSettings(root, 1 << 20, JournalSettings.Durability.PROCESS),
            process,
            1,
            vertx,
            pools,
            this::noPrices,
            Clock.system(),
            ledger.limits()::written);
  }

  @AfterEach
  void close() {
    pools.close().await();
    proxy.close();
    vertx.close().await();
  }

  private PriceTable noPrices() {
    throw new AssertionError("no call was interrupted");
  }

  @Test
  void itGoesWhenEveryRowIsWrittenAndEveryLeaseIsBack() throws Exception {
    leased();

    journal.close(() -> OpenLimits.close(ledger));

    assertThat(root.resolve(process.toString())).doesNotExist();
    assertThat(leftOpen()).isZero();
  }

  @Test
  void itStaysWhereTheLeasesCouldNotBeGivenBackAndTheNextStartSettlesThem() throws Exception {
    leased();
    proxy.blackHole(true);

    journal.close(() -> OpenLimits.close(ledger));

    assertThat(root.resolve(process.toString())).exists();
    assertThat(leftOpen()).isPositive();
    var next = database.database(vertx);
    new Replay(vertx, next, this::noPrices, dead -> LedgerConnection.replayed(next, dead))
        .run(root);
    assertThat(root.resolve(process.toString())).doesNotExist();
    assertThat(leftOpen()).isZero();
    next.close().await();
  }

  /** A lease is in the process's hand. */
  private void leased() throws Exception {
    ledger
        .limits()
        .enforce(Ids.next(Clock.system()), who, new Cancellation())
        .await(30, TimeUnit.SECONDS);
  }

  /** Leases and accounts of money that the process has left open. */
  private long leftOpen() {
    return database.count(
        """
        SELECT (SELECT count(*) FROM leases WHERE process_id = ? AND state <> 'closed')
          + (SELECT count(*) FROM lease_held WHERE process_id = ?)\
        """,
        process,
        process);
  }
}
