package dev.weir.app;

import dev.weir.contents.Contents;
import dev.weir.evaluation.Evaluations;
import dev.weir.evaluation.Preparation;
import dev.weir.evaluation.Shadows;
import dev.weir.experiments.Evaluation;
import dev.weir.experiments.Experiments;
import dev.weir.experiments.Feedback;
import dev.weir.gateway.OwnCalls;
import dev.weir.jobs.Job;
import dev.weir.prompts.CatalogueWatch;
import dev.weir.prompts.ContentPolicy;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.providers.Directory;
import dev.weir.registry.PromptRegistry;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The functions that are served, and all that tries out other versions of them.
 *
 * @param registry the versions of prompts
 * @param ownCalls the calls that Weir makes itself
 * @param contents the inputs and answers that are kept
 * @param shadows copies of calls for candidates
 * @param evaluations replays of what is kept
 * @param experiments arms of users
 * @param feedback what callers think of answers
 * @param verdicts judges the experiments
 */
record Trials(
    PromptRegistry registry,
    OwnCalls ownCalls,
    Contents contents,
    Shadows shadows,
    Evaluations evaluations,
    Experiments experiments,
    Feedback feedback,
    Evaluation verdicts) {

  /** Opens them. Blocks. */
  static Trials open(Ground ground, CatalogueWatch functions, Directory models) {
    var vertx = ground.vertx();
    var database = ground.database();
    var clock = ground.clock();
    var registry = registry(ground, functions, models);
    var contents = contents(ground);
    var ownCalls = new OwnCalls(clock);
    var shadows =
        new Shadows(
            new Shadows.Parts(
                vertx,
                database,
                registry,
                models,
                ownCalls,
                contents,
                stored(functions, registry),
                ground.metrics().registry(),
                clock));
    Waiting.on(shadows.follow(ground.notifications()), Ground.STEP, "The shadow runs");
    ground
        .shutdown()
        .opened(
            "the shadow runs", () -> Waiting.on(shadows.flush(), Ground.CLOSE, "writing pairs"));
    var preparation = new Preparation(database, registry, contents, models, models::problem, clock);
    return new Trials(
        registry,
        ownCalls,
        contents,
        shadows,
        new Evaluations(vertx, preparation, ownCalls, clock),
        experiments(ground, registry, models),
        new Feedback(vertx, database, clock),
        new Evaluation(vertx, clock));
  }

  /** What they do by themselves. */
  Stream<Job> jobs() {
    return Stream.concat(
        Stream.of(feedback.job(), contents.job(), shadows.job(), verdicts.job()),
        evaluations.jobs().stream());
  }

  /**
   * The functions that are served; a database that cannot be read yet leaves those of the files.
   */
  private static PromptRegistry registry(
      Ground ground, CatalogueWatch functions, Directory models) {
    var registry =
        new PromptRegistry(
            ground.vertx(),
            ground.database(),
            new PromptRegistry.OnDisk(functions, ground.config().functionsDir()),
            models::problem,
            ground.clock());
    Waiting.on(registry.follow(ground.notifications()), Ground.STEP, "The prompt registry");
    return registry;
  }

  private static Contents contents(Ground ground) {
    var contents = new Contents(ground.database(), ground.metrics().registry());
    contents.follow(ground.vertx());
    ground
        .shutdown()
        .opened(
            "the contents",
            () -> Waiting.on(contents.flush(), Ground.CLOSE, "writing stored contents"));
    return contents;
  }

  private static Experiments experiments(Ground ground, PromptRegistry registry, Directory models) {
    var experiments =
        new Experiments(ground.vertx(), ground.database(), registry, models, ground.clock());
    Waiting.on(experiments.follow(ground.notifications()), Ground.STEP, "The experiments");
    ground
        .shutdown()
        .opened(
            "the experiments",
            () -> Waiting.on(experiments.flush(), Ground.CLOSE, "writing exposures"));
    return experiments;
  }

  /**
   * Which contents of a function's calls are kept: as its file says now, whatever version is served
   * or tried out, so that taking {@code store} away ends it.
   */
  private static Function<String, Optional<ContentPolicy>> stored(
      CatalogueWatch files, PromptRegistry registry) {
    return name ->
        files
            .get()
            .find(name)
            .or(() -> registry.get().find(name))
            .flatMap(FunctionDefinition::store);
  }
}
