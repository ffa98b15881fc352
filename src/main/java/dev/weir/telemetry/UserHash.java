package dev.weir.telemetry;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.weir.core.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a user is called in logs: the first 64 bits of an HMAC-SHA-256 of the user's name under a
 * salt of this installation, in hex. The same user has the same hash, nobody without the salt can
 * tell who it is or try names, and two users collide with a chance of one in a billion among a
 * hundred thousand. Thread-safe.
 */
public final class UserHash {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int SALT_BYTES = 32;
  private static final int HASH_BYTES = 8;

  private final SecretKeySpec key;
  private final LoadingCache<String, String> recent =
      Caffeine.newBuilder().maximumSize(10_000).build(this::compute);

  private UserHash(byte[] salt) {
    this.key = new SecretKeySpec(salt, ALGORITHM);
  }

  /** Hashes with the configured salt. */
  public static UserHash of(Secret salt) {
    return new UserHash(salt.value().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Hashes with the configured salt, or else with the one in the data directory, which is made when
   * it is missing. Blocking; called at start.
   *
   * @throws IOException if the salt can neither be read nor written
   */
  public static UserHash of(Optional<Secret> salt, Path dataDir) throws IOException {
    return salt.isPresent() ? of(salt.get()) : of(new Secret(saved(dataDir.resolve("log-salt"))));
  }

  /** The hash of a user's name: 16 hex digits. */
  public String of(String user) {
    return recent.get(user);
  }

  private String compute(String user) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      var hash = mac.doFinal(user.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, HASH_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  private static String saved(Path file) throws IOException {
    var salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, HexFormat.of().formatHex(salt), StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException _) {
      // Made by an earlier start.
    }
    var text = Files.readString(file).strip();
    if (text.length() < SALT_BYTES) {
      throw new IOException(file + " holds no salt; remove it and start again");
    }
    return text;
  }
}
