package dev.weir.providers;

import static dev.weir.providers.Fixtures.chat;
import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import dev.weir.core.ErrorCode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A provider's key goes to nobody whose certificate is not trusted. */
class TrustIT {
  @TempDir private Path folder;

  @Test
  void aServerWithAnUntrustedCertificateNeverSeesTheRequest() throws Exception {
    var store = folder.resolve("self-signed.p12");
    makeCertificate(store);
    var seen = new AtomicInteger();
    var vertx = Vertx.vertx();
    var server =
        vertx.createHttpServer(
            new HttpServerOptions()
                .setHost("127.0.0.1")
                .setPort(0)
                .setSsl(true)
                .setKeyCertOptions(
                    new PfxOptions().setPath(store.toString()).setPassword("changeit")));
    server.requestHandler(
        request -> {
          seen.incrementAndGet();
          request.response().end("{}");
        });
    Loop.await(server.listen().toCompletionStage().toCompletableFuture());
    var base = URI.create("https://127.0.0.1:" + server.actualPort());

    try (var loop = new Loop(config(Mode.PROD, Fixtures.perplexity(base)))) {
      var x = exchange(chat("hi", false), target("perplexity/sonar"));
      var error = loop.error(x);

      assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
      assertThat(error.message()).contains("TLS");
      assertThat(x.currentAttempt().sent()).isFalse();
      assertThat(seen).hasValue(0);
    } finally {
      Loop.await(vertx.close().toCompletionStage().toCompletableFuture());
    }
  }

  private static void makeCertificate(Path store) throws Exception {
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "provider",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    var said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
  }
}
