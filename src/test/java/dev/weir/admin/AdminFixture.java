package dev.weir.admin;

import dev.weir.access.ApiKey;
import dev.weir.access.KeyAuthenticator;
import dev.weir.access.KeyStore;
import dev.weir.access.NewKey;
import dev.weir.analytics.UsageAnalytics;
import dev.weir.config.Mode;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Principal.Role;
import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import dev.weir.prompts.CatalogueLoader;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.LoadResult;
import dev.weir.repricing.Repricer;
import dev.weir.resilience.BreakerState;
import dev.weir.resilience.BreakerStatus;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The management API on a real socket, over a real database; what it moves is kept here. */
public final class AdminFixture implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final KeyStore store;
  private final KeyAuthenticator authenticator;
  private final ApiKey adminKey;
  private final int port;
  volatile String level = "INFO";
  volatile Reload.Outcome outcome = new Reload.Outcome(5, List.of());

  /** Starts it. */
  public AdminFixture(TestDatabase database) {
    store = new KeyStore(database.database(vertx), Clock.system());
    authenticator = KeyAuthenticator.open(vertx, store, Mode.PROD, Clock.system());
    var functions = functions();
    var router = Router.router(vertx);
    new AdminApi(
            new AdminApi.Parts(
                authenticator,
                store,
                logLevel(),
                () -> functions,
                () -> Future.succeededFuture(outcome),
                () -> List.of(openBreaker())))
        .mount(router);
    new UsageApi(new UsageAnalytics(database.database(vertx), Clock.system())).mount(router);
    new RepriceApi(
            new Repricer(vertx, database.database(vertx), AdminFixture::prices, Clock.system()),
            Clock.system())
        .mount(router);
    port =
        vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1").await().actualPort();
    adminKey = store.create(NewKey.of("admin", Role.ADMIN, "root")).await().key();
  }

  private static FunctionCatalogue functions() {
    return switch (new CatalogueLoader(_ -> Optional.empty()).load(Path.of("conf/functions"))) {
      case LoadResult.Loaded(var catalogue) -> catalogue;
      case LoadResult.Refused refused -> throw new AssertionError(refused);
    };
  }

  /** The prices in force here. */
  private static PriceTable prices() {
    return ((PriceFile.Result.Loaded) PriceFile.read(Path.of("conf/prices.yaml"))).table();
  }

  private LogLevel logLevel() {
    return new LogLevel() {
      @Override
      public String current() {
        return level;
      }

      @Override
      public void set(String to) {
        level = to;
      }
    };
  }

  private static BreakerStatus openBreaker() {
    return new BreakerStatus(
        "perplexity",
        "sonar",
        BreakerState.OPEN,
        Instant.parse("2026-11-24T00:00:00Z"),
        5,
        Duration.ofSeconds(9));
  }

  /** Where it is. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** A key that may do everything here. */
  public String adminKey() {
    return adminKey.reveal();
  }

  /** The keys behind it. */
  public KeyStore store() {
    return store;
  }

  /** Whether a key is good at the public door of the same process. */
  Future<Optional<ErrorCode>> refusal(String key) {
    return authenticator
        .authenticate(
            new dev.weir.gateway.Credentials(Optional.of(key), Optional.empty(), "127.0.0.1"))
        .map(_ -> Optional.<ErrorCode>empty())
        .otherwise(e -> Optional.of(dev.weir.core.AIError.from(e).code()));
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
