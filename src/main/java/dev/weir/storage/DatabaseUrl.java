package dev.weir.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * Where a PostgreSQL database is and who logs in: {@code
 * postgres://user:password@host:5432/database?sslmode=require}.
 *
 * <p>Both schemes, {@code postgres} and {@code postgresql}, mean the same. User, password and
 * database may be percent-encoded. Options:
 *
 * <ul>
 *   <li>{@code sslmode}: {@code disable}, {@code prefer} (default), {@code require}, {@code
 *       verify-ca}, {@code verify-full};
 *   <li>{@code sslrootcert}: a PEM file with the authorities that {@code verify-*} trusts;
 *   <li>{@code application_name}: the name in {@code pg_stat_activity}, {@code weir} by default;
 *   <li>{@code pooler}: {@code transaction} when a transaction-mode pooler (PgBouncer) stands in
 *       between: nothing is then kept in the session, neither role nor prepared statements.
 * </ul>
 *
 * An option that is not listed is refused, so that a typing error in {@code sslmode} cannot turn
 * encryption off.
 */
public record DatabaseUrl(
    String host,
    int port,
    String database,
    String user,
    String password,
    Map<String, String> options) {

  private static final Set<String> KNOWN =
      Set.of("sslmode", "sslrootcert", "application_name", "pooler");
  private static final Set<String> SSL_MODES =
      Set.of("disable", "prefer", "require", "verify-ca", "verify-full");

  public DatabaseUrl {
    options = Map.copyOf(options);
  }

  /**
   * Reads a URL.
   *
   * @throws StorageException if it is no PostgreSQL URL; the message names the part that is wrong,
   *     never the password
   */
  public static DatabaseUrl parse(String text) {
    // URI refuses characters that people do paste unencoded; its own message would quote the
    // password.
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw refused(
          "it is not a valid URL at index " + e.getIndex() + "; percent-encode special characters");
    }
    var scheme = uri.getScheme();
    if (!"postgres".equals(scheme) && !"postgresql".equals(scheme)) {
      throw refused("it must begin with postgres:// or postgresql://");
    }
    var authority = uri.getRawAuthority();
    if (authority == null || uri.getHost() == null) {
      throw refused("it names no host, or its user or password needs percent-encoding");
    }
    var path = uri.getRawPath();
    var database = path == null || path.length() < 2 ? "" : decode(path.substring(1));
    var login = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
    var colon = login.indexOf(':');
    var user = decode(colon < 0 ? login : login.substring(0, colon));
    if (user.isEmpty()) {
      throw refused("it names no user");
    }
    var host = uri.getHost();
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    return new DatabaseUrl(
        host,
        uri.getPort() < 0 ? 5432 : uri.getPort(),
        database.isEmpty() ? user : database,
        user,
        colon < 0 ? "" : decode(login.substring(colon + 1)),
        options(uri.getRawQuery() == null ? "" : uri.getRawQuery()));
  }

  private static Map<String, String> options(String query) {
    var options = new TreeMap<String, String>();
    for (var pair : query.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      var equals = pair.indexOf('=');
      var name = decode(equals < 0 ? pair : pair.substring(0, equals));
      if (!KNOWN.contains(name)) {
        throw refused(
            "the option " + name + " is not known; known are " + KNOWN.stream().sorted().toList());
      }
      options.put(name, equals < 0 ? "" : decode(pair.substring(equals + 1)));
    }
    var mode = options.getOrDefault("sslmode", "prefer");
    if (!SSL_MODES.contains(mode)) {
      throw refused(
          "sslmode is " + mode + "; it can be disable, prefer, require, verify-ca or verify-full");
    }
    if (mode.startsWith("verify-") && !options.containsKey("sslrootcert")) {
      throw refused(
          "sslmode=" + mode + " needs sslrootcert, a PEM file with the trusted authorities");
    }
    var pooler = options.getOrDefault("pooler", "transaction");
    if (!pooler.equals("transaction")) {
      throw refused("pooler is " + pooler + "; it can only be transaction");
    }
    return options;
  }

  private static String decode(String part) {
    try {
      // URLDecoder reads + as a space, which in a password it is not.
      return URLDecoder.decode(part.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException _) {
      throw refused("its percent-encoding is broken");
    }
  }

  private static StorageException refused(String why) {
    return new StorageException(
        "The database URL cannot be read: "
            + why
            + ". Expected: postgres://user:password@host:5432/database");
  }

  /**
   * The whole URL with its password, as {@link #parse} reads it: for a child process's environment,
   * never for a log.
   */
  public String withPassword() {
    var query = new StringJoiner("&", "?", "").setEmptyValue("");
    new TreeMap<>(options).forEach((name, value) -> query.add(encode(name) + "=" + encode(value)));
    var name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return "postgres://%s:%s@%s:%d/%s%s"
        .formatted(encode(user), encode(password), name, port, encode(database), query);
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, UTF_8).replace("+", "%20");
  }

  /** The same server and login, another database. */
  public DatabaseUrl withDatabase(String name) {
    return new DatabaseUrl(host, port, name, user, password, options);
  }

  /** The same database, another login. */
  public DatabaseUrl withLogin(String newUser, String newPassword) {
    return new DatabaseUrl(host, port, database, newUser, newPassword, options);
  }

  /**
   * Whether a transaction-mode pooler stands in between, so that nothing may be kept in a session.
   */
  boolean pooled() {
    return options.containsKey("pooler");
  }

  /** The URL for the JDBC driver, without login; see {@link #jdbcLogin()}. */
  String jdbcUrl() {
    var name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return "jdbc:postgresql://"
        + name
        + ":"
        + port
        + "/"
        + database.replace("%", "%25").replace("?", "%3F");
  }

  /** Login, encryption and time limits for the JDBC driver. */
  Properties jdbcLogin() {
    var properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("ApplicationName", applicationName() + "-start");
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("loginTimeout", "20");
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("sslmode", sslMode());
    if (options.containsKey("sslrootcert")) {
      properties.setProperty("sslrootcert", options.get("sslrootcert"));
    }
    return properties;
  }

  /** The same for the reactive client, without session properties. */
  PgConnectOptions connectOptions() {
    var connect =
        new PgConnectOptions()
            .setHost(host)
            .setPort(port)
            .setDatabase(database)
            .setUser(user)
            .setPassword(password)
            .setSslMode(SslMode.of(sslMode()))
            .setUseLayer7Proxy(pooled())
            .addProperty("application_name", applicationName());
    if (connect.getSslMode() != SslMode.DISABLE) {
      connect.setSslOptions(ssl());
    }
    return connect;
  }

  private ClientSSLOptions ssl() {
    var ssl = new ClientSSLOptions().setHostnameVerificationAlgorithm("");
    return switch (sslMode()) {
      case "verify-full" -> trusting(ssl).setHostnameVerificationAlgorithm("HTTPS");
      case "verify-ca" -> trusting(ssl);
      // prefer and require encrypt without knowing the server, as libpq does.
      default -> ssl.setTrustAll(true);
    };
  }

  private ClientSSLOptions trusting(ClientSSLOptions ssl) {
    return ssl.setTrustOptions(
        new PemTrustOptions().addCertPath(options.getOrDefault("sslrootcert", "")));
  }

  private String sslMode() {
    return options.getOrDefault("sslmode", "prefer");
  }

  private String applicationName() {
    return options.getOrDefault("application_name", "weir");
  }

  /** The URL without its password, for logs and messages. */
  @Override
  public String toString() {
    return "postgres://" + user + "@" + host + ":" + port + "/" + database;
  }
}
