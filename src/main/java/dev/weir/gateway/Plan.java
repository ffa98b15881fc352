package dev.weir.gateway;

import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.RetryPolicy;
import java.time.Duration;
import java.util.Optional;

/**
 * How a call is to be answered: what is asked, of whom, and under which policies. Made by the
 * gateway before the first stage; an experiment may replace it.
 *
 * @param label what records and metrics call it: the function's name, {@code chat} or {@code
 *     embeddings}
 * @param function the function, or empty where a model is asked by its name
 * @param assignment the experiment that the call is part of and its arm there, or empty
 * @param ask what is asked of the model
 * @param route whom to ask
 * @param retry how often and how patiently
 * @param timeout the deadline of the whole call, already clamped
 */
public record Plan(
    String label,
    Optional<FunctionDefinition> function,
    Optional<Assignment> assignment,
    Ask ask,
    Route route,
    RetryPolicy retry,
    Duration timeout) {

  /** The same plan with another ask. */
  public Plan asking(Ask other) {
    return new Plan(label, function, assignment, other, route, retry, timeout);
  }

  /** The same plan, called otherwise in records and metrics. */
  public Plan labelled(String other) {
    return new Plan(other, function, assignment, ask, route, retry, timeout);
  }

  /** The same plan for other targets. */
  public Plan routed(Route other) {
    return new Plan(label, function, assignment, ask, other, retry, timeout);
  }

  /** The experiment that the call is part of, by its name. */
  public Optional<String> experiment() {
    return assignment.map(Assignment::experiment);
  }

  /** Its arm there. */
  public Optional<String> variant() {
    return assignment.map(Assignment::variant);
  }
}
