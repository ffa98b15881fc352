package dev.weir.cache;

import dev.weir.gateway.Exchange;
import dev.weir.gateway.Principal;
import io.vertx.core.Future;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls that Weir itself makes to fill the cache: who pays for them, for whose answers they are,
 * and what becomes of those. Thread-safe.
 */
final class Warming {
  /** The user on whose account they go; an administrator may limit it like any other. */
  static final String USER = "weir-warm-up";

  static final Principal PRINCIPAL = Principal.weir(USER);

  private final Map<UUID, Own> calls = new ConcurrentHashMap<>();

  /** One of them. Until its end nothing came of it that could be kept. */
  private record Own(String owner, Future<Fate> fate) {}

  /** This call is made for that user's answers. */
  void begin(UUID call, String owner) {
    calls.put(call, new Own(owner, Future.succeededFuture(Fate.UNFIT)));
  }

  /** This becomes of its answer; of a call that is none of ours nobody wants to know. */
  void became(UUID call, Future<Fate> fate) {
    calls.computeIfPresent(call, (_, own) -> new Own(own.owner(), fate));
  }

  /**
   * It has ended.
   *
   * @return what becomes of its answer: that is known when it is stored
   */
  Future<Fate> end(UUID call) {
    return Objects.requireNonNull(calls.remove(call)).fate();
  }

  /** For whose answers a call is. */
  String owner(Exchange x) {
    var own = calls.isEmpty() ? null : calls.get(x.origin().id());
    return own == null ? x.principal().user() : own.owner();
  }
}
