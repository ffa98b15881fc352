package dev.weir.testing;

import dev.weir.storage.Database;
import dev.weir.storage.DatabaseUrl;
import io.vertx.core.Vertx;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A migrated database of a test class's own, dropped after it. Tests in nested classes share their
 * outer class's.
 *
 * <pre>{@code
 * @ExtendWith(TestDatabase.Extension.class)
 * class NeverOverQuotaIT {
 *   @Test
 *   void admitsExactlyTheLimit(TestDatabase database) { ... }
 * }
 * }</pre>
 *
 * <p>The server is that of {@code WEIR_TEST_DATABASE_URL} (a superuser's URL) if set, else
 * Testcontainers' where a Docker engine answers, else an embedded one under {@code target/}.
 * Starting it costs a second or two per JVM, a database some tens of milliseconds.
 */
public final class TestDatabase {
  private final DatabaseUrl administrator;
  private final DatabaseUrl service;
  private final List<Database> opened = new ArrayList<>();

  /** Connections between two statements: a new one for each would cost more than the statement. */
  private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();

  private TestDatabase(DatabaseUrl administrator, DatabaseUrl service) {
    this.administrator = administrator;
    this.service = service;
  }

  /**
   * The URL with password that a service under test gets ({@code WEIR_DATABASE_URL}): its login
   * owns nothing, and the schema is migrated already.
   */
  public String url() {
    return service.withPassword();
  }

  /** As {@link #url()}, parsed. */
  public DatabaseUrl serviceUrl() {
    return service;
  }

  /** As {@link #serviceUrl()}, by way of a proxy before the server. */
  public DatabaseUrl through(FaultyProxy proxy) {
    return DatabaseUrl.parse(url().replace(":" + service.port() + "/", ":" + proxy.port() + "/"));
  }

  /**
   * The superuser's URL, which row-level security does not bind: for migrating, arranging and
   * asserting.
   */
  public DatabaseUrl administratorUrl() {
    return administrator;
  }

  /** The service's pools on this database; closed after the test class. */
  public Database database(Vertx vertx) {
    var database = Database.open(vertx, service, Database.Limits.of(8));
    synchronized (opened) {
      opened.add(database);
    }
    return database;
  }

  /** Runs statements as the superuser. */
  public void execute(String sql, Object... parameters) {
    run(
        sql,
        statement -> {
          bind(statement, parameters);
          return statement.execute();
        });
  }

  /** Runs a query as the superuser; each row is a map from column to value. */
  public List<Map<String, Object>> query(String sql, Object... parameters) {
    return run(
        sql,
        statement -> {
          bind(statement, parameters);
          try (var rows = statement.executeQuery()) {
            var columns = rows.getMetaData();
            var list = new ArrayList<Map<String, Object>>();
            while (rows.next()) {
              var row = new LinkedHashMap<String, Object>();
              for (var i = 1; i <= columns.getColumnCount(); i++) {
                row.put(columns.getColumnLabel(i), rows.getObject(i));
              }
              list.add(row);
            }
            return list;
          }
        });
  }

  /** What is done with a statement. */
  private interface Work<T> {
    T with(PreparedStatement statement) throws SQLException;
  }

  /** On an idle connection or a new one, which is kept if nothing went wrong. */
  private <T> T run(String sql, Work<T> work) {
    try {
      var connection = borrow();
      T done;
      try (var statement = connection.prepareStatement(sql)) {
        done = work.with(statement);
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
      idle.push(connection);
      return done;
    } catch (SQLException e) {
      throw new AssertionError(e.getMessage() + "\n" + sql, e);
    }
  }

  /** Tests end connections, and servers. */
  private Connection borrow() throws SQLException {
    for (var kept = idle.poll(); kept != null; kept = idle.poll()) {
      if (kept.isValid(2)) {
        return kept;
      }
      kept.close();
    }
    return connect();
  }

  /** The single value of a query's single row. */
  public Object value(String sql, Object... parameters) {
    var rows = query(sql, parameters);
    if (rows.size() != 1 || rows.getFirst().size() != 1) {
      throw new AssertionError("expected one value, got " + rows + "\n" + sql);
    }
    return rows.getFirst().values().iterator().next();
  }

  /** A query's single number. */
  public long count(String sql, Object... parameters) {
    return ((Number) value(sql, parameters)).longValue();
  }

  /** A JDBC connection as the superuser; the caller closes it. */
  public Connection connect() throws SQLException {
    return connect(administrator);
  }

  static Connection connect(DatabaseUrl url) throws SQLException {
    var login = new Properties();
    login.setProperty("user", url.user());
    login.setProperty("password", url.password());
    login.setProperty("sslmode", url.options().getOrDefault("sslmode", "prefer"));
    login.setProperty("connectTimeout", "10");
    login.setProperty("socketTimeout", "120");
    // A kept plan would fail once a test changes a table.
    login.setProperty("prepareThreshold", "0");
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d/%s".formatted(url.host(), url.port(), url.database()), login);
  }

  private static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
    for (var i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
  }

  private void close() throws Exception {
    synchronized (opened) {
      for (var database : opened) {
        try {
          database.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (RejectedExecutionException _) {
          // Its Vertx was a test method's own and is closed; the pools went with it.
        }
      }
    }
    for (var kept : idle) {
      kept.close();
    }
    TestServer.drop(administrator);
  }

  /**
   * Makes the database before a class, hands it to parameters of type {@link TestDatabase}, drops
   * it afterwards.
   */
  public static final class Extension
      implements BeforeAllCallback, AfterAllCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
        ExtensionContext.Namespace.create(TestDatabase.class);
    private static final String KEY = "database";

    @Override
    public void beforeAll(ExtensionContext context) {
      var store = context.getStore(NAMESPACE);
      if (store.get(KEY) == null) {
        var server = TestServer.in(context);
        var url = server.createDatabase();
        store.put(KEY, new TestDatabase(url, server.service(url)));
      }
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
      // Removes from this class's store alone, so that a nested class leaves its outer class's
      // database be.
      var own = context.getStore(NAMESPACE).remove(KEY, TestDatabase.class);
      if (own != null) {
        own.close();
      }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == TestDatabase.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context.getStore(NAMESPACE).get(KEY, TestDatabase.class);
    }
  }
}
