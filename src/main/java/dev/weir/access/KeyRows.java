package dev.weir.access;

import dev.weir.gateway.Principal.Role;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows of the key tables as records, and back. */
final class KeyRows {
  private KeyRows() {}

  /** The parameters of {@link KeySql#INSERT_KEY}. */
  static Tuple values(UUID id, ApiKey key, NewKey wish, boolean development) {
    return Tuple.tuple()
        .addUUID(id)
        .addBuffer(buffer(key.hash()))
        .addString(key.prefix())
        .addString(wish.name())
        .addString(label(wish.role()))
        .addString(wish.user())
        .addString(wish.team().orElse(null))
        .addArrayOfString(wish.functions().stream().sorted().toArray(String[]::new))
        .addArrayOfString(wish.models().stream().sorted().toArray(String[]::new))
        .addArrayOfString(
            wish.addresses().stream().map(AddressRange::toString).toArray(String[]::new))
        .addInteger(wish.newUsersPerHour())
        .addBoolean(development)
        .addBoolean(wish.caching())
        .addLong(wish.lifetime().map(Duration::toMillis).orElse(null));
  }

  static KeyRecord record(Row row) {
    return new KeyRecord(
        row.getUUID("id"),
        row.getString("prefix"),
        row.getString("name"),
        role(row),
        user(row),
        Optional.ofNullable(row.getString("team_id")),
        texts(row, "allowed_functions"),
        texts(row, "allowed_models"),
        texts(row, "allowed_addresses"),
        row.getInteger("new_users_per_hour"),
        row.getBoolean("caches_compatible"),
        secrets(row),
        row.getOffsetDateTime("created_at").toInstant(),
        moment(row, "expires_at"),
        moment(row, "revoked_at"),
        moment(row, "last_used_at"),
        KeyRecord.Status.valueOf(row.getString("status")));
  }

  static KnownKey known(Row row) {
    return new KnownKey(
        KeyHash.ofBytes(row.getBuffer("key_hash").getBytes()),
        row.getUUID("id"),
        role(row),
        user(row),
        Optional.ofNullable(row.getString("team_id")),
        Set.copyOf(texts(row, "allowed_functions")),
        Set.copyOf(texts(row, "allowed_models")),
        texts(row, "allowed_addresses").stream().map(AddressRange::parse).toList(),
        row.getInteger("new_users_per_hour"),
        Optional.ofNullable(row.getLong("valid_micros"))
            .map(micros -> Duration.ofNanos(micros * 1_000)),
        Boolean.TRUE.equals(row.getBoolean("rotated_out")),
        row.getBoolean("revoked"),
        row.getBoolean("development"),
        row.getBoolean("caches_compatible"));
  }

  static Buffer buffer(KeyHash hash) {
    return Buffer.buffer(hash.bytes());
  }

  static String label(Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  private static Role role(Row row) {
    return Role.valueOf(row.getString("role").toUpperCase(Locale.ROOT));
  }

  /** An admin key that was made by hand in SQL may have no user. */
  private static String user(Row row) {
    return Objects.requireNonNullElse(row.getString("user_id"), "admin");
  }

  private static List<String> texts(Row row, String column) {
    var texts = row.getArrayOfStrings(column);
    return texts == null ? List.of() : List.of(texts);
  }

  private static List<KeyRecord.LiveSecret> secrets(Row row) {
    var secrets = new ArrayList<KeyRecord.LiveSecret>();
    if (row.getOffsetDateTime("revoked_at") != null) {
      return secrets;
    }
    secrets.add(new KeyRecord.LiveSecret(row.getString("prefix"), Optional.empty()));
    var prefixes = row.getArrayOfStrings("prefixes");
    var ends = row.getArrayOfOffsetDateTimes("ends");
    for (var i = 0; prefixes != null && i < prefixes.length; i++) {
      secrets.add(new KeyRecord.LiveSecret(prefixes[i], instant(ends[i])));
    }
    return secrets;
  }

  private static Optional<Instant> moment(Row row, String column) {
    return instant(row.getOffsetDateTime(column));
  }

  private static Optional<Instant> instant(@Nullable OffsetDateTime time) {
    return Optional.ofNullable(time).map(OffsetDateTime::toInstant);
  }
}
