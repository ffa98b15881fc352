package dev.weir.access;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Principal.Role;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** A store in memory that counts its questions, can be held back, and can be away. */
final class ScriptedLookup implements KeyLookup {
  final Map<KeyHash, KnownKey> keys = new HashMap<>();
  final Set<String> users = new HashSet<>();
  final List<Set<KeyHash>> questions = new ArrayList<>();
  final List<Set<UUID>> touched = new ArrayList<>();
  int userQuestions;
  boolean away;
  boolean held;
  private final List<Runnable> heldAnswers = new ArrayList<>();

  ApiKey add(Role role, UnaryOperator<KnownKey> change) {
    var key = ApiKey.generate(role);
    keys.put(
        key.hash(),
        change.apply(
            new KnownKey(
                key.hash(),
                UUID.randomUUID(),
                role,
                "ada",
                Optional.empty(),
                Set.of(),
                Set.of(),
                List.of(),
                2,
                Optional.empty(),
                false,
                false,
                false,
                false)));
    return key;
  }

  ApiKey add(Role role) {
    return add(role, UnaryOperator.identity());
  }

  void change(ApiKey key, UnaryOperator<KnownKey> change) {
    keys.computeIfPresent(key.hash(), (_, known) -> change.apply(known));
  }

  UUID id(ApiKey key) {
    return keys.get(key.hash()).id();
  }

  static KnownKey revoked(KnownKey k) {
    return with(k, k.validFor(), k.rotatedOut(), true, false, k.addresses());
  }

  static KnownKey development(KnownKey k) {
    return with(k, k.validFor(), k.rotatedOut(), false, true, k.addresses());
  }

  static UnaryOperator<KnownKey> endingIn(Duration life, boolean rotatedOut) {
    return k -> with(k, Optional.of(life), rotatedOut, false, false, k.addresses());
  }

  static UnaryOperator<KnownKey> from(String range) {
    return k -> with(k, k.validFor(), false, false, false, List.of(AddressRange.parse(range)));
  }

  private static KnownKey with(
      KnownKey k,
      Optional<Duration> validFor,
      boolean rotatedOut,
      boolean revoked,
      boolean development,
      List<AddressRange> addresses) {
    return new KnownKey(
        k.hash(),
        k.id(),
        k.role(),
        k.user(),
        k.team(),
        k.functions(),
        k.models(),
        addresses,
        k.newUsersPerHour(),
        validFor,
        rotatedOut,
        revoked,
        development,
        k.caching());
  }

  /** Answers what was asked while answers were held back, as the store was when it was asked. */
  void release() {
    held = false;
    var answers = List.copyOf(heldAnswers);
    heldAnswers.clear();
    answers.forEach(Runnable::run);
  }

  @Override
  public Future<Map<KeyHash, KnownKey>> find(Collection<KeyHash> hashes) {
    questions.add(Set.copyOf(hashes));
    if (away) {
      return Future.failedFuture(AIError.of(ErrorCode.STORAGE_UNAVAILABLE, "away"));
    }
    var found = new HashMap<KeyHash, KnownKey>();
    hashes.stream().filter(keys::containsKey).forEach(h -> found.put(h, keys.get(h)));
    return answer(found);
  }

  @Override
  public Future<Optional<Duration>> ensureUser(UUID key, String user, int hourly) {
    userQuestions++;
    if (!users.contains(user) && users.size() >= hourly) {
      return answer(Optional.of(Duration.ofMinutes(7)));
    }
    users.add(user);
    return answer(Optional.empty());
  }

  @Override
  public Future<Void> touch(Collection<UUID> used) {
    if (away) {
      return Future.failedFuture(AIError.of(ErrorCode.STORAGE_UNAVAILABLE, "away"));
    }
    touched.add(Set.copyOf(used));
    return Future.succeededFuture();
  }

  private <T> Future<T> answer(T value) {
    if (!held) {
      return Future.succeededFuture(value);
    }
    var promise = Promise.<T>promise();
    heldAnswers.add(() -> promise.complete(value));
    return promise.future();
  }
}
