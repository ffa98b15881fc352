package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.networknt.schema.Error;
import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import dev.weir.core.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A schema behind the validator.
 *
 * <p>Kept as compact text, from which the tree is read when somebody asks and dropped when memory
 * is short, and compiled at its first use: a function that nobody calls costs its text and no more,
 * and ten thousand of them fit a small heap.
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

  private final byte[] json;
  private volatile SoftReference<JsonNode> tree = new SoftReference<>(null);
  private volatile com.networknt.schema.@Nullable Schema compiled;

  private CompiledSchema(byte[] json) {
    this.json = json;
  }

  /** A schema that {@link SchemaCheck} has found no fault with. */
  static Schema ofChecked(JsonNode node) {
    return new CompiledSchema(node.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public JsonNode node() {
    var known = tree.get();
    if (known != null) {
      return known;
    }
    try {
      var read = Json.mapper().readTree(json);
      tree = new SoftReference<>(read);
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException("this was written from a tree", e);
    }
  }

  @Override
  public List<Violation> validate(JsonNode value) {
    var findings = new Findings();
    compiled().validate(findings, value);
    return findings.isEmpty() ? List.of() : findings.violations(node());
  }

  /** Validates once, without keeping anything of a schema that may never be used again. */
  static List<Violation> violations(JsonNode schema, JsonNode value) {
    var findings = new Findings();
    REGISTRY.getSchema(schema).validate(findings, value);
    return findings.violations(schema);
  }

  private com.networknt.schema.Schema compiled() {
    var ready = compiled;
    if (ready == null) {
      // Two threads may both compile; either result serves, and neither waits for the other.
      ready = REGISTRY.getSchema(node());
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

    private boolean isEmpty() {
      return getErrors().isEmpty();
    }

    private List<Violation> violations(JsonNode schema) {
      return getErrors().stream()
          .map(error -> Violations.of(error, schema))
          .distinct()
          .limit(MAX_VIOLATIONS)
          .toList();
    }

    @Override
    public void addError(Error error) {
      if (getErrors().size() < MAX_VIOLATIONS) {
        super.addError(error);
      }
    }
  }
}
