package dev.weir.access;

import dev.weir.core.AIError;
import dev.weir.gateway.Principal.Role;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a key is to be; checked as it is made, so that no key exists that could not be used.
 *
 * @param name what people call it, 1 to 100 characters
 * @param role what kind of key it is
 * @param user whose account its calls go on (1 to 128 characters, see {@link UserIds}); for an
 *     admin key, the person who holds it
 * @param team the team it belongs to, in the shape of a user's id
 * @param functions the functions that it may call; empty for all
 * @param models the models that it may ask for; empty for all
 * @param addresses where its calls may come from; empty for anywhere
 * @param lifetime how long it is good for, from now on the database's clock; empty for ever
 * @param newUsersPerHour how many users nobody has seen before a service key may bring in an hour
 * @param caching whether its calls for models use the cache where they say nothing of it
 */
public record NewKey(
    String name,
    Role role,
    String user,
    Optional<String> team,
    Set<String> functions,
    Set<String> models,
    List<AddressRange> addresses,
    Optional<Duration> lifetime,
    int newUsersPerHour,
    boolean caching) {

  /** New users per service key and hour where nothing else is said. */
  public static final int DEFAULT_NEW_USERS_PER_HOUR = 1_000;

  private static final int MAX_NAME = 100;
  private static final int MAX_ENTRIES = 1_000;
  private static final int MAX_ENTRY = 200;
  private static final Duration LONGEST = Duration.ofDays(3_660);

  /**
   * Copies and checks.
   *
   * @throws AIError {@code INVALID_REQUEST} that names the field
   */
  public NewKey {
    functions = Set.copyOf(functions);
    models = Set.copyOf(models);
    addresses = List.copyOf(addresses);
    if (name.isBlank() || name.length() > MAX_NAME || hasControl(name)) {
      throw AIError.invalid("'name' must have 1 to 100 printable characters.");
    }
    UserIds.check("user", user);
    team.ifPresent(t -> UserIds.check("team", t));
    checkEntries("functions", functions);
    checkEntries("models", models);
    if (addresses.size() > MAX_ENTRIES) {
      throw AIError.invalid("'addresses' may have " + MAX_ENTRIES + " entries at most.");
    }
    lifetime.ifPresent(NewKey::checkLifetime);
    if (newUsersPerHour < 0) {
      throw AIError.invalid("'new_users_per_hour' must not be negative.");
    }
  }

  /** A key without restrictions that never expires. */
  public static NewKey of(String name, Role role, String user) {
    return new NewKey(
        name,
        role,
        user,
        Optional.empty(),
        Set.of(),
        Set.of(),
        List.of(),
        Optional.empty(),
        DEFAULT_NEW_USERS_PER_HOUR,
        false);
  }

  /** The same for a while only. */
  public NewKey expiringAfter(Duration life) {
    return new NewKey(
        name,
        role,
        user,
        team,
        functions,
        models,
        addresses,
        Optional.of(life),
        newUsersPerHour,
        caching);
  }

  /** The same, from these addresses only. */
  public NewKey from(List<AddressRange> ranges) {
    return new NewKey(
        name, role, user, team, functions, models, ranges, lifetime, newUsersPerHour, caching);
  }

  /** The same with another bound on new users. */
  public NewKey bringing(int newUsers) {
    return new NewKey(
        name, role, user, team, functions, models, addresses, lifetime, newUsers, caching);
  }

  private static void checkEntries(String field, Set<String> entries) {
    if (entries.size() > MAX_ENTRIES) {
      throw AIError.invalid("'" + field + "' may have " + MAX_ENTRIES + " entries at most.");
    }
    for (var entry : entries) {
      if (entry.isBlank() || entry.length() > MAX_ENTRY || hasControl(entry)) {
        throw AIError.invalid("'" + field + "' holds an entry that is no name.");
      }
    }
  }

  private static void checkLifetime(Duration life) {
    if (life.compareTo(Duration.ofSeconds(1)) < 0 || life.compareTo(LONGEST) > 0) {
      throw AIError.invalid("A key's lifetime must lie between a second and ten years.");
    }
  }

  private static boolean hasControl(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }
}
