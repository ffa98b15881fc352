package dev.weir.gateway;

import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Who calls: the key, its role, the user it acts for, and what the key may do. Made by the {@code
 * access} room from a verified key; immutable.
 *
 * @param key the key's id, never the key
 * @param role what kind of key it is
 * @param user the end user on whose account the call goes
 * @param team the key's team, if it has one
 * @param functions the functions it may call; empty for all
 * @param models the models it may ask for, as {@code provider/model} or logical names; empty for
 *     all
 * @param caching whether its calls for models use the cache where they say nothing of it
 */
public record Principal(
    UUID key,
    Role role,
    String user,
    Optional<String> team,
    Set<String> functions,
    Set<String> models,
    boolean caching) {

  /** The kinds of keys. */
  public enum Role {
    /** Bound to one user. */
    USER,
    /** An application's back end, which names the user that it acts for. */
    SERVICE,
    /** The management API only. */
    ADMIN,
    /** No key at all: Weir itself, for work of its own. */
    WEIR
  }

  /** The id that stands where a key's would in the records of Weir's own calls. */
  private static final UUID NO_KEY = UUID.fromString("00000000-0000-7000-8000-00000000ca4e");

  /**
   * Weir itself, which may call everything.
   *
   * @param account the user on whose account its work goes; an administrator may limit it like any
   */
  public static Principal weir(String account) {
    return new Principal(NO_KEY, Role.WEIR, account, Optional.empty(), Set.of(), Set.of());
  }

  /** Whether it is Weir's own work, which no experiment counts and no copy is made of. */
  public boolean isWeir() {
    return role == Role.WEIR;
  }

  /** One whose calls for models use the cache only where they ask for it. */
  public Principal(
      UUID key,
      Role role,
      String user,
      Optional<String> team,
      Set<String> functions,
      Set<String> models) {
    this(key, role, user, team, functions, models, false);
  }

  /** Copies the sets. */
  public Principal {
    functions = Set.copyOf(functions);
    models = Set.copyOf(models);
  }

  /** Whether the key may call this function. */
  public boolean mayCall(String function) {
    return functions.isEmpty() || functions.contains(function);
  }

  /** Whether the key may ask for this model by this name. */
  public boolean mayAsk(String model) {
    return models.isEmpty() || models.contains(model);
  }
}
