package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Brings an experiment to what a file says of it, so that a file in a repository can be applied
 * again and again: it creates what is not there, replaces a draft that says something else, and
 * starts, pauses, resumes or stops until the wished state is reached. What has started keeps its
 * plan. Any thread.
 */
public final class ExperimentFile {
  private static final List<String> STATES = List.of("draft", "running", "paused", "stopped");
  private static final String REASON = "as its file says";

  /** 1 is 1.0, and a share that was divided twice is the same. */
  private static final Comparator<JsonNode> ALIKE =
      (a, b) ->
          a.isNumber() && b.isNumber() && Math.abs(a.doubleValue() - b.doubleValue()) <= 1e-12
              ? 0
              : a.equals(b) ? 0 : 1;

  private final Experiments experiments;
  private final ExperimentReports reports;

  /** For these experiments. */
  public ExperimentFile(Experiments experiments, ExperimentReports reports) {
    this.experiments = experiments;
    this.reports = reports;
  }

  /**
   * Applies a file.
   *
   * @param name of the experiment; the file must have the same, or none
   * @param file as docs/experiments.md describes it, with {@code state}
   * @param by the id of the admin's key
   * @return what was done, in one word each; nothing if all was so already. {@code CONFLICT} if one
   *     that has started has another plan, or cannot come to the state
   */
  public Future<List<String>> apply(String name, JsonNode file, String by) {
    if (!(file instanceof ObjectNode given)) {
      throw AIError.invalid("The experiment must be an object.");
    }
    var wish = given.deepCopy();
    var state = state(wish);
    if (!wish.path("name").asText(name).equals(name)) {
      throw AIError.invalid("'name' must be '" + name + "', as in the address.");
    }
    wish.put("name", name);
    var spec = SpecReader.read(wish);
    var done = new ArrayList<String>();
    return reports
        .show(name)
        .map(Optional::of)
        .recover(
            e ->
                AIError.from(e).code() == ErrorCode.NOT_FOUND
                    ? Future.succeededFuture(Optional.empty())
                    : Future.failedFuture(e))
        .compose(now -> keep(spec, wish, now, by, done))
        .compose(status -> reach(name, status, state.orElse(status), by, done))
        .recover(e -> forget(name, done).transform(_ -> Future.failedFuture(e)))
        .map(_ -> List.copyOf(done));
  }

  /** A draft that was made for a start that is refused is not left behind. */
  private Future<Void> forget(String name, List<String> done) {
    return done.equals(List.of("created"))
        ? experiments.delete(name)
        : Future.<Void>succeededFuture();
  }

  private static Optional<String> state(ObjectNode wish) {
    var given = wish.remove("state");
    if (given == null || given.isNull()) {
      return Optional.empty();
    }
    if (!given.isTextual() || !STATES.contains(given.textValue())) {
      throw AIError.invalid("'state' must be one of " + String.join(", ", STATES) + ".");
    }
    return Optional.of(given.textValue());
  }

  /** Makes it there with this plan; its status. */
  private Future<String> keep(
      Spec spec, ObjectNode wish, Optional<JsonNode> now, String by, List<String> done) {
    if (now.isEmpty()) {
      return experiments.create(wish, by).onSuccess(_ -> done.add("created")).map("draft");
    }
    var status = now.get().path("status").asText();
    var other = differences(spec, now.get());
    if (other.isEmpty()) {
      return Future.succeededFuture(status);
    }
    if (!status.equals("draft")) {
      throw AIError.of(
          ErrorCode.CONFLICT,
          "The experiment '"
              + spec.name()
              + "' has started, and its file has another "
              + String.join(", ", other)
              + "; what was fixed before the start stays. Give the file another name to begin anew,"
              + " or change weights by the command.");
    }
    return experiments.replace(wish, by).onSuccess(_ -> done.add("replaced")).map("draft");
  }

  private Future<Void> reach(
      String name, String status, String state, String by, List<String> done) {
    var over = status.equals("stopped") || status.equals("concluded");
    if (status.equals(state) || (over && state.equals("stopped"))) {
      return Future.succeededFuture();
    }
    if (over || state.equals("draft") || (status.equals("draft") && state.equals("stopped"))) {
      throw AIError.of(
          ErrorCode.CONFLICT,
          "The experiment '" + name + "' is " + status + " and cannot come to be " + state + ".");
    }
    if (status.equals("draft")) {
      return experiments
          .start(name, REASON, by)
          .onSuccess(_ -> done.add("started"))
          .compose(_ -> reach(name, "running", state, by, done));
    }
    return (switch (state) {
          case "paused" -> experiments.pause(name, REASON, by);
          case "running" -> experiments.resume(name, REASON, by);
          default -> experiments.stop(name, REASON, by);
        })
        .onSuccess(_ -> done.add(state.equals("running") ? "resumed" : state));
  }

  /** The fields in which a plan is not the one that is kept; weights are those of the start. */
  private static List<String> differences(Spec spec, JsonNode now) {
    var all = new ArrayList<String>();
    differ(all, "function", Json.object().put("is", spec.function()), now.path("function"));
    differ(
        all, "description", Json.object().put("is", spec.description()), now.path("description"));
    differ(all, "layer", Json.object().put("is", spec.layer()), now.path("layer"));
    differ(
        all,
        "slots",
        Json.object().set("is", Json.parse("[" + spec.slotFrom() + "," + spec.slotTo() + "]")),
        now.path("slots"));
    spec.salt()
        .ifPresent(salt -> differ(all, "salt", Json.object().put("is", salt), now.path("salt")));
    differ(
        all, "mode", Json.object().put("is", spec.bandit() ? "bandit" : "fixed"), now.path("mode"));
    differ(all, "window", Json.object().put("is", spec.window().toSeconds()), now.path("window_s"));
    differ(
        all,
        "feedback_window",
        Json.object().put("is", spec.feedbackWindow().toSeconds()),
        now.path("feedback_window_s"));
    differ(all, "settle", Json.object().put("is", spec.settle().toSeconds()), now.path("settle_s"));
    for (var field : spec.plan().json().properties()) {
      differ(
          all,
          field.getKey(),
          Json.object().set("is", field.getValue()),
          now.path("plan").path(field.getKey()));
    }
    differ(all, "variants", Json.object().set("is", arms(spec)), arms(now));
    return all;
  }

  private static void differ(List<String> all, String field, JsonNode wished, JsonNode is) {
    if (!wished.path("is").equals(ALIKE, is)) {
      all.add(field);
    }
  }

  private static JsonNode arms(Spec spec) {
    var sum = spec.arms().stream().mapToDouble(Spec.Arm::weight).sum();
    var arms = Json.mapper().createArrayNode();
    for (var arm : spec.arms()) {
      arms.addObject()
          .put("name", arm.name())
          .put("control", arm.control())
          .put("base", arm.promptVersion())
          .put("share", arm.weight() / sum)
          .set("changes", arm.changes());
    }
    return arms;
  }

  private static JsonNode arms(JsonNode now) {
    var first = now.path("first_probabilities");
    var sum = 0.0;
    for (var arm : now.path("variants")) {
      sum += arm.path("weight").asDouble();
    }
    var arms = Json.mapper().createArrayNode();
    for (var arm : now.path("variants")) {
      var name = arm.path("name").asText();
      arms.addObject()
          .put("name", name)
          .put("control", arm.path("control").asBoolean())
          .put("base", arm.path("base").asText())
          .put("share", first.path(name).asDouble(arm.path("weight").asDouble() / sum))
          .set("changes", arm.path("changes"));
    }
    return arms;
  }
}
