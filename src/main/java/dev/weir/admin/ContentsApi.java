package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.weir.contents.ContentCursor;
import dev.weir.contents.ContentRow;
import dev.weir.contents.ContentWords;
import dev.weir.contents.Contents;
import dev.weir.contents.StoredContent;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Stored contents by the management API; mounted behind {@link AdminApi}, which lets on admin keys
 * only. What was asked and answered is shown only where it is asked for.
 *
 * <pre>
 * GET    /api/contents?function=&amp;version=&amp;kind=&amp;run=&amp;user=&amp;limit=&amp;after=&amp;content=true
 *                                       newest first, without words unless content=true; a page of
 *                                       words ends at 4 MiB. 'next' is the 'after' of the next page
 *                                       run: an id, or a name, of which the newest run is meant;
 *                                       'run' of the answer says which that was; 404 if there
 *                                       is none and nothing is left of one
 * GET    /api/contents/{id}             one, with what was asked and answered
 * PUT    /api/contents/{id}/expected    {"expected": ...}: what the answer should have been
 * DELETE /api/contents/{id}             with its copies: {"deleted": how many}
 * DELETE /api/contents?function=&amp;user=  all of a function, of a user, or both together
 * </pre>
 */
public final class ContentsApi {
  private static final int PAGE = 50;
  private static final int LARGEST_PAGE = 500;

  private final Contents contents;

  /** An API over these contents. */
  public ContentsApi(Contents contents) {
    this.contents = contents;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.written(router, HttpMethod.GET, "/api/contents", 200, this::list);
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/contents/:id",
        200,
        call -> contents.get(id(call)).map(ContentsApi::json));
    AdminApi.on(router, HttpMethod.PUT, "/api/contents/:id/expected", 200, this::expect);
    AdminApi.on(
        router,
        HttpMethod.DELETE,
        "/api/contents/:id",
        200,
        call -> contents.delete(id(call)).map(ContentsApi::deleted));
    AdminApi.on(router, HttpMethod.DELETE, "/api/contents", 200, this::deleteAll);
  }

  private Future<Buffer> list(RoutingContext call) {
    var limit = AdminApi.number(call, "limit", PAGE, LARGEST_PAGE);
    var words = AdminApi.query(call, "content").filter("true"::equals).isPresent();
    var kind = AdminApi.query(call, "kind").map(ContentsApi::kind);
    var after = AdminApi.query(call, "after").map(ContentCursor::of);
    return contents
        .flush()
        .compose(_ -> run(AdminApi.query(call, "run"), kind))
        .compose(
            run -> {
              var filter =
                  new Contents.Filter(
                      AdminApi.query(call, "function"),
                      AdminApi.query(call, "version"),
                      kind,
                      run,
                      AdminApi.query(call, "user"),
                      after);
              return contents.find(filter, limit, words).map(page -> page(page, run));
            })
        // Megabytes, with words.
        .compose(page -> call.vertx().executeBlocking(() -> Json.write(page), false));
  }

  private Future<Optional<Contents.Run>> run(
      Optional<String> wish, Optional<StoredContent.Kind> kind) {
    return wish.isEmpty()
        ? Future.succeededFuture(Optional.empty())
        : contents
            .run(wish.get(), kind)
            .map(found -> Optional.of(found.orElseThrow(() -> unknown(kind))));
  }

  private static AIError unknown(Optional<StoredContent.Kind> kind) {
    var what =
        switch (kind.orElse(StoredContent.Kind.CALL)) {
          case SHADOW -> "shadow run";
          case EVALUATION -> "evaluation";
          case CALL -> "shadow run or evaluation";
        };
    return AIError.of(
        ErrorCode.NOT_FOUND,
        "There is no "
            + what
            + " of this name or id; './weir shadow list' and './weir eval list' list them.");
  }

  private static JsonNode page(Contents.Page page, Optional<Contents.Run> run) {
    var json = Json.object();
    run.ifPresent(
        one ->
            json.putObject("run")
                .put("name", one.name())
                .put("kind", one.kind().label())
                .put("id", one.id().map(UUID::toString).orElse(null)));
    var list = json.putArray("contents");
    page.contents().forEach(content -> list.add(json(content)));
    return json.put("next", page.next().map(ContentCursor::text).orElse(null));
  }

  private static ObjectNode json(ContentRow content) {
    var json =
        Json.object()
            .put("id", content.id().toString())
            .put("kind", content.kind().label())
            .put("user", content.user())
            .put("function", content.function())
            .put("version", content.version())
            .put("model", content.model())
            .put("cost_usd", content.cost().dollars())
            .put("latency_ms", content.latency().toMillis())
            .put("created_at", content.createdAt().toString())
            .put("expires_at", content.expiresAt().toString());
    content.source().ifPresent(source -> json.put("source", source.toString()));
    content.run().ifPresent(run -> json.put("run", run));
    content.runId().ifPresent(id -> json.put("run_id", id.toString()));
    content.error().ifPresent(error -> json.put("error", error));
    content.words().ifPresent(words -> put(json, words));
    return json;
  }

  /** As they are: nobody here needs a tree of them. */
  private static void put(ObjectNode json, ContentWords words) {
    json.putRawValue("input", raw(words.input()));
    words.output().ifPresent(output -> json.putRawValue("output", raw(output)));
    words.expected().ifPresent(expected -> json.putRawValue("expected", raw(expected)));
  }

  private static RawValue raw(Buffer written) {
    return new RawValue(written.toString());
  }

  private Future<JsonNode> expect(RoutingContext call) {
    var body = AdminApi.body(call);
    Fields.of(body, Set.of("expected"));
    if (!body.has("expected")) {
      throw AIError.invalid("Send {\"expected\": ...}; null takes it back.");
    }
    var expected = body.path("expected");
    return contents
        .expect(id(call), expected.isNull() ? Optional.empty() : Optional.of(expected))
        .map(ContentsApi::json);
  }

  private Future<JsonNode> deleteAll(RoutingContext call) {
    var function = AdminApi.query(call, "function");
    var user = AdminApi.query(call, "user");
    if (function.isEmpty() && user.isEmpty()) {
      throw AIError.invalid("Say whose: ?function=NAME, ?user=ID, or both.");
    }
    return contents.deleteAll(function, user).map(ContentsApi::deleted);
  }

  private static JsonNode deleted(long many) {
    return Json.object().put("deleted", many);
  }

  private static StoredContent.Kind kind(String name) {
    try {
      return StoredContent.Kind.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException _) {
      throw AIError.invalid("'kind' must be call, shadow or evaluation.");
    }
  }

  private static UUID id(RoutingContext call) {
    try {
      return UUID.fromString(String.valueOf(call.pathParam("id")));
    } catch (IllegalArgumentException _) {
      throw AIError.invalid("An id is a UUID.");
    }
  }
}
