package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.access.AddressRange;
import dev.weir.access.Issued;
import dev.weir.access.KeyRecord;
import dev.weir.access.KeyStore;
import dev.weir.access.NewKey;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.gateway.Principal.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Keys as the management API and the command line write them. */
public final class KeyJson {
  /** The overlap of a rotation that names none. */
  public static final Duration DEFAULT_OVERLAP = Duration.ofHours(24);

  private static final Set<String> WISH =
      Set.of(
          "name",
          "role",
          "user",
          "team",
          "functions",
          "models",
          "addresses",
          "expires_in",
          "new_users_per_hour",
          "cache");

  private KeyJson() {}

  /**
   * What a request asks for: {@code {"name", "role", "user", "team", "functions", "models",
   * "addresses", "expires_in": "90d", "new_users_per_hour", "cache"}}, of which name, role and (but
   * for an admin key) user are needed.
   *
   * @throws AIError {@code INVALID_REQUEST} that names the field
   */
  public static NewKey wish(JsonNode body) {
    var fields = Fields.of(body, WISH);
    var role = role(fields.requiredText("role"));
    var name = fields.requiredText("name");
    var user =
        role == Role.ADMIN ? fields.text("user").orElse("admin") : fields.requiredText("user");
    return new NewKey(
        name,
        role,
        user,
        fields.text("team"),
        Set.copyOf(fields.texts("functions")),
        Set.copyOf(fields.texts("models")),
        fields.texts("addresses").stream().map(AddressRange::parse).toList(),
        fields.span("expires_in"),
        fields.count("new_users_per_hour").orElse(NewKey.DEFAULT_NEW_USERS_PER_HOUR),
        fields.flag("cache"));
  }

  /**
   * How long a rotation's overlap is to be: {@code {"overlap": "24h"}}, or the default for an empty
   * object.
   *
   * @throws AIError {@code INVALID_REQUEST}
   */
  public static Duration overlap(JsonNode body) {
    return Fields.of(body, Set.of("overlap")).span("overlap").orElse(DEFAULT_OVERLAP);
  }

  private static Role role(String text) {
    return switch (text) {
      case "user" -> Role.USER;
      case "service" -> Role.SERVICE;
      case "admin" -> Role.ADMIN;
      default -> throw AIError.invalid("'role' must be user, service or admin.");
    };
  }

  /** A new key: its record, and under {@code key} the whole key, this once. */
  public static ObjectNode issued(Issued issued) {
    var json = Json.object().put("key", issued.key().reveal());
    json.setAll(record(issued.record()));
    return json;
  }

  /** A page: {@code {"keys": [...], "next": "..."}}, {@code next} null on the last one. */
  public static ObjectNode page(KeyStore.Page page) {
    var json = Json.object();
    var keys = json.putArray("keys");
    page.keys().forEach(key -> keys.add(record(key)));
    page.next().ifPresentOrElse(id -> json.put("next", id.toString()), () -> json.putNull("next"));
    return json;
  }

  /** A key, without anything secret. */
  public static ObjectNode record(KeyRecord key) {
    var json =
        Json.object()
            .put("id", key.id().toString())
            .put("prefix", key.prefix())
            .put("name", key.name())
            .put("role", lower(key.role().name()))
            .put("status", lower(key.status().name()))
            .put("user", key.user());
    key.team().ifPresentOrElse(team -> json.put("team", team), () -> json.putNull("team"));
    texts(json, "functions", key.functions());
    texts(json, "models", key.models());
    texts(json, "addresses", key.addresses());
    json.put("new_users_per_hour", key.newUsersPerHour()).put("cache", key.caching());
    var secrets = json.putArray("secrets");
    for (var secret : key.secrets()) {
      time(secrets.addObject().put("prefix", secret.prefix()), "valid_until", secret.validUntil());
    }
    json.put("created_at", key.createdAt().toString());
    time(json, "expires_at", key.expiresAt());
    time(json, "revoked_at", key.revokedAt());
    time(json, "last_used_at", key.lastUsedAt());
    return json;
  }

  private static void texts(ObjectNode json, String name, List<String> texts) {
    var array = json.putArray(name);
    texts.forEach(array::add);
  }

  private static void time(ObjectNode json, String name, Optional<Instant> time) {
    time.ifPresentOrElse(t -> json.put(name, t.toString()), () -> json.putNull(name));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
