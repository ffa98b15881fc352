package dev.weir.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Mode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Credentials;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Principal.Role;
import dev.weir.testing.HandClock;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Keys on a real PostgreSQL. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyStoreIT {
  private Vertx vertx;
  private TestDatabase postgres;
  private KeyStore store;

  @BeforeAll
  void open(TestDatabase database) {
    vertx = Vertx.vertx();
    postgres = database;
    store = new KeyStore(database.database(vertx), Clock.system());
  }

  @AfterAll
  void close() {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(20, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within 20 s", e);
    }
  }

  /** A node of its own: nothing remembered, not told of this store's changes. */
  private KeyAuthenticator anotherNode() {
    return new KeyAuthenticator(store, Mode.PROD, Clock.system());
  }

  private static Credentials with(ApiKey key) {
    return new Credentials(Optional.of(key.reveal()), Optional.empty(), "203.0.113.9");
  }

  private static Credentials with(ApiKey key, String user) {
    return new Credentials(Optional.of(key.reveal()), Optional.of(user), "203.0.113.9");
  }

  private Principal accepted(ApiKey key) {
    return await(anotherNode().authenticate(with(key)));
  }

  private void assertRefused(ApiKey key, ErrorCode code, String words) {
    assertRefused(anotherNode().authenticate(with(key)), code, words);
  }

  private static void assertRefused(Future<?> future, ErrorCode code, String words) {
    assertThatThrownBy(() -> await(future))
        .isInstanceOfSatisfying(AIError.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(words);
  }

  private Issued userKey(String user) {
    return await(store.create(NewKey.of("a key", Role.USER, user)));
  }

  @Test
  void aNewKeyIsItsOwner() {
    var wish =
        new NewKey(
            "billing job",
            Role.SERVICE,
            "billing",
            Optional.of("finance"),
            Set.of("cover-letter", "job-analysis"),
            Set.of("perplexity/sonar"),
            List.of(AddressRange.parse("203.0.113.0/24"), AddressRange.parse("::1")),
            Optional.of(Duration.ofDays(30)),
            7,
            true);

    var issued = await(store.create(wish));

    assertThat(accepted(issued.key()))
        .isEqualTo(
            new Principal(
                issued.record().id(),
                Role.SERVICE,
                "billing",
                Optional.of("finance"),
                Set.of("cover-letter", "job-analysis"),
                Set.of("perplexity/sonar"),
                true));
    var kept = await(store.get(issued.record().id()));
    assertThat(kept).isEqualTo(issued.record());
    assertThat(kept.addresses()).containsExactly("203.0.113.0/24", "::1");
    assertThat(kept.newUsersPerHour()).isEqualTo(7);
    assertThat(kept.caching()).isTrue();
    assertThat(Duration.between(kept.createdAt(), kept.expiresAt().orElseThrow()))
        .isEqualTo(Duration.ofDays(30));
    assertThat(kept.status()).isEqualTo(KeyRecord.Status.ACTIVE);
  }

  @Test
  void aKeyWithoutRestrictionsMayDoEverything() {
    var principal = accepted(userKey("ada").key());

    assertThat(principal.mayCall("anything")).isTrue();
    assertThat(principal.mayAsk("any/model")).isTrue();
  }

  @Test
  void theDatabaseHoldsHashesOnly() {
    var issued = userKey("hashed");
    var rotated = await(store.rotate(issued.record().id(), Duration.ofHours(1)));
    var tables =
        postgres.query(
            """
            SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
            """);

    for (var key : List.of(issued.key(), rotated.key())) {
      var text = key.reveal();
      var secret = text.substring(16);
      var hex = HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
      for (var table : tables) {
        var rows =
            postgres.count(
                "SELECT count(*) FROM "
                    + table.get("name")
                    + " AS t WHERE strpos(t::text, ?) > 0 OR strpos(t::text, ?) > 0",
                secret,
                hex);

        assertThat(rows).as("rows of %s with the secret", table.get("name")).isZero();
      }
    }
    assertThat(
            postgres.count(
                "SELECT count(*) FROM api_keys WHERE key_hash = ?", rotated.key().hash().bytes()))
        .isEqualTo(1);
  }

  @Test
  void bothKeysAreGoodDuringARotationsOverlap() {
    var old = userKey("rotating");

    var fresh = await(store.rotate(old.record().id(), Duration.ofHours(1)));

    assertThat(fresh.record().id()).as("limits follow the id").isEqualTo(old.record().id());
    assertThat(accepted(old.key())).isEqualTo(accepted(fresh.key()));
    assertThat(fresh.record().secrets())
        .extracting(KeyRecord.LiveSecret::prefix)
        .containsExactly(fresh.key().prefix(), old.key().prefix());
  }

  @Test
  void theOldKeyEndsWithItsOverlapAndIsToldSo() {
    var old = userKey("rotated");

    var fresh = await(store.rotate(old.record().id(), Duration.ZERO));

    assertRefused(old.key(), ErrorCode.UNAUTHENTICATED, "replaced by a rotation");
    assertThat(accepted(fresh.key()).user()).isEqualTo("rotated");
  }

  @Test
  void anOverlapEndsByTheDatabasesClock() {
    var old = userKey("overlapping");
    await(store.rotate(old.record().id(), Duration.ofHours(1)));

    postgres.execute(
        "UPDATE api_key_former_secrets SET valid_until = now() - interval '1 second' WHERE key_id ="
            + " ?",
        old.record().id());

    assertRefused(old.key(), ErrorCode.UNAUTHENTICATED, "replaced by a rotation");
  }

  @Test
  void aSecondRotationNeverLengthensTheFirstOnesOverlap() {
    var first = userKey("twice");
    await(store.rotate(first.record().id(), Duration.ofMinutes(5)));
    var before =
        postgres.value(
            "SELECT valid_until FROM api_key_former_secrets WHERE key_hash = ?",
            first.key().hash().bytes());

    await(store.rotate(first.record().id(), Duration.ofDays(5)));

    assertThat(
            postgres.value(
                "SELECT valid_until FROM api_key_former_secrets WHERE key_hash = ?",
                first.key().hash().bytes()))
        .isEqualTo(before);
  }

  @Test
  void goodSecretsOfOneKeyAreBounded() {
    var id = userKey("many").record().id();
    for (var i = 1; i < KeyStore.MAX_SECRETS; i++) {
      await(store.rotate(id, Duration.ofHours(1)));
    }

    assertRefused(store.rotate(id, Duration.ofHours(1)), ErrorCode.CONFLICT, "good secrets");
    assertThat(await(store.rotate(id, Duration.ZERO)).record().secrets()).hasSize(1);
  }

  @Test
  void twoRotationsAtOnceBothHappenInTurn() {
    var id = userKey("racing").record().id();

    var both =
        await(
            Future.all(
                store.rotate(id, Duration.ofHours(1)), store.rotate(id, Duration.ofHours(1))));

    var keys = List.<Issued>copyOf(both.list());
    keys.forEach(issued -> assertThat(accepted(issued.key()).user()).isEqualTo("racing"));
    assertThat(await(store.get(id)).secrets()).hasSize(3);
  }

  @Test
  void aRevokedKeyIsRefusedAtOnceByTheNodeThatRevokedIt() {
    var issued = userKey("revoked");
    var node = anotherNode();
    store.onChange(node::forget);
    await(node.authenticate(with(issued.key())));

    var kept = await(store.revoke(issued.record().id()));

    assertThat(kept.status()).isEqualTo(KeyRecord.Status.REVOKED);
    assertThat(kept.secrets()).isEmpty();
    assertRefused(node.authenticate(with(issued.key())), ErrorCode.UNAUTHENTICATED, "revoked");
  }

  @Test
  void aRevocationEndsTheSecretsOfAnOverlapToo() {
    var old = userKey("revoked-twice");
    await(store.rotate(old.record().id(), Duration.ofHours(1)));

    await(store.revoke(old.record().id()));

    assertRefused(old.key(), ErrorCode.UNAUTHENTICATED, "revoked");
  }

  @Test
  void aRevocationOnAnotherNodeIsSeenWithinFiveSeconds() {
    var issued = userKey("far");
    var clock = new HandClock(Instant.ofEpochSecond(1_800_000_000L));
    var node = new KeyAuthenticator(store, Mode.PROD, clock);
    await(node.authenticate(with(issued.key())));
    await(store.revoke(issued.record().id()));

    clock.pass(KeyAuthenticator.FRESH);

    assertRefused(node.authenticate(with(issued.key())), ErrorCode.UNAUTHENTICATED, "revoked");
  }

  @Test
  void revokingTwiceChangesNothing() {
    var id = userKey("again").record().id();

    assertThat(await(store.revoke(id))).isEqualTo(await(store.revoke(id)));
  }

  @Test
  void aRevokedKeyCannotBeRotated() {
    var id = userKey("dead").record().id();
    await(store.revoke(id));

    assertRefused(store.rotate(id, Duration.ZERO), ErrorCode.CONFLICT, "is over");
  }

  @Test
  void anExpiredKeyIsRefusedByTheDatabasesClock() {
    var issued =
        await(store.create(NewKey.of("k", Role.USER, "late").expiringAfter(Duration.ofDays(1))));
    postgres.execute(
        "UPDATE api_keys SET expires_at = now() - interval '1 millisecond' WHERE id = ?",
        issued.record().id());

    assertRefused(issued.key(), ErrorCode.UNAUTHENTICATED, "expired");
    assertThat(await(store.get(issued.record().id())).status()).isEqualTo(KeyRecord.Status.EXPIRED);
  }

  @Test
  void aKeyNobodyMadeIsUnknown() {
    assertRefused(ApiKey.generate(Role.USER), ErrorCode.UNAUTHENTICATED, "not known");
    assertRefused(store.get(UUID.randomUUID()), ErrorCode.NOT_FOUND, "no key of this id");
    assertRefused(store.revoke(UUID.randomUUID()), ErrorCode.NOT_FOUND, "no key of this id");
    assertRefused(
        store.rotate(UUID.randomUUID(), Duration.ZERO), ErrorCode.NOT_FOUND, "no key of this id");
  }

  @Test
  void pagesShowEachKeyOnce() {
    for (var i = 0; i < 7; i++) {
      userKey("paged");
    }

    var seen = new ArrayList<UUID>();
    var after = Optional.<UUID>empty();
    do {
      var page = await(store.list(3, after));
      assertThat(page.keys()).hasSizeLessThanOrEqualTo(3);
      page.keys().forEach(key -> seen.add(key.id()));
      after = page.next();
    } while (after.isPresent());

    assertThat(new HashSet<>(seen)).hasSameSizeAs(seen);
    assertThat((long) seen.size()).isEqualTo(postgres.count("SELECT count(*) FROM api_keys"));
    assertRefused(store.list(201, Optional.empty()), ErrorCode.INVALID_REQUEST, "'limit'");
  }

  @Test
  void aServiceKeyMakesTheUsersItNamesUpToItsShare() {
    var key = await(store.create(NewKey.of("app", Role.SERVICE, "app").bringing(2))).key();
    var node = anotherNode();

    assertThat(await(node.authenticate(with(key, "end-1"))).user()).isEqualTo("end-1");
    assertThat(await(node.authenticate(with(key, "end-2"))).user()).isEqualTo("end-2");
    assertRefused(
        anotherNode().authenticate(with(key, "end-3")), ErrorCode.RATE_LIMITED, "2 new users");
    assertThat(await(anotherNode().authenticate(with(key, "end-1"))).user()).isEqualTo("end-1");
    assertThat(postgres.count("SELECT count(*) FROM users WHERE user_id LIKE 'end-%'"))
        .isEqualTo(2);
  }

  @Test
  void theShareIsExactWhenManyArriveAtOnce() {
    var key = await(store.create(NewKey.of("burst", Role.SERVICE, "burst").bringing(5))).key();

    var calls = new ArrayList<Future<Boolean>>();
    for (var i = 0; i < 40; i++) {
      calls.add(
          anotherNode()
              .authenticate(with(key, "burst-" + i))
              .transform(done -> Future.succeededFuture(done.succeeded())));
    }
    await(Future.all(calls));

    assertThat(calls.stream().filter(Future::result)).hasSize(5);
    assertThat(postgres.count("SELECT count(*) FROM users WHERE user_id LIKE 'burst-%'"))
        .isEqualTo(5);
  }

  @Test
  void aShareComesBackAfterAnHour() {
    var issued = await(store.create(NewKey.of("slow", Role.SERVICE, "slow").bringing(1)));
    await(anotherNode().authenticate(with(issued.key(), "slow-1")));
    postgres.execute(
        "UPDATE users SET created_at = now() - interval '61 minutes' WHERE user_id = 'slow-1'");

    assertThat(await(anotherNode().authenticate(with(issued.key(), "slow-2"))).user())
        .isEqualTo("slow-2");
  }

  @Test
  void theLastUseIsWrittenOnceInAWhile() {
    var issued = userKey("used");
    var node = anotherNode();
    await(node.authenticate(with(issued.key())));

    await(node.flush());
    var first = await(store.get(issued.record().id())).lastUsedAt();
    await(node.authenticate(with(issued.key())));
    await(node.flush());

    assertThat(first).isPresent();
    assertThat(await(store.get(issued.record().id())).lastUsedAt()).isEqualTo(first);
  }

  @Test
  void changesAreAnnouncedToOtherNodes() throws Exception {
    var issued = userKey("announced");
    try (var connection = postgres.connect();
        var statement = connection.createStatement()) {
      statement.execute("LISTEN weir_keys");

      await(store.rotate(issued.record().id(), Duration.ZERO));
      await(store.revoke(issued.record().id()));

      var heard = connection.unwrap(org.postgresql.PGConnection.class).getNotifications(10_000);
      assertThat(heard).isNotEmpty();
      assertThat(heard[0].getParameter()).isEqualTo(issued.record().id().toString());
    }
  }

  @Test
  void devKeysStayTheSameAndAreRefusedInProd(@TempDir Path data) throws Exception {
    var first = await(DevKeys.prepare(vertx, data, store));
    var second = await(DevKeys.prepare(vertx, data, store));

    assertThat(second.demo().reveal()).isEqualTo(first.demo().reveal());
    assertThat(second.admin().reveal()).isEqualTo(first.admin().reveal());
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("dev-keys"))))
        .isEqualTo("rw-------");
    var dev = new KeyAuthenticator(store, Mode.DEV, Clock.system());
    assertThat(await(dev.authenticate(with(first.demo()))).user()).isEqualTo(DevKeys.DEMO_USER);
    assertThat(await(dev.authenticateAdmin(with(first.admin()))).role()).isEqualTo(Role.ADMIN);
    assertRefused(first.demo(), ErrorCode.UNAUTHENTICATED, "development key");
    assertRefused(
        anotherNode().authenticateAdmin(with(first.admin())),
        ErrorCode.UNAUTHENTICATED,
        "development key");
  }

  @Test
  void aDevKeyThatWasRevokedIsReplacedAtTheNextStart(@TempDir Path data) {
    var first = await(DevKeys.prepare(vertx, data, store));
    var dev = new KeyAuthenticator(store, Mode.DEV, Clock.system());
    await(store.revoke(await(dev.authenticate(with(first.demo()))).key()));

    var second = await(DevKeys.prepare(vertx, data, store));

    assertThat(second.demo().reveal()).isNotEqualTo(first.demo().reveal());
    assertThat(second.admin().reveal()).isEqualTo(first.admin().reveal());
    assertThat(DevKeys.find(data)).map(k -> k.demo().reveal()).contains(second.demo().reveal());
  }

  @Test
  void aDevKeysFileOfAnotherDatabaseIsRegisteredHere(@TempDir Path data) {
    var kept = await(DevKeys.prepare(vertx, data, store));
    postgres.execute("DELETE FROM api_keys WHERE development");

    await(DevKeys.prepare(vertx, data, store));

    assertThat(
            await(
                new KeyAuthenticator(store, Mode.DEV, Clock.system())
                    .authenticate(with(kept.demo()))))
        .isNotNull();
  }

  @Test
  void theFirstAdminKeyComesFromItsFileAndStaysRevoked() {
    var key = ApiKey.generate(Role.ADMIN);
    var secret = new dev.weir.core.Secret(key.reveal() + "\n");
    await(FirstAdminKey.register(store, secret));
    assertThat(await(anotherNode().authenticateAdmin(with(key))).role()).isEqualTo(Role.ADMIN);

    await(store.revoke(await(anotherNode().authenticateAdmin(with(key))).key()));
    await(FirstAdminKey.register(store, secret));

    assertRefused(anotherNode().authenticateAdmin(with(key)), ErrorCode.UNAUTHENTICATED, "revoked");
  }

  @Test
  void aFirstAdminKeyThatIsNoneIsRefusedWithoutBeingQuoted() {
    for (var bad : List.of("hunter2hunter2", ApiKey.generate(Role.USER).reveal())) {
      var refused = FirstAdminKey.register(store, new dev.weir.core.Secret(bad));

      assertRefused(refused, ErrorCode.INVALID_REQUEST, "weir key generate");
      assertThat(refused.cause().getMessage()).doesNotContain(bad);
    }
  }
}
