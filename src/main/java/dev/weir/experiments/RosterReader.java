package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.experiments.Roster.Arm;
import dev.weir.experiments.Roster.Running;
import dev.weir.gateway.ModelDirectory;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.VersionKey;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Reads the experiments that run, with their arms' versions ready to be served. */
final class RosterReader {
  private static final Logger LOG = LogManager.getLogger(RosterReader.class);
  private static final String RUNNING =
      """
      SELECT e.experiment_name, e.function_name, e.layer, e.slot_from, e.slot_to, e.salt, e.epoch,
        e.status = 'running' AS open, p.weights::text AS weights,
        (SELECT jsonb_agg(jsonb_build_object('name', v.prompt_variant, 'control', v.is_control,
            'off_before_epoch', v.off_before_epoch,
            'production', v.overrides ->> 'base' = 'production' AND v.overrides -> 'changes' = '{}'::jsonb, 'version', v.overrides ->> 'prompt_version') ORDER BY v.place)
          FROM prompt_experiments AS v WHERE v.experiment_name = e.experiment_name)::text AS arms
      FROM experiments AS e JOIN experiment_epochs AS p ON p.experiment_name = e.experiment_name AND p.epoch = e.epoch
      WHERE e.status IN ('running', 'paused')
      ORDER BY e.experiment_name
      """;

  private final Database database;
  private final PromptRegistry registry;
  private final ModelDirectory models;

  RosterReader(Database database, PromptRegistry registry, ModelDirectory models) {
    this.database = database;
    this.registry = registry;
    this.models = models;
  }

  Future<Roster> read() {
    return database
        .jobs(c -> c.query(RUNNING).execute())
        .compose(
            rows -> {
              var all = new ArrayList<Future<List<Running>>>();
              var functions = new ArrayList<String>();
              rows.forEach(
                  row -> {
                    functions.add(row.getString("function_name"));
                    all.add(running(row));
                  });
              return Future.join(all)
                  .map(
                      _ -> {
                        var byFunction = new HashMap<String, List<Running>>();
                        for (var i = 0; i < all.size(); i++) {
                          byFunction
                              .computeIfAbsent(functions.get(i), _ -> new ArrayList<>())
                              .addAll(all.get(i).result());
                        }
                        return new Roster(Map.copyOf(byFunction));
                      });
            });
  }

  /** One experiment, or none if an arm of it cannot be served here. */
  private Future<List<Running>> running(Row row) {
    var function = row.getString("function_name");
    var name = row.getString("experiment_name");
    var arms = Json.parse(row.getString("arms"));
    var loading = new ArrayList<Future<FunctionDefinition>>();
    arms.forEach(
        arm ->
            loading.add(
                registry
                    .version(new VersionKey(function, arm.path("version").asText()))
                    .map(found -> found.orElseThrow(() -> new IllegalStateException("unknown")))));
    return Future.join(loading)
        .map(_ -> List.of(made(row, arms, loading.stream().map(Future::result).toList())))
        .recover(
            e -> {
              LOG.warn(
                  "The experiment {} does not run here: a version of an arm cannot be served ({})",
                  name,
                  e.getMessage());
              return Future.succeededFuture(List.of());
            });
  }

  private Running made(Row row, JsonNode arms, List<FunctionDefinition> functions) {
    var weights = Json.parse(row.getString("weights"));
    var list = new ArrayList<Arm>();
    var probabilities = new ArrayList<Double>();
    for (var i = 0; i < functions.size(); i++) {
      var arm = arms.get(i);
      var function = functions.get(i);
      probabilities.add(weights.path(arm.path("name").asText()).asDouble());
      list.add(
          new Arm(
              arm.path("name").asText(),
              arm.path("control").asBoolean(),
              arm.path("off_before_epoch").asInt(),
              arm.path("production").asBoolean(),
              function,
              models.routeFunction(function.model(), function.fallbacks())));
    }
    return new Running(
        row.getString("experiment_name"),
        row.getString("layer"),
        row.getInteger("slot_from"),
        row.getInteger("slot_to"),
        row.getString("salt"),
        row.getBoolean("open"),
        row.getInteger("epoch"),
        list,
        probabilities,
        "");
  }
}
