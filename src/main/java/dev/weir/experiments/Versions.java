package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.FunctionText;
import dev.weir.registry.NewVersion;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.PromptVersion;
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
      SELECT prompt_variant, overrides ->> 'prompt_version' AS version FROM prompt_experiments
      WHERE experiment_name = $1 ORDER BY place
      """;

  private final PromptRegistry registry;

  /** The version of an arm. */
  record Version(String arm, VersionKey key) {}

  Versions(PromptRegistry registry) {
    this.registry = registry;
  }

  /** The version of one arm. */
  Future<String> of(SqlConnection c, String experiment, String variant) {
    return c.preparedQuery(OF)
        .execute(Tuple.of(experiment, variant))
        .map(rows -> rows.iterator().next().getString("version"));
  }

  /** The versions of an experiment's arms. */
  Future<List<Version>> of(SqlConnection c, ExperimentTable.Locked e) {
    return c.preparedQuery(ALL)
        .execute(Tuple.of(e.name()))
        .map(
            rows -> {
              var all = new ArrayList<Version>();
              rows.forEach(
                  row ->
                      all.add(
                          new Version(
                              row.getString("prompt_variant"),
                              new VersionKey(e.function(), row.getString("version")))));
              return all;
            });
  }

  /**
   * Checks that arms that were declared some time ago can be served, and take and give what the
   * function does now; else {@code CONFLICT}.
   */
  Future<Void> stillFit(List<Version> all) {
    var done = Future.<Void>succeededFuture();
    for (var one : all) {
      done =
          done.compose(_ -> servable(one.key()))
              .compose(_ -> registry.show(one.key()))
              .map(
                  version -> {
                    requireSame(
                        ErrorCode.CONFLICT, one.arm(), version, served(one.key().function()));
                    return null;
                  });
    }
    return done;
  }

  private FunctionDefinition served(String function) {
    return registry
        .get()
        .find(function)
        .orElseThrow(
            () ->
                AIError.of(ErrorCode.NOT_FOUND, "There is no function called '" + function + "'."));
  }

  /** {@code CONFLICT} for a version that this service cannot serve. */
  Future<Void> servable(VersionKey key) {
    return registry
        .version(key)
        .map(
            found -> {
              if (found.isEmpty()) {
                throw AIError.of(
                    ErrorCode.CONFLICT,
                    "Version '"
                        + key.version()
                        + "' of '"
                        + key.function()
                        + "' cannot be served: a model that it names is not known any more.");
              }
              return null;
            });
  }

  /** The versions of an experiment's arms, by arm; all take and give what control does. */
  Future<Map<String, String>> of(Spec spec, String by) {
    if (registry.get().find(spec.function()).isEmpty()) {
      return Future.failedFuture(
          AIError.of(
              ErrorCode.NOT_FOUND, "There is no function called '" + spec.function() + "'."));
    }
    var bases = new HashMap<String, PromptVersion>();
    var done = Future.<Void>succeededFuture();
    for (var arm : spec.arms()) {
      done = done.compose(_ -> base(spec, arm)).map(base -> put(bases, arm, base));
    }
    // Nothing is kept in the registry before all arms are known to be there.
    var found = new HashMap<String, PromptVersion>();
    for (var arm : spec.arms()) {
      done =
          done.compose(_ -> version(spec, arm, Objects.requireNonNull(bases.get(arm.name())), by))
              .map(version -> put(found, arm, version));
    }
    return done.map(
        _ -> {
          var served = registry.get().find(spec.function()).orElseThrow();
          found.forEach(
              (arm, version) -> requireSame(ErrorCode.INVALID_REQUEST, arm, version, served));
          var names = new HashMap<String, String>();
          found.forEach((arm, version) -> names.put(arm, version.version()));
          return names;
        });
  }

  @SuppressWarnings("NullAway") // A future of nothing.
  private static Void put(Map<String, PromptVersion> all, Spec.Arm arm, PromptVersion version) {
    all.put(arm.name(), version);
    return null;
  }

  private Future<PromptVersion> base(Spec spec, Spec.Arm arm) {
    var version =
        registry.labelled(spec.function(), arm.promptVersion()).orElse(arm.promptVersion());
    return registry.show(new VersionKey(spec.function(), version));
  }

  private Future<PromptVersion> version(Spec spec, Spec.Arm arm, PromptVersion base, String by) {
    return arm.changes().isEmpty()
        ? Future.succeededFuture(base)
        : registry.add(
            new NewVersion(
                spec.function(),
                FunctionText.of(changed(base.definition(), arm)),
                by,
                "arm " + arm.name() + " of the experiment " + spec.name(),
                Optional.of(base.version())));
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

  private static void requireSame(
      ErrorCode code, String arm, PromptVersion version, FunctionDefinition served) {
    requireSame(code, arm, version, served.input().node(), "input");
    served.output().ifPresent(output -> requireSame(code, arm, version, output.node(), "output"));
  }

  private static void requireSame(
      ErrorCode code, String arm, PromptVersion version, JsonNode served, String what) {
    if (!version.definition().path(what).equals(served)) {
      throw AIError.of(
          code,
          "The variant '"
              + arm
              + "' has another "
              + what
              + " schema than the function has now; callers would not get what they were"
              + " promised. Arms differ in prompt, model and parameters.");
    }
  }
}
