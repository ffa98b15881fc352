package dev.weir.output;

import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Message;
import dev.weir.gateway.Plan;
import dev.weir.prompts.CachePolicy;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.Parameters;
import dev.weir.prompts.RepairPolicy;
import dev.weir.prompts.RetryPolicy;
import dev.weir.prompts.Schema;
import dev.weir.prompts.Search;
import dev.weir.prompts.TimeoutRange;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Builds calls of a function that answers with a title and a number of years. */
record Functions(boolean hasSchema, RepairPolicy repair, boolean removesCitations) {
  private static final Schema SCHEMA =
      Schema.of(
          Json.parse(
              """
              {"type": "object", "additionalProperties": false,
               "properties": {"title": {"type": "string"}, "years": {"type": "integer"}},
               "required": ["title", "years"]}
              """));

  static Exchange call() {
    return call(f -> f);
  }

  static Exchange call(UnaryOperator<Functions> with) {
    return with.apply(new Functions(true, RepairPolicy.DEFAULT, false)).begin();
  }

  Functions plainText() {
    return new Functions(false, repair, removesCitations);
  }

  Functions secondAsk() {
    return new Functions(hasSchema, new RepairPolicy(repair.strict(), true), removesCitations);
  }

  Functions strict() {
    return new Functions(hasSchema, new RepairPolicy(true, repair.secondAsk()), removesCitations);
  }

  Functions removeCitations() {
    return new Functions(hasSchema, repair, true);
  }

  private Exchange begin() {
    var function =
        new FunctionDefinition(
            "job-analysis",
            "v1",
            "Analyses a job.",
            "perplexity/sonar",
            List.of(),
            Parameters.DEFAULT,
            Search.OFF,
            Optional.empty(),
            input -> input.toString(),
            SCHEMA,
            hasSchema ? Optional.of(SCHEMA) : Optional.empty(),
            TimeoutRange.DEFAULT,
            RetryPolicy.DEFAULT,
            CachePolicy.DEFAULT,
            Optional.empty(),
            repair,
            removesCitations,
            Optional.empty());
    var base = Exchanges.chat("perplexity/sonar");
    var ask =
        new Ask.Prompted(
            List.of(new Message(Message.Role.USER, "Analyse this job.")), function, false);
    var plan =
        new Plan(
            function.name(),
            Optional.of(function),
            Optional.empty(),
            ask,
            base.plan().route(),
            function.retry(),
            TimeoutRange.DEFAULT.standard());
    var call = new Call.OfFunction(function.name(), Json.object(), false, CallOptions.DEFAULT);
    return new Exchange(
        base.origin(),
        call,
        base.principal(),
        plan,
        Optional.empty(),
        base.cancellation(),
        base.tally());
  }
}
