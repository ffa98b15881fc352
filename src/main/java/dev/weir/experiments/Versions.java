package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.prompts.FunctionText;
import dev.weir.registry.NewVersion;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.PromptVersion;
import dev.weir.registry.VersionKey;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.HashMap;
import java.util.Map;
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

  private final PromptRegistry registry;

  Versions(PromptRegistry registry) {
    this.registry = registry;
  }

  /** The version of one arm. */
  Future<String> of(SqlConnection c, String experiment, String variant) {
    return c.preparedQuery(OF)
        .execute(Tuple.of(experiment, variant))
        .map(rows -> rows.iterator().next().getString("version"));
  }

  /** The versions of an experiment's arms, by arm; all take and give what control does. */
  Future<Map<String, String>> of(Spec spec, String by) {
    if (registry.get().find(spec.function()).isEmpty()) {
      return Future.failedFuture(
          AIError.of(
              ErrorCode.NOT_FOUND, "There is no function called '" + spec.function() + "'."));
    }
    var found = new HashMap<String, PromptVersion>();
    var done = Future.<Void>succeededFuture();
    for (var arm : spec.arms()) {
      done =
          done.compose(_ -> version(spec, arm, by))
              .map(
                  version -> {
                    found.put(arm.name(), version);
                    return null;
                  });
    }
    return done.map(
        _ -> {
          var served = registry.get().find(spec.function()).orElseThrow();
          found.forEach(
              (arm, version) -> requireSame(arm, version, served.input().node(), "input"));
          served
              .output()
              .ifPresent(
                  output ->
                      found.forEach(
                          (arm, version) -> requireSame(arm, version, output.node(), "output")));
          var names = new HashMap<String, String>();
          found.forEach((arm, version) -> names.put(arm, version.version()));
          return names;
        });
  }

  private Future<PromptVersion> version(Spec spec, Spec.Arm arm, String by) {
    var version =
        registry.labelled(spec.function(), arm.promptVersion()).orElse(arm.promptVersion());
    var shown = registry.show(new VersionKey(spec.function(), version));
    if (arm.changes().isEmpty()) {
      return shown;
    }
    return shown.compose(
        base ->
            registry.add(
                new NewVersion(
                    spec.function(),
                    FunctionText.of(changed(base.definition(), arm)),
                    by,
                    "arm " + arm.name() + " of the experiment " + spec.name(),
                    Optional.of(base.version()))));
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

  private static void requireSame(String arm, PromptVersion version, JsonNode served, String what) {
    if (!version.definition().path(what).equals(served)) {
      throw AIError.invalid(
          "The variant '"
              + arm
              + "' has another "
              + what
              + " schema than the function has now; callers would not get what they were"
              + " promised. Arms differ in prompt, model and parameters.");
    }
  }
}
