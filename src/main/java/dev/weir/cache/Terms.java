package dev.weir.cache;

import static dev.weir.gateway.Assignment.Kind.SWITCHED_OFF;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Plan;
import dev.weir.prompts.CachePolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * On which terms the cache takes part in one call.
 *
 * @param user in whose name the database is asked
 * @param refresh whether the provider is asked in any case
 * @param key the key of its answer
 * @param subjects what its answer belongs to
 * @param ttl how long its answer is kept
 * @param maxAge how old an answer may be that it gets; empty for as old as it is kept
 * @param staleIfError how long past its time an answer may stand in
 * @param expensive whether identical calls on all nodes wait for one
 * @param similarity from which cosine on an answer to a similar input will do
 */
record Terms(
    String user,
    boolean refresh,
    CacheKey key,
    Subjects subjects,
    Duration ttl,
    Optional<Duration> maxAge,
    Duration staleIfError,
    boolean expensive,
    OptionalDouble similarity) {

  /** What a chat completion's body says that changes no answer, or is in the key by itself. */
  private static final Set<String> NOT_IN_KEY = Set.of("model", "stream", "stream_options");

  /** Members of a body under which an answer is more than its text: never kept. */
  private static final Set<String> NEVER =
      Set.of(
          "tools",
          "tool_choice",
          "functions",
          "function_call",
          "parallel_tool_calls",
          "logprobs",
          "top_logprobs",
          "modalities",
          "audio");

  private static final String FORM = "weir-1";

  /**
   * The terms of a call; empty where the cache stays out of it.
   *
   * @param user for whose answers it is
   */
  static Optional<Terms> of(Exchange x, String user) {
    var use = x.call().options().cache().by(x.principal());
    if (use == CacheUse.OFF) {
      return Optional.empty();
    }
    var policy = x.plan().function().map(f -> f.cache()).orElse(CachePolicy.DEFAULT);
    if (policy.ttl().isZero()) {
      return Optional.empty();
    }
    return switch (x.call()) {
      case Call.OfFunction call ->
          terms(x, use, policy, user, form(x, policy, user).value(call.input()));
      case Call.OfModel call ->
          keepable(call)
              ? terms(x, use, policy, user, form(x, policy, user).object(call.body(), NOT_IN_KEY))
              : Optional.empty();
      // A vector costs next to nothing, and its row would be larger than its text.
      case Call.OfEmbedding _ -> Optional.empty();
    };
  }

  private static Optional<Terms> terms(
      Exchange x, CacheUse use, CachePolicy policy, String user, KeyForm form) {
    var options = x.call().options();
    // What everybody shares lives as long as its function says; a caller's wish bounds what it
    // takes.
    var ttl =
        options
            .maxAge()
            .filter(age -> !policy.shared() && age.compareTo(policy.ttl()) < 0)
            .orElse(policy.ttl());
    if (ttl.isZero()) {
      return Optional.empty();
    }
    var key = form.key();
    return Optional.of(
        new Terms(
            user,
            use == CacheUse.REFRESH,
            key,
            new Subjects(
                x.plan().label(),
                version(x.plan()),
                policy.shared() ? Optional.empty() : Optional.of(user),
                key.hex()),
            ttl,
            options.maxAge(),
            policy.staleIfError(),
            policy.expensive(),
            policy.similarity()));
  }

  /** The form of all but the input: scope, function, version, arm, models and parameters. */
  private static KeyForm form(Exchange x, CachePolicy policy, String user) {
    var plan = x.plan();
    var form =
        new KeyForm()
            .text(FORM)
            .text(policy.shared() ? "shared" : "user")
            .text(policy.shared() ? "" : user)
            .text(plan.label())
            .text(version(plan))
            .text(plan.experiment().orElse(""))
            .text(plan.variant().orElse(""))
            // Whoever's arm was switched off gets control's answers, not those of the arm.
            .text(
                plan.assignment().filter(a -> a.kind() == SWITCHED_OFF).map(_ -> "off").orElse(""));
    for (var target : plan.route().targets()) {
      form.text(target.toString());
    }
    // An experiment may change the parameters without another version of the function.
    return plan.ask() instanceof Ask.Prompted prompted
        ? form.text(prompted.function().parameters() + " " + prompted.function().search())
        : form;
  }

  private static boolean keepable(Call.OfModel call) {
    var body = call.body();
    return body.path("n").asInt(1) == 1 && NEVER.stream().noneMatch(name -> says(body.path(name)));
  }

  /** Whether a member says anything: null, false and nothing in it say no. */
  private static boolean says(JsonNode member) {
    return switch (member.getNodeType()) {
      case MISSING, NULL -> false;
      case BOOLEAN -> member.booleanValue();
      case ARRAY, OBJECT -> !member.isEmpty();
      default -> true;
    };
  }

  private static String version(Plan plan) {
    return plan.function().map(f -> f.version()).orElse("");
  }
}
