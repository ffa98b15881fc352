package dev.weir.access;

import dev.weir.gateway.Principal.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The keys of dev mode: one for calls, one for the management API, kept in {@code dev-keys} in the
 * data directory (mode 0600) so that a newcomer's curl works again tomorrow.
 *
 * <p>The file is shell: {@code . data/dev-keys} sets {@code WEIR_KEY} and {@code WEIR_ADMIN_KEY}.
 * In the database both are marked as development keys, and a process in prod mode refuses those
 * even on the same database.
 *
 * @param demo a user key
 * @param admin an admin key
 */
public record DevKeys(ApiKey demo, ApiKey admin) {
  /** The user of the demo key. */
  public static final String DEMO_USER = "demo";

  private static final String FILE = "dev-keys";
  private static final String ADMIN_USER = "dev-admin";
  private static final String DEMO_VARIABLE = "WEIR_KEY=";
  private static final String ADMIN_VARIABLE = "WEIR_ADMIN_KEY=";

  /**
   * The keys of this data directory, registered in the database: made on first use, and made anew
   * where somebody revoked one of them. For dev mode only; the caller checks. Prints nothing.
   *
   * @return fails with {@link UncheckedIOException} if the file cannot be read or written
   */
  public static Future<DevKeys> prepare(Vertx vertx, Path dataDir, KeyStore store) {
    return vertx
        .executeBlocking(() -> readOrMake(dataDir))
        .compose(
            kept ->
                kept.registered(store)
                    .compose(
                        good ->
                            good.equals(kept)
                                ? Future.succeededFuture(kept)
                                : vertx
                                    .executeBlocking(() -> write(dataDir, good))
                                    .compose(_ -> good.registered(store))));
  }

  /** Registers both; a new key stands in the answer for one that is over. */
  private Future<DevKeys> registered(KeyStore store) {
    return usable(store, demo, NewKey.of("demo key of dev mode", Role.USER, DEMO_USER))
        .compose(
            goodDemo ->
                usable(store, admin, NewKey.of("admin key of dev mode", Role.ADMIN, ADMIN_USER))
                    .map(goodAdmin -> new DevKeys(goodDemo, goodAdmin)));
  }

  private static Future<ApiKey> usable(KeyStore store, ApiKey key, NewKey wish) {
    return store
        .register(key, wish, true)
        .map(kept -> kept.status() == KeyRecord.Status.ACTIVE ? key : ApiKey.generate(wish.role()));
  }

  /** The keys of a data directory, where there are any; blocks. For the command line. */
  public static Optional<DevKeys> find(Path dataDir) {
    try {
      return parse(Files.readString(dataDir.resolve(FILE)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("The development keys in " + dataDir + " cannot be read.", e);
    }
  }

  private static DevKeys readOrMake(Path dataDir) {
    return find(dataDir).orElseGet(() -> write(dataDir, make()));
  }

  private static DevKeys make() {
    return new DevKeys(ApiKey.generate(Role.USER), ApiKey.generate(Role.ADMIN));
  }

  /** Replaces the file whole, so that a crash leaves the old one or the new one. */
  private static DevKeys write(Path dataDir, DevKeys keys) {
    try {
      Files.createDirectories(dataDir);
      var text =
          """
          # The keys of Weir's dev mode, made on its first start; worthless in prod. In a shell: . data/dev-keys
          %s%s
          %s%s
          """
              .formatted(DEMO_VARIABLE, keys.demo.reveal(), ADMIN_VARIABLE, keys.admin.reveal());
      var fresh =
          Files.createTempFile(
              dataDir,
              FILE,
              ".new",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(fresh, text);
      Files.move(
          fresh,
          dataDir.resolve(FILE),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      return keys;
    } catch (IOException e) {
      throw new UncheckedIOException("The development keys cannot be kept in " + dataDir + ".", e);
    }
  }

  /** A file that somebody edited badly counts as none. */
  private static Optional<DevKeys> parse(String text) {
    var demo = key(text, DEMO_VARIABLE, Role.USER);
    var admin = key(text, ADMIN_VARIABLE, Role.ADMIN);
    return demo.isPresent() && admin.isPresent()
        ? Optional.of(new DevKeys(demo.get(), admin.get()))
        : Optional.empty();
  }

  private static Optional<ApiKey> key(String text, String variable, Role role) {
    return text.lines()
        .filter(line -> line.startsWith(variable))
        .map(line -> ApiKey.read(line.substring(variable.length()).strip()))
        .flatMap(
            reading ->
                reading instanceof ApiKey.Reading.Whole(var key) && key.role() == role
                    ? java.util.stream.Stream.of(key)
                    : java.util.stream.Stream.empty())
        .findFirst();
  }
}
