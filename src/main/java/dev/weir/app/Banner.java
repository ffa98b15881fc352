package dev.weir.app;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;

/**
 * What a developer sees when Weir is up in dev mode: where it listens, the keys, and a call to
 * paste. Printed on the terminal and never logged, since it holds keys.
 */
final class Banner {
  private static final String FAVOURITE = "linkedin-post";

  private Banner() {}

  static String of(
      String publicUrl,
      String managementUrl,
      String demoKey,
      String adminKey,
      FunctionCatalogue functions,
      boolean simulated) {
    return """

    Weir is up.

      API          %s
      management   %s   (probes, metrics, admin API)
      demo key     %s
      admin key    %s
    %s
    Try it:

      curl -s %s/v1/functions/%s \\
        -H 'authorization: Bearer %s' -H 'content-type: application/json' \\
        -d '%s'

    Ctrl-C stops everything in order.
    """
        .formatted(
            publicUrl,
            managementUrl,
            demoKey,
            adminKey,
            simulated
                ? "\n"
                    + "  No PERPLEXITY_API_KEY is set: the built-in sandbox answers, marked as"
                    + " simulated.\n"
                : "",
            publicUrl,
            example(functions).map(FunctionDefinition::name).orElse("{name}"),
            demoKey,
            quoted(
                Json.object()
                    .set(
                        "input",
                        example(functions)
                            .flatMap(FunctionDefinition::example)
                            .<JsonNode>map(e -> e)
                            .orElseGet(Json::object))));
  }

  private static java.util.Optional<FunctionDefinition> example(FunctionCatalogue functions) {
    return functions
        .find(FAVOURITE)
        .or(() -> functions.all().stream().filter(f -> f.example().isPresent()).findFirst());
  }

  /** JSON that stands between single quotes in a shell: an apostrophe becomes its JSON escape. */
  private static String quoted(JsonNode body) {
    return Json.write(body).toString().replace("'", "\\u0027");
  }
}
