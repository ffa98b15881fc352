package dev.weir.experiments;

import dev.weir.experiments.Roster.Running;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What callers were promised: an arm takes and gives what its function does. A function's file, or
 * its production label, may change while an experiment runs; calls are checked by what is served
 * then, so an experiment whose arms have other schemas is passed by until they fit again. Compared
 * when what runs or what is served changes, and not at each call. Any thread.
 */
final class Contracts {
  private final Supplier<FunctionCatalogue> served;
  private volatile Fitted fitted =
      new Fitted(Roster.EMPTY, FunctionCatalogue.EMPTY, Roster.EMPTY, Map.of());

  /**
   * What runs, held against what is served.
   *
   * @param all what runs
   * @param served what was served then
   * @param fitting those whose arms keep what was promised
   * @param passedBy why others do not run, by name
   */
  private record Fitted(
      Roster all, FunctionCatalogue served, Roster fitting, Map<String, String> passedBy) {}

  /** Contracts of these functions. */
  Contracts(Supplier<FunctionCatalogue> served) {
    this.served = served;
  }

  /** Takes what runs from now on. */
  synchronized void run(Roster all) {
    fitted = compared(all, served.get());
  }

  /** What calls see. Costs nothing unless something changed. */
  Roster roster() {
    return current().fitting();
  }

  /** The experiments that are passed by, in the order of their names, and why. */
  Map<String, String> passedBy() {
    return current().passedBy();
  }

  @SuppressWarnings(
      "ReferenceEquality") // A snapshot is swapped as a whole; comparing two would cost.
  private Fitted current() {
    var last = fitted;
    return last.served() == served.get() ? last : again();
  }

  private synchronized Fitted again() {
    fitted = compared(fitted.all(), served.get());
    return fitted;
  }

  private static Fitted compared(Roster all, FunctionCatalogue now) {
    var fitting = new HashMap<String, List<Running>>();
    var passedBy = new TreeMap<String, String>();
    all.byFunction()
        .forEach(
            (name, list) -> {
              var function = now.find(name);
              var those = new ArrayList<Running>();
              for (var running : list) {
                var why = difference(running, function);
                why.ifPresent(reason -> passedBy.put(running.name(), reason));
                if (why.isEmpty()) {
                  those.add(running.comparedWith(function.orElseThrow().version()));
                }
              }
              fitting.put(name, List.copyOf(those));
            });
    return new Fitted(all, now, new Roster(Map.copyOf(fitting)), passedBy);
  }

  private static Optional<String> difference(
      Running running, Optional<FunctionDefinition> function) {
    if (function.isEmpty()) {
      return Optional.of("the function is not served any more");
    }
    for (var arm : running.arms()) {
      var what = difference(arm.function(), function.get());
      if (what.isPresent()) {
        return Optional.of(
            "the variant '"
                + arm.name()
                + "' has another "
                + what.get()
                + " schema than the function has now; calls pass by until they are the same");
      }
    }
    return Optional.empty();
  }

  /**
   * What should be known of the experiments on a function: those that are passed by, and those
   * whose control was production when they started and is it no more.
   */
  List<String> warnings(String function) {
    var now = current();
    var production = now.served().find(function).map(FunctionDefinition::version);
    var all = new ArrayList<String>();
    for (var running : now.all().byFunction().getOrDefault(function, List.of())) {
      var why = Optional.ofNullable(now.passedBy().get(running.name()));
      why.ifPresent(
          reason ->
              all.add("The experiment '" + running.name() + "' is passed by: " + reason + "."));
      var control = running.control();
      if (control.production()
          && production.filter(v -> !v.equals(control.function().version())).isPresent()) {
        all.add(
            "The experiment '"
                + running.name()
                + "' still compares with "
                + control.function().version()
                + ", which was production when it started; production is "
                + production.get()
                + " now.");
      }
    }
    return all;
  }

  /** What callers would not get as promised: {@code input} or {@code output}. */
  static Optional<String> difference(FunctionDefinition arm, FunctionDefinition served) {
    if (!arm.input().node().equals(served.input().node())) {
      return Optional.of("input");
    }
    return arm.output().map(Schema::node).equals(served.output().map(Schema::node))
        ? Optional.empty()
        : Optional.of("output");
  }
}
