package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentTable.Locked;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.FunctionText;
import dev.weir.registry.NewVersion;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.VersionKey;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The version of each arm. An arm that changes model or parameters of a version is a version of its
 * own, kept in the registry like any other, so that what ran can always be told.
 */
final class Versions {
  private static final String OF =
      """
      SELECT overrides ->> 'prompt_version' AS version FROM prompt_experiments
      WHERE experiment_name = $1 AND prompt_variant = $2
      """;

  private static final String ALL =
      """
      SELECT prompt_variant, is_control, weight, overrides::text AS overrides FROM prompt_experiments
      WHERE experiment_name = $1 ORDER BY place
      """;

  private final PromptRegistry registry;

  /**
   * The version of an arm.
   *
   * @param function the function in it
   * @param made where it is to be kept yet
   */
  record Chosen(String arm, FunctionDefinition function, Optional<PromptRegistry.Checked> made) {
    String version() {
      return function.version();
    }
  }

  Versions(PromptRegistry registry) {
    this.registry = registry;
  }

  /** The version of one arm. */
  Future<String> of(SqlConnection c, String experiment, String variant) {
    return c.preparedQuery(OF)
        .execute(Tuple.of(experiment, variant))
        .map(rows -> rows.iterator().next().getString("version"));
  }

  /** The arms of a draft as they were declared, and the versions they had then. */
  record Declared(Locked experiment, List<Spec.Arm> arms, Map<String, String> pinned) {}

  /** Reads the arms of a draft. */
  Future<Declared> declared(SqlConnection c, Locked e) {
    return c.preparedQuery(ALL)
        .execute(Tuple.of(e.name()))
        .map(
            rows -> {
              var arms = new ArrayList<Spec.Arm>();
              var pinned = new HashMap<String, String>();
              for (var row : rows) {
                var overrides = Json.parse(row.getString("overrides"));
                var name = row.getString("prompt_variant");
                pinned.put(name, overrides.path("prompt_version").asText());
                arms.add(
                    new Spec.Arm(
                        name,
                        row.getBoolean("is_control"),
                        row.getDouble("weight"),
                        overrides.path("base").asText(),
                        overrides.path("changes") instanceof ObjectNode changes
                            ? changes
                            : Json.object()));
              }
              return new Declared(e, arms, pinned);
            });
  }

  /**
   * The versions of arms that were declared some time ago: labels are where they point now. {@code
   * CONFLICT} for one that cannot be served, or does not take and give what the function does now.
   */
  Future<List<Chosen>> again(Declared draft, String by) {
    var experiment = draft.experiment();
    var arms =
        draft.arms().stream()
            .map(arm -> present(experiment.function(), arm, draft.pinned()))
            .toList();
    return choose(experiment.function(), experiment.name(), arms, by)
        .recover(
            e ->
                Future.failedFuture(
                    e instanceof AIError refused && refused.code() == ErrorCode.INVALID_REQUEST
                        ? AIError.of(ErrorCode.CONFLICT, refused.message())
                        : e));
  }

  /** An arm whose label is gone keeps the version that it had. */
  private Spec.Arm present(String function, Spec.Arm arm, Map<String, String> pinned) {
    var version = Objects.requireNonNull(pinned.get(arm.name()));
    return isVersion(arm.promptVersion())
            || registry.labelled(function, arm.promptVersion()).isPresent()
        ? arm
        : new Spec.Arm(arm.name(), arm.control(), arm.weight(), version, Json.object());
  }

  private static boolean isVersion(String given) {
    return given.matches("[0-9a-f]{12}");
  }

  private FunctionDefinition served(String function) {
    return registry.get().find(function).orElseThrow(() -> none(function));
  }

  private static AIError none(String function) {
    return AIError.of(ErrorCode.NOT_FOUND, "There is no function called '" + function + "'.");
  }

  /** {@code CONFLICT} for a version that this service cannot serve. */
  Future<FunctionDefinition> servable(VersionKey key) {
    return registry
        .version(key)
        .map(
            found ->
                found.orElseThrow(
                    () ->
                        AIError.of(
                            ErrorCode.CONFLICT,
                            "Version '"
                                + key.version()
                                + "' of '"
                                + key.function()
                                + "' cannot be served: a model that it names is not known any"
                                + " more.")));
  }

  /**
   * The versions of an experiment's arms, in their order; all take and give what the function does.
   * Nothing is kept yet: {@link #keep} does that.
   */
  Future<List<Chosen>> of(Spec spec, String by) {
    return choose(spec.function(), spec.name(), spec.arms(), by);
  }

  private Future<List<Chosen>> choose(
      String function, String experiment, List<Spec.Arm> arms, String by) {
    var all = new ArrayList<Chosen>();
    var done =
        registry.get().find(function).isEmpty()
            ? Future.<Void>failedFuture(none(function))
            : Future.<Void>succeededFuture();
    for (var arm : arms) {
      done =
          done.compose(_ -> choose(function, experiment, arm, by))
              .compose(chosen -> add(all, chosen));
    }
    return done.map(
        _ -> {
          var served = served(function);
          all.forEach(chosen -> requireSame(chosen, served));
          return List.copyOf(all);
        });
  }

  private static Future<Void> add(List<Chosen> all, Chosen one) {
    all.add(one);
    return Future.succeededFuture();
  }

  private Future<Chosen> choose(String function, String experiment, Spec.Arm arm, String by) {
    var version = registry.labelled(function, arm.promptVersion()).orElse(arm.promptVersion());
    var key = new VersionKey(function, version);
    return registry
        .show(key)
        .compose(
            base ->
                arm.changes().isEmpty()
                    ? servable(key).map(found -> new Chosen(arm.name(), found, Optional.empty()))
                    : registry
                        .check(
                            new NewVersion(
                                function,
                                FunctionText.of(changed(base.definition(), arm)),
                                by,
                                "arm " + arm.name() + " of the experiment " + experiment,
                                Optional.of(base.version())))
                        .map(made -> new Chosen(arm.name(), made.function(), Optional.of(made))))
        .recover(e -> Future.failedFuture(named(arm.name(), e)));
  }

  /** A refusal says which arm it is about. */
  private static Throwable named(String arm, Throwable e) {
    if (!(e instanceof AIError refused) || refused.message().contains("'" + arm + "'")) {
      return e;
    }
    var told = AIError.of(refused.code(), "The variant '" + arm + "': " + refused.message());
    for (var detail : refused.details().entrySet()) {
      told = told.with(detail.getKey(), detail.getValue());
    }
    return told;
  }

  /** Keeps the versions that are not kept yet, in its caller's transaction. */
  static Future<Void> keep(SqlConnection c, List<Chosen> all) {
    var done = Future.<Void>succeededFuture();
    for (var one : all) {
      done =
          done.compose(
              _ ->
                  one.made()
                      .map(made -> PromptRegistry.keep(c, made))
                      .orElseGet(Future::succeededFuture));
    }
    return done;
  }

  private static JsonNode changed(JsonNode definition, Spec.Arm arm) {
    var result = (ObjectNode) definition.deepCopy();
    var changes = arm.changes();
    for (var field : changes.properties()) {
      switch (field.getKey()) {
        case "provider" -> {
          var model = changes.path("model").asText(result.path("model").asText());
          if (model.indexOf('/') < 0) {
            throw AIError.invalid(
                "The variant '"
                    + arm.name()
                    + "' changes the provider of '"
                    + model
                    + "', which is a logical name; give 'model' as provider/model instead.");
          }
          result.put("model", field.getValue().asText() + model.substring(model.indexOf('/')));
        }
        case "parameters" -> {
          var parameters = result.withObject("/parameters");
          field.getValue().properties().forEach(p -> parameters.set(p.getKey(), p.getValue()));
        }
        default -> {
          if (!changes.has("provider") || !field.getKey().equals("model")) {
            result.set(field.getKey(), field.getValue());
          }
        }
      }
    }
    return result;
  }

  private static void requireSame(Chosen chosen, FunctionDefinition served) {
    Contracts.difference(chosen.function(), served)
        .ifPresent(
            what -> {
              throw AIError.invalid(
                  "The variant '"
                      + chosen.arm()
                      + "' has another "
                      + what
                      + " schema than the function has now; callers would not get what they were"
                      + " promised. Arms differ in prompt, model and parameters.");
            });
  }
}
