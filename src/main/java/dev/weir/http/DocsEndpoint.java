package dev.weir.http;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * {@code /openapi.json} and its viewer at {@code /docs}: a page, a script and a style sheet of our
 * own, nothing from elsewhere, under a content security policy that says so.
 */
final class DocsEndpoint {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Buffer openapi;
  private final Buffer page = resource("docs/index.html");
  private final Map<String, File> files =
      Map.of(
          "viewer.js",
          new File("text/javascript; charset=utf-8", resource("docs/viewer.js")),
          "viewer.css",
          new File("text/css; charset=utf-8", resource("docs/viewer.css")));

  private record File(String type, Buffer bytes) {}

  DocsEndpoint() {
    try {
      openapi = Json.write(new YAMLMapper().readTree(resource("openapi.yaml").getBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException("openapi.yaml cannot be read", e);
    }
  }

  /** {@code GET /openapi.json}. */
  void openapi(Visit visit, String none) {
    visit.reply(200, "application/json", openapi);
  }

  /** {@code GET /docs}. */
  void page(Visit visit, String none) {
    reply(visit, new File("text/html; charset=utf-8", page));
  }

  /** {@code GET /docs/{file}}. */
  void file(Visit visit, String name) {
    var file = files.get(name);
    if (file == null) {
      throw AIError.of(ErrorCode.NOT_FOUND, "There is no such file; the viewer is at /docs.");
    }
    reply(visit, file);
  }

  private static void reply(Visit visit, File file) {
    visit
        .response()
        .putHeader("content-security-policy", POLICY)
        .putHeader("referrer-policy", "no-referrer")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
    visit.reply(200, file.type(), file.bytes());
  }

  private static Buffer resource(String name) {
    try (var in = DocsEndpoint.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return Buffer.buffer(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be read", e);
    }
  }
}
