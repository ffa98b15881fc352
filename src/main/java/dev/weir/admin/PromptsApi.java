package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.FunctionText;
import dev.weir.registry.LabelMove;
import dev.weir.registry.NewVersion;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.PromptVersion;
import dev.weir.registry.VersionDiff;
import dev.weir.registry.VersionKey;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The prompt registry by the management API; mounted behind {@link AdminApi}, which lets on admin
 * keys only.
 *
 * <pre>
 * GET    /api/prompts                                   functions, with their labels
 * GET    /api/prompts/{f}/versions?limit=&amp;days=         newest first, with how their calls were
 * GET    /api/prompts/{f}/versions/{v}                  one, or a label's, with its text
 * POST   /api/prompts/{f}/versions                      keeps one: {"source"} or {"definition"} or
 *                                                       {"base", "changes"}, and {"author", "note"}
 * GET    /api/prompts/{f}/diff?from=&amp;to=                versions or labels
 * PUT    /api/prompts/{f}/labels/{l}                    {"version", "expected", "note"}; the
 *                                                       version may be a label's
 * DELETE /api/prompts/{f}/labels/{l}
 * POST   /api/prompts/{f}/labels/{l}/rollback           takes the newest move back that stands;
 *                                                       {"note"}, or no body
 * GET    /api/prompts/{f}/labels/{l}/moves?limit=       newest first
 * </pre>
 */
public final class PromptsApi {
  private static final Set<String> VERSION_FIELDS =
      Set.of("source", "definition", "base", "changes", "author", "note");
  private static final Set<String> LABEL_FIELDS = Set.of("version", "expected", "note");
  private static final int LONGEST_AUTHOR = 200;
  private static final int LONGEST_NOTE = 2_000;
  private static final int PAGE = 20;
  private static final int LARGEST_PAGE = 200;
  private static final int DAYS = 30;
  private static final int MOST_DAYS = 366;

  private final PromptRegistry registry;
  private final Function<FunctionDefinition, String> firstChoice;

  /**
   * An API over this registry.
   *
   * @param firstChoice the model that a function asks first, as {@code provider/model}; its
   *     failures are an {@code AIError}
   */
  public PromptsApi(PromptRegistry registry, Function<FunctionDefinition, String> firstChoice) {
    this.registry = registry;
    this.firstChoice = firstChoice;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(router, HttpMethod.GET, "/api/prompts", 200, _ -> functions());
    AdminApi.on(router, HttpMethod.GET, "/api/prompts/:f/versions", 200, this::list);
    AdminApi.on(router, HttpMethod.POST, "/api/prompts/:f/versions", 201, this::add);
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/prompts/:f/versions/:v",
        200,
        call -> registry.show(key(call, pointed(call, part(call, "v")))).map(this::whole));
    AdminApi.on(router, HttpMethod.GET, "/api/prompts/:f/diff", 200, this::diff);
    AdminApi.on(router, HttpMethod.PUT, "/api/prompts/:f/labels/:l", 200, this::move);
    AdminApi.on(router, HttpMethod.DELETE, "/api/prompts/:f/labels/:l", 200, this::unlabel);
    AdminApi.on(router, HttpMethod.POST, "/api/prompts/:f/labels/:l/rollback", 200, this::rollback);
    AdminApi.on(router, HttpMethod.GET, "/api/prompts/:f/labels/:l/moves", 200, this::moves);
  }

  private Future<JsonNode> rollback(RoutingContext call) {
    var bytes = call.body().buffer();
    var note =
        bytes == null || bytes.length() == 0
            ? Optional.<String>empty()
            : Fields.of(AdminApi.body(call), Set.of("note")).text("note", LONGEST_NOTE);
    var function = part(call, "f");
    return registry
        .rollback(function, part(call, "l"), by(call), note.orElse("rollback"))
        .map(_ -> labels(function));
  }

  private Future<JsonNode> moves(RoutingContext call) {
    var function = part(call, "f");
    var label = label(call);
    return registry
        .moves(function, label, AdminApi.number(call, "limit", PAGE, LARGEST_PAGE))
        .map(
            moves -> {
              var json = Json.object().put("function", function).put("label", label);
              var list = json.putArray("moves");
              for (var move : moves) {
                list.addObject()
                    .put("at", move.at().toString())
                    .put("by", move.by())
                    .put("from", move.from().orElse(null))
                    .put("to", move.to().orElse(null))
                    .put("note", move.note())
                    .put("rollback", move.rollback())
                    .put("undone_at", move.undoneAt().map(Instant::toString).orElse(null));
              }
              return json;
            });
  }

  private Future<JsonNode> functions() {
    var json = Json.object();
    var list = json.putArray("prompts");
    for (var function : registry.get().all()) {
      var one =
          list.addObject()
              .put("function", function.name())
              .put("serving", function.version())
              .put("model", function.model());
      one.set("labels", Json.mapper().valueToTree(registry.labels(function.name())));
    }
    return Future.succeededFuture(json);
  }

  private Future<JsonNode> list(RoutingContext call) {
    var function = part(call, "f");
    var limit = AdminApi.number(call, "limit", PAGE, LARGEST_PAGE);
    var days = AdminApi.number(call, "days", DAYS, MOST_DAYS);
    return registry
        .newest(function, limit)
        .compose(
            versions -> {
              if (versions.isEmpty() && registry.get().find(function).isEmpty()) {
                throw AIError.of(
                    ErrorCode.NOT_FOUND,
                    "There is no function called '"
                        + function
                        + "'; GET /api/prompts lists those that are served.");
              }
              return registry
                  .performance(function, days)
                  .compose(figures -> fallbacks(function, figures))
                  .map(
                      figures -> {
                        var json = labels(function);
                        var list = json.putArray("versions");
                        versions.forEach(
                            v -> list.add(head(v).set("performance", figures.get(v.version()))));
                        return json;
                      });
            });
  }

  /**
   * With all answers of fallbacks: valid answers here, failures of an arm in an experiment. To
   * those that were written down come those of which nothing was, from before it was: another
   * model's than the first choice is by now. Where that is not known any more, nobody can tell how
   * many.
   */
  private Future<JsonNode> fallbacks(String function, JsonNode figures) {
    var done = Future.<Void>succeededFuture();
    for (var one : figures.properties()) {
      var figure = (ObjectNode) one.getValue();
      var unmarked = figure.path("unmarked_answers_by_model");
      if (!unmarked.isEmpty()) {
        done =
            done.compose(_ -> registry.version(new VersionKey(function, one.getKey())))
                .compose(
                    version -> {
                      fallbacks(version, figure, unmarked);
                      return Future.succeededFuture();
                    });
      }
    }
    return done.map(figures);
  }

  private void fallbacks(
      Optional<FunctionDefinition> version, ObjectNode figure, JsonNode unmarked) {
    try {
      var first = version.map(firstChoice).orElse("");
      if (!first.isEmpty()) {
        var more =
            unmarked.properties().stream()
                .filter(model -> !model.getKey().equals(first))
                .mapToLong(model -> model.getValue().asLong())
                .sum();
        figure.put("fallback_answers", figure.path("fallback_answers").asLong() + more);
        return;
      }
    } catch (AIError _) {
      // Its model is not known any more.
    }
    figure.putNull("fallback_answers");
  }

  private Future<JsonNode> add(RoutingContext call) {
    var body = AdminApi.body(call);
    var fields = Fields.of(body, VERSION_FIELDS);
    var function = part(call, "f");
    var base = fields.text("base").map(given -> pointed(call, given));
    return source(function, body, fields, base)
        .compose(
            source ->
                registry.add(
                    new NewVersion(
                        function,
                        source,
                        fields.text("author", LONGEST_AUTHOR).orElse(by(call)),
                        fields.text("note", LONGEST_NOTE).orElse(""),
                        base)))
        .map(this::whole);
  }

  private Future<String> source(
      String function, JsonNode body, Fields fields, Optional<String> base) {
    var source = fields.text("source");
    var definition = body.path("definition");
    var changes = body.path("changes");
    if (source.isPresent() && definition.isMissingNode() && changes.isMissingNode()) {
      return Future.succeededFuture(source.get());
    }
    if (source.isEmpty() && definition.isObject() && changes.isMissingNode()) {
      return Future.succeededFuture(FunctionText.of(definition));
    }
    if (source.isEmpty() && definition.isMissingNode() && changes.isObject() && base.isPresent()) {
      return registry
          .show(new VersionKey(function, base.get()))
          .map(from -> FunctionText.of(merged(from.definition(), changes)));
    }
    throw AIError.invalid(
        "Send the function as 'source' (text), as 'definition' (an object), or as a 'base' version"
            + " with 'changes' to it (an object; null takes a field away).");
  }

  /** JSON merge patch, RFC 7396. */
  private static JsonNode merged(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode changes)) {
      return patch;
    }
    var result = target instanceof ObjectNode object ? object.deepCopy() : Json.object();
    for (var change : changes.properties()) {
      if (change.getValue().isNull()) {
        result.remove(change.getKey());
      } else {
        result.set(change.getKey(), merged(result.path(change.getKey()), change.getValue()));
      }
    }
    return result;
  }

  private Future<JsonNode> diff(RoutingContext call) {
    var from = version(call, "from");
    var to = version(call, "to");
    return registry
        .show(key(call, from))
        .compose(
            before ->
                registry
                    .show(key(call, to))
                    // Long texts take their time.
                    .compose(
                        after ->
                            call.vertx()
                                .executeBlocking(
                                    () -> VersionDiff.of(before.definition(), after.definition()),
                                    false))
                    .map(
                        changes ->
                            Json.object()
                                .put("function", before.function())
                                .put("from", from)
                                .put("to", to)
                                .set("changes", changes)));
  }

  private String version(RoutingContext call, String name) {
    return pointed(
        call,
        AdminApi.query(call, name)
            .orElseThrow(
                () -> AIError.invalid("'" + name + "' is missing: a version or a label.")));
  }

  /** A version, or the one that a label points to. */
  private String pointed(RoutingContext call, String given) {
    return registry.labelled(part(call, "f"), given).orElse(given);
  }

  private Future<JsonNode> move(RoutingContext call) {
    var fields = Fields.of(AdminApi.body(call), LABEL_FIELDS);
    var function = part(call, "f");
    var version = fields.requiredText("version");
    return registry
        .move(
            new LabelMove(
                function,
                label(call),
                registry.labelled(function, version).or(() -> Optional.of(version)),
                fields.text("expected"),
                by(call),
                fields.text("note", LONGEST_NOTE).orElse("")))
        .map(_ -> labels(function));
  }

  private Future<JsonNode> unlabel(RoutingContext call) {
    var function = part(call, "f");
    var label = label(call);
    if (!registry.labels(function).containsKey(label)) {
      throw AIError.of(ErrorCode.NOT_FOUND, "'" + function + "' has no label '" + label + "'.");
    }
    return registry
        .move(new LabelMove(function, label, Optional.empty(), Optional.empty(), by(call), ""))
        .map(_ -> labels(function));
  }

  private ObjectNode labels(String function) {
    var json = Json.object().put("function", function);
    json.put("serving", registry.labelled(function, "production").orElse(null));
    json.set("labels", Json.mapper().valueToTree(registry.labels(function)));
    return json;
  }

  private JsonNode whole(PromptVersion version) {
    var json = head(version).put("source", version.source());
    return json.set("definition", version.definition());
  }

  private static ObjectNode head(PromptVersion version) {
    return Json.object()
        .put("function", version.function())
        .put("version", version.version())
        .put("origin", version.origin())
        .put("author", version.author())
        .put("note", version.note())
        .put("parent", version.parent().orElse(null))
        .put("first_seen_at", version.firstSeenAt().toString());
  }

  private static String label(RoutingContext call) {
    var label = part(call, "l");
    if (!label.matches("[a-z][a-z0-9-]{0,62}")) {
      throw AIError.invalid(
          "A label begins with a letter and has at most 63 of a-z, 0-9 and -: 'production',"
              + " 'candidate'.");
    }
    return label;
  }

  private static VersionKey key(RoutingContext call, String version) {
    return new VersionKey(part(call, "f"), version);
  }

  private static String part(RoutingContext call, String name) {
    return String.valueOf(call.pathParam(name));
  }

  private static String by(RoutingContext call) {
    return AdminApi.admin(call).toString();
  }
}
