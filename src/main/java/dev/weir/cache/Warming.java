package dev.weir.cache;

import dev.weir.gateway.Exchange;
import dev.weir.gateway.Principal;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls that Weir itself makes to fill the cache: who pays for them, and for whose answers they
 * are. Thread-safe.
 */
final class Warming {
  /** The user on whose account they go; an administrator may limit it like any other. */
  static final String USER = "weir-warm-up";

  static final Principal PRINCIPAL = Principal.weir(USER);

  private final Map<UUID, String> owners = new ConcurrentHashMap<>();

  /** This call is made for that user's answers. */
  void begin(UUID call, String owner) {
    owners.put(call, owner);
  }

  /** It has ended. */
  void end(UUID call) {
    owners.remove(call);
  }

  /** For whose answers a call is. */
  String owner(Exchange x) {
    return owners.isEmpty()
        ? x.principal().user()
        : owners.getOrDefault(x.origin().id(), x.principal().user());
  }
}
