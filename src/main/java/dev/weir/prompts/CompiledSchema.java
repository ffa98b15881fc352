package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.networknt.schema.Error;
import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A schema behind the validator. Compiled at its first use and cheap from then on, so that
 * thousands of functions that nobody calls cost nothing but their text.
 */
final class CompiledSchema implements Schema {
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDialect(
          Dialects.getDraft202012(),
          registry ->
              registry
                  .schemaCacheEnabled(false)
                  .schemaLoader(loader -> loader.fetchRemoteResources(false).block(iri -> true))
                  .schemaRegistryConfig(
                      SchemaRegistryConfig.builder()
                          .regularExpressionFactory(CompiledSchema::matcher)
                          .build()));

  private final JsonNode node;
  private volatile com.networknt.schema.@Nullable Schema compiled;

  private CompiledSchema(JsonNode node) {
    this.node = node;
  }

  /** A schema that {@link SchemaCheck} has found no fault with. */
  static Schema ofChecked(JsonNode node) {
    return new CompiledSchema(node);
  }

  @Override
  public JsonNode node() {
    return node;
  }

  @Override
  public List<Violation> validate(JsonNode value) {
    var findings = new Findings();
    compiled().validate(findings, value);
    return findings.getErrors().stream()
        .map(error -> Violations.of(error, node))
        .distinct()
        .limit(MAX_VIOLATIONS)
        .toList();
  }

  private com.networknt.schema.Schema compiled() {
    var ready = compiled;
    if (ready == null) {
      // Two threads may both compile; either result serves, and neither waits for the other.
      ready = REGISTRY.getSchema(node);
      compiled = ready;
    }
    return ready;
  }

  private static com.networknt.schema.regex.RegularExpression matcher(String expression) {
    var pattern = Pattern.compile(expression);
    return text -> pattern.matcher(text).find();
  }

  /**
   * Keeps a bounded number of errors, so that a list of a million wrong items does not become a
   * million errors. Dropping the rest changes no verdict: the validator only asks whether a branch
   * has any.
   */
  private static final class Findings extends ExecutionContext {
    private static final ExecutionConfig CONFIG =
        ExecutionConfig.builder().formatAssertionsEnabled(true).build();

    private Findings() {
      super(CONFIG);
    }

    @Override
    public void addError(Error error) {
      if (getErrors().size() < MAX_VIOLATIONS) {
        super.addError(error);
      }
    }
  }
}
