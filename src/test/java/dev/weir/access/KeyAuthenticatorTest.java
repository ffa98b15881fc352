package dev.weir.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Credentials;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Principal.Role;
import dev.weir.testing.HandClock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class KeyAuthenticatorTest {
  private final HandClock clock = new HandClock(Instant.ofEpochSecond(1_800_000_000L));
  private final ScriptedLookup store = new ScriptedLookup();
  private final KeyAuthenticator authenticator = new KeyAuthenticator(store, Mode.PROD, clock);

  private Future<Principal> present(String key) {
    return authenticator.authenticate(
        new Credentials(Optional.of(key), Optional.empty(), "203.0.113.9"));
  }

  private Future<Principal> present(ApiKey key) {
    return present(key.reveal());
  }

  private Future<Principal> presentFor(ApiKey key, String user) {
    return authenticator.authenticate(
        new Credentials(Optional.of(key.reveal()), Optional.of(user), "203.0.113.9"));
  }

  private static AIError refusal(Future<?> future) {
    assertThat(future.failed()).as("refused").isTrue();
    assertThat(future.cause()).isInstanceOf(AIError.class);
    return (AIError) future.cause();
  }

  private static void assertRefused(Future<?> future, ErrorCode code, String words) {
    assertThat(refusal(future).code()).isEqualTo(code);
    assertThat(refusal(future).message()).contains(words);
  }

  @Nested
  class Roles {
    @Test
    void aUserKeyIsItsUser() {
      var key = store.add(Role.USER);

      assertThat(present(key).result().user()).isEqualTo("ada");
      assertThat(presentFor(key, "ada").result().role()).isEqualTo(Role.USER);
    }

    @Test
    void aUserKeyCannotActForAnother() {
      assertRefused(
          presentFor(store.add(Role.USER), "bob"), ErrorCode.FORBIDDEN, "bound to its user");
    }

    @Test
    void aServiceKeyActsForTheUserItNames() {
      var key = store.add(Role.SERVICE);

      assertThat(presentFor(key, "auth0|42").result().user()).isEqualTo("auth0|42");
      assertThat(present(key).result().user()).isEqualTo("ada");
    }

    @Test
    void aServiceKeyCannotNameAUserThatIsNoId() {
      var key = store.add(Role.SERVICE);

      for (var bad : Set.of("", " ", "a b", "x".repeat(129), "a'--", "a\nb", "ünal", ".ada")) {
        assertRefused(presentFor(key, bad), ErrorCode.INVALID_REQUEST, "x-weir-user");
      }
    }

    @Test
    void nobodyActsForAnAccountOfWeirsOwn() {
      assertRefused(
          presentFor(store.add(Role.SERVICE), "weir-warm-up"), ErrorCode.FORBIDDEN, "Weir's own");
    }

    @Test
    void anAdminKeyOpensTheManagementDoorOnly() {
      var key = store.add(Role.ADMIN);

      assertRefused(present(key), ErrorCode.FORBIDDEN, "management port only");
      var atManagement =
          authenticator.authenticateAdmin(
              new Credentials(Optional.of(key.reveal()), Optional.empty(), "203.0.113.9"));
      assertThat(atManagement.result().role()).isEqualTo(Role.ADMIN);
    }

    @Test
    void theManagementDoorWantsAnAdminKey() {
      var key = store.add(Role.SERVICE);

      assertRefused(
          authenticator.authenticateAdmin(
              new Credentials(Optional.of(key.reveal()), Optional.empty(), "203.0.113.9")),
          ErrorCode.FORBIDDEN,
          "wants an admin key");
    }

    @Test
    void aDevelopmentKeyIsRefusedInProdAndGoodInDev() {
      var key = store.add(Role.USER, ScriptedLookup::development);

      assertRefused(present(key), ErrorCode.UNAUTHENTICATED, "development key");
      assertThat(
              new KeyAuthenticator(store, Mode.DEV, clock)
                  .authenticate(
                      new Credentials(Optional.of(key.reveal()), Optional.empty(), "127.0.0.1"))
                  .succeeded())
          .isTrue();
    }
  }

  @Nested
  class Refusals {
    @Test
    void noKeyIsAskedFor() {
      assertRefused(
          authenticator.authenticate(Credentials.none("127.0.0.1")),
          ErrorCode.UNAUTHENTICATED,
          "Authorization: Bearer");
    }

    @Test
    void damagedAndForeignKeysNeverReachTheDatabase() {
      var text = ApiKey.generate(Role.USER).reveal();

      assertRefused(present(text + "x"), ErrorCode.UNAUTHENTICATED, "damaged");
      assertRefused(present("sk-other"), ErrorCode.UNAUTHENTICATED, "no Weir key");
      assertThat(store.questions).isEmpty();
    }

    @Test
    void noRefusalHoldsTheKey() {
      var revoked = store.add(Role.USER, ScriptedLookup::revoked);
      var unknown = ApiKey.generate(Role.USER);
      var typo = unknown.reveal().substring(0, 60);

      for (var key : Set.of(revoked.reveal(), unknown.reveal(), typo)) {
        var refusal = refusal(present(key));

        assertThat(refusal.toString() + refusal.details()).doesNotContain(key.substring(8, 30));
      }
    }

    @Test
    void aWrongAddressIsForbidden() {
      var key = store.add(Role.USER, ScriptedLookup.from("10.0.0.0/8"));

      assertRefused(present(key), ErrorCode.FORBIDDEN, "from this address");
    }

    @Test
    void anExpiredKeyEndsOnTheNanosecondThoughItIsCached() {
      var key = store.add(Role.USER, ScriptedLookup.endingIn(Duration.ofSeconds(1), false));
      assertThat(present(key).succeeded()).isTrue();

      clock.pass(Duration.ofSeconds(1).minusNanos(1));
      assertThat(present(key).succeeded()).isTrue();
      clock.pass(Duration.ofNanos(1));

      assertRefused(present(key), ErrorCode.UNAUTHENTICATED, "expired");
    }

    @Test
    void aSecretWhoseOverlapIsOverSaysSo() {
      var key = store.add(Role.USER, ScriptedLookup.endingIn(Duration.ofSeconds(-1), true));

      assertRefused(present(key), ErrorCode.UNAUTHENTICATED, "replaced by a rotation");
    }
  }

  @Nested
  class Memory {
    @Test
    void aBusyKeyIsAskedForOnce() {
      var key = store.add(Role.USER);

      for (var i = 0; i < 1_000; i++) {
        present(key);
      }

      assertThat(store.questions).hasSize(1);
    }

    @Test
    void aKeyInUseIsRenewedBehindTheCallersBack() {
      var key = store.add(Role.USER);
      present(key);
      clock.pass(KeyCache.AHEAD);
      store.held = true;

      var call = present(key);

      assertThat(call.succeeded()).as("did not wait").isTrue();
      assertThat(store.questions).hasSize(2);
    }

    @Test
    void aRevocationElsewhereIsSeenWithinFiveSeconds() {
      var key = store.add(Role.USER);
      present(key);
      store.change(key, ScriptedLookup::revoked);

      clock.pass(KeyAuthenticator.FRESH);

      assertRefused(present(key), ErrorCode.UNAUTHENTICATED, "revoked");
    }

    @Test
    void aRevocationHereIsSeenAtOnce() {
      var key = store.add(Role.USER);
      present(key);
      store.change(key, ScriptedLookup::revoked);

      authenticator.forget(store.id(key));

      assertRefused(present(key), ErrorCode.UNAUTHENTICATED, "revoked");
    }

    @Test
    void anAnswerOvertakenByARevocationIsAskedForAgain() {
      var key = store.add(Role.USER);
      store.held = true;
      var call = present(key);
      store.change(key, ScriptedLookup::revoked);
      authenticator.forget(store.id(key));

      store.release();

      assertRefused(call, ErrorCode.UNAUTHENTICATED, "revoked");
    }

    @Test
    void callersOfOneKeyShareOneQuestion() {
      var key = store.add(Role.USER);
      store.held = true;
      var first = present(key);
      var second = present(key);

      store.release();

      assertThat(first.succeeded() && second.succeeded()).isTrue();
      assertThat(store.questions).hasSize(1);
    }

    @Test
    void anUnknownKeyIsRememberedToo() {
      var key = ApiKey.generate(Role.USER);

      for (var i = 0; i < 100; i++) {
        assertRefused(present(key), ErrorCode.UNAUTHENTICATED, "not known");
      }

      assertThat(store.questions).hasSize(1);
      clock.pass(KeyCache.UNKNOWN);
      present(key);
      assertThat(store.questions).hasSize(2);
    }

    @Test
    void aFloodOfMadeUpKeysIsOneStatementAtATimeAndNoKeyStarves() {
      var good = store.add(Role.USER);
      store.held = true;
      present(ApiKey.generate(Role.USER));
      for (var i = 0; i < 1_000; i++) {
        present(ApiKey.generate(Role.USER));
      }
      var call = present(good);
      assertThat(store.questions).as("one under way").hasSize(1);

      store.release();

      assertThat(call.succeeded()).isTrue();
      assertThat(store.questions).hasSize(5).allMatch(q -> q.size() <= LookupBatches.BATCH);
    }

    @Test
    void whatCannotWaitAnyMoreIsRefused() {
      store.held = true;
      for (var i = 0; i <= LookupBatches.WAITING; i++) {
        present(ApiKey.generate(Role.USER));
      }

      assertRefused(present(ApiKey.generate(Role.USER)), ErrorCode.OVERLOADED, "Too many");
      store.release();
    }
  }

  @Nested
  class WithoutADatabase {
    @Test
    void knownKeysGoOnForAMinute() {
      var key = store.add(Role.USER);
      present(key);
      store.away = true;

      clock.pass(KeyAuthenticator.GRACE.minusNanos(1));
      assertThat(present(key).succeeded()).isTrue();
      clock.pass(Duration.ofNanos(1));

      assertRefused(present(key), ErrorCode.STORAGE_UNAVAILABLE, "cannot be checked");
    }

    @Test
    void itIsAskedOnceASecondAndNotByEveryCall() {
      var key = store.add(Role.USER);
      present(key);
      store.away = true;
      clock.pass(Duration.ofSeconds(20));

      for (var i = 0; i < 100; i++) {
        assertThat(present(key).succeeded()).isTrue();
        present(ApiKey.generate(Role.USER));
      }

      assertThat(store.questions).hasSize(2);
      clock.pass(Duration.ofSeconds(1));
      present(key);
      assertThat(store.questions).hasSize(3);
    }

    @Test
    void anUnknownKeyIsNotCalledUnknown() {
      store.away = true;

      assertRefused(
          present(ApiKey.generate(Role.USER)), ErrorCode.STORAGE_UNAVAILABLE, "cannot be checked");
    }

    @Test
    void itsReturnIsNoticed() {
      var key = store.add(Role.USER);
      store.away = true;
      present(key);
      store.away = false;

      clock.pass(Duration.ofSeconds(1));

      assertThat(present(key).succeeded()).isTrue();
    }

    @Test
    void lastUsesAreKeptForLater() {
      var key = store.add(Role.USER);
      present(key);
      store.away = true;
      assertThat(authenticator.flush().failed()).isTrue();
      store.away = false;

      authenticator.flush();

      assertThat(store.touched).containsExactly(Set.of(store.id(key)));
    }
  }

  @Nested
  class NewUsersOfServices {
    @Test
    void areBoundedPerHour() {
      var key = store.add(Role.SERVICE);
      assertThat(presentFor(key, "u1").succeeded()).isTrue();
      assertThat(presentFor(key, "u2").succeeded()).isTrue();

      var third = presentFor(key, "u3");

      assertRefused(third, ErrorCode.RATE_LIMITED, "new users");
      assertThat(refusal(third).retryAfter()).contains(Duration.ofMinutes(7));
      assertThat(presentFor(key, "u1").succeeded()).as("a known user is served").isTrue();
    }

    @Test
    void areLookedUpOnce() {
      var key = store.add(Role.SERVICE);

      for (var i = 0; i < 100; i++) {
        presentFor(key, "u1");
      }

      assertThat(store.userQuestions).isEqualTo(1);
    }
  }

  @Test
  void manyCallsMakeOneNoteOfTheLastUse() {
    var key = store.add(Role.USER);
    for (var i = 0; i < 100; i++) {
      present(key);
    }

    authenticator.flush();
    authenticator.flush();

    assertThat(store.touched).containsExactly(Set.of(store.id(key)));
  }
}
