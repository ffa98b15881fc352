package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import dev.weir.core.Json;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads one function from its file's bytes, with every fault of the file. */
final class FunctionReader {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final Pattern MODEL =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:@-]*(/[A-Za-z0-9._:@-]+){0,3}");
  private static final Pattern DOMAIN =
      Pattern.compile("-?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+");
  private static final String DEFAULT_MODEL = "writer";
  private static final int LONGEST_PROMPT = 200_000;
  private static final int LONGEST_MODEL = 128;
  private static final int MOST_FAULTS = 50;
  private static final int VERSION_BYTES = 6;
  private static final Duration LONGEST_CALL = Duration.ofMinutes(10);
  private static final Duration LONGEST_TTL = Duration.ofDays(30);

  /** Below it inputs that have nothing but their language in common would match. */
  private static final BigDecimal LEAST_SIMILARITY = new BigDecimal("0.5");

  private static final BigDecimal LEAST_SHARE = new BigDecimal("0.0001");
  private static final int USUAL_DAYS = 30;
  private static final int MOST_DAYS = 365;

  private static final Comparator<Fault> BY_LINE = Comparator.comparingInt(Fault::line);

  // What stands in for a part at fault, until the faults are reported and the function is dropped.
  private static final PromptTemplate NOTHING = MustacheTemplate.ofChecked("");
  private static final Schema UNREADABLE = CompiledSchema.ofChecked(Json.object());

  /** A model that the file names, where it does so. */
  record NamedModel(String model, int line, String path) {}

  /** What came of a file: a function without faults, or faults. */
  record Result(
      Optional<FunctionDefinition> function, List<NamedModel> models, List<Fault> faults) {}

  private final Path file;
  private final YamlTree tree;
  private final List<Fault> faults = new ArrayList<>();
  private final List<NamedModel> models = new ArrayList<>();

  private FunctionReader(Path file, YamlTree tree) {
    this.file = file;
    this.tree = tree;
  }

  /**
   * Reads a function.
   *
   * @param file the path that faults name; its name without {@code .yaml} must be the function's
   */
  static Result read(Path file, byte[] bytes) {
    var quick = read(file, YamlTree.read(bytes, false));
    return quick.faults().isEmpty() ? quick : read(file, YamlTree.read(bytes, true));
  }

  private static Result read(Path file, YamlTree tree) {
    var reader = new FunctionReader(file, tree);
    tree.faults().forEach(f -> reader.faultAt(f.line(), f.path(), f.reason()));
    if (tree.root().isMissingNode()) {
      return new Result(Optional.empty(), List.of(), reader.faults);
    }
    var function = reader.function();
    return reader.faults.isEmpty()
        ? new Result(Optional.of(function), reader.models, List.of())
        : new Result(Optional.empty(), List.of(), reader.faults.stream().sorted(BY_LINE).toList());
  }

  private FunctionDefinition function() {
    var all = Fields.of(tree.root(), JsonPath.ROOT, this::fault);
    var name = name(all);
    var description = all.text("description", 2000).map(String::strip).orElse("");
    var model = model(all);
    var fallbacks = fallbacks(all, model);
    var parameters = parameters(all.group("parameters"));
    var search = search(all.group("search"));
    var input = schema(all.required("input"), all.at("input"));
    var prompt = Fields.of(all.required("prompt"), all.at("prompt"), this::fault);
    var system = template(prompt, "system", all.raw("input"));
    var user = template(prompt, "user", all.raw("input"));
    var unused = prompt.required("user");
    prompt.refuseOthers();
    var output = schema(all.raw("output"), all.at("output"));
    var timeout = timeout(all.group("timeout_ms"));
    var retry = retry(all.group("retry"));
    var cache = cache(all.group("cache"));
    var store = store(all);
    var repair = repair(all.group("repair"), all.has("output"));
    var removeCitations =
        all.word("citations", List.of("keep", "remove")).orElse("remove").equals("remove");
    var example = example(all, input);
    all.refuseOthers();
    return new FunctionDefinition(
        name,
        version(all, name, model, removeCitations, repair),
        description,
        model,
        fallbacks,
        parameters,
        search,
        system,
        user.orElse(NOTHING),
        input.orElse(UNREADABLE),
        output,
        timeout,
        retry,
        cache,
        store,
        repair,
        removeCitations,
        example);
  }

  private String name(Fields all) {
    var expected = file.getFileName().toString().replaceFirst("\\.yaml$", "");
    var given = all.required("name");
    if (!given.isMissingNode() && (!given.isTextual() || !given.textValue().equals(expected))) {
      all.fault("name", "must be `" + JsonPath.tame(expected) + "`, as the file is called");
    }
    if (!NAME.matches(expected)) {
      all.fault(
          "name",
          "must begin with a letter and have at most 63 of a-z, 0-9 and -; rename the file");
    }
    return expected;
  }

  private String model(Fields all) {
    var model = all.text("model", LONGEST_MODEL).orElse(DEFAULT_MODEL);
    if (!MODEL.matches(model)) {
      all.fault("model", "must be provider/model or a logical name of conf/weir.yaml");
    }
    models.add(new NamedModel(model, tree.lineOf(all.at("model")), all.at("model")));
    return model;
  }

  private List<String> fallbacks(Fields all, String model) {
    var fallbacks = all.texts("fallbacks", 3, LONGEST_MODEL);
    var seen = new LinkedHashSet<>(List.of(model));
    for (var i = 0; i < fallbacks.size(); i++) {
      var place = JsonPath.item(all.at("fallbacks"), i);
      if (!MODEL.matches(fallbacks.get(i))) {
        fault(place, "must be provider/model or a logical name of conf/weir.yaml");
      } else if (!seen.add(fallbacks.get(i))) {
        fault(place, "is tried before already");
      }
      models.add(new NamedModel(fallbacks.get(i), tree.lineOf(place), place));
    }
    return fallbacks;
  }

  private Parameters parameters(Fields fields) {
    var parameters =
        new Parameters(
            fields.decimal("temperature", BigDecimal.ZERO, BigDecimal.TWO),
            fields.decimal("top_p", new BigDecimal("0.01"), BigDecimal.ONE),
            fields.integer("max_output_tokens", 16, 128_000, Parameters.DEFAULT_MAX_OUTPUT_TOKENS),
            fields.word("reasoning_effort", List.of("minimal", "low", "medium", "high")));
    fields.refuseOthers();
    return parameters;
  }

  private Search search(Fields fields) {
    var on = fields.word("mode", List.of("off", "on")).orElse("off").equals("on");
    var domains = fields.texts("domains", 20, 253);
    for (var i = 0; i < domains.size(); i++) {
      if (!DOMAIN.matches(domains.get(i))) {
        fault(
            JsonPath.item(fields.at("domains"), i),
            "must be a domain such as example.com, or -example.com to leave it out");
      }
    }
    var search =
        new Search(
            on,
            domains,
            fields.word("recency", List.of("hour", "day", "week", "month", "year")),
            fields.word("context_size", List.of("low", "medium", "high")));
    for (var name : List.of("domains", "recency", "context_size")) {
      if (!on && fields.has(name)) {
        fields.fault(name, "has no effect unless `mode` is on");
      }
    }
    fields.refuseOthers();
    return search;
  }

  private Optional<Schema> schema(JsonNode node, String path) {
    if (node.isMissingNode()) {
      return Optional.empty();
    }
    var before = faults.size();
    SchemaCheck.faultsOf(node, path).forEach(f -> fault(f.path(), f.message()));
    if (faults.size() == before && !node.path("type").asText().equals("object")) {
      fault(JsonPath.child(path, "type"), "must be object at the top");
    }
    return faults.size() == before ? Optional.of(CompiledSchema.ofChecked(node)) : Optional.empty();
  }

  private Optional<PromptTemplate> template(Fields prompt, String name, JsonNode input) {
    var path = prompt.at(name);
    var text = prompt.text(name, LONGEST_PROMPT);
    if (text.isPresent() && text.get().isBlank()) {
      prompt.fault(name, "must not be empty");
    }
    if (text.isEmpty() || !input.isObject()) {
      return Optional.empty();
    }
    var found = TemplateCheck.faultsOf(text.get(), input);
    found.forEach(f -> faultAt(tree.textLineOf(path) + f.line(), path, f.reason()));
    return found.isEmpty() ? Optional.of(MustacheTemplate.ofChecked(text.get())) : Optional.empty();
  }

  private TimeoutRange timeout(Fields fields) {
    var most = LONGEST_CALL.toMillis();
    var standard = fields.millis("default", 1, most, TimeoutRange.DEFAULT.standard());
    var usual = TimeoutRange.DEFAULT.max();
    var max = fields.millis("max", 1, most, standard.compareTo(usual) > 0 ? standard : usual);
    if (standard.compareTo(max) > 0) {
      fields.fault(
          fields.has("default") ? "default" : "max",
          "is out of order: `default` is "
              + standard.toMillis()
              + " and `max` is "
              + max.toMillis());
    }
    fields.refuseOthers();
    return new TimeoutRange(standard, max);
  }

  private RetryPolicy retry(Fields fields) {
    var base = fields.millis("base_delay_ms", 1, 60_000, RetryPolicy.DEFAULT.baseDelay());
    var usual = RetryPolicy.DEFAULT.maxDelay();
    var max = fields.millis("max_delay_ms", 1, 120_000, base.compareTo(usual) > 0 ? base : usual);
    if (base.compareTo(max) > 0) {
      fields.fault(
          fields.has("base_delay_ms") ? "base_delay_ms" : "max_delay_ms",
          "is out of order: `base_delay_ms` is more than `max_delay_ms`");
    }
    var retry =
        new RetryPolicy(
            fields.integer("max_attempts", 1, 5, RetryPolicy.DEFAULT.maxAttempts()), base, max);
    fields.refuseOthers();
    return retry;
  }

  private static CachePolicy cache(Fields fields) {
    var cache =
        new CachePolicy(
            fields.seconds("ttl_s", 0, LONGEST_TTL.toSeconds(), CachePolicy.DEFAULT.ttl()),
            fields.word("scope", List.of("user", "shared")).orElse("user").equals("shared"),
            fields.seconds("stale_if_error_s", 0, LONGEST_TTL.toSeconds(), Duration.ZERO),
            fields.trueOrFalse("expensive", false),
            fields
                .decimal("similarity", LEAST_SIMILARITY, BigDecimal.ONE)
                .map(cosine -> OptionalDouble.of(cosine.doubleValue()))
                .orElseGet(OptionalDouble::empty));
    for (var name : List.of("stale_if_error_s", "expensive", "similarity")) {
      if (cache.ttl().isZero() && fields.has(name)) {
        fields.fault(name, "has no effect while `ttl_s` is 0");
      }
    }
    fields.refuseOthers();
    return cache;
  }

  private static Optional<ContentPolicy> store(Fields all) {
    if (!all.has("store")) {
      return Optional.empty();
    }
    var fields = all.group("store");
    var policy =
        new ContentPolicy(
            fields.decimal("share", LEAST_SHARE, BigDecimal.ONE).orElse(BigDecimal.ONE),
            Duration.ofDays(fields.integer("ttl_days", 1, MOST_DAYS, USUAL_DAYS)));
    fields.refuseOthers();
    return Optional.of(policy);
  }

  private static RepairPolicy repair(Fields fields, boolean hasOutput) {
    var strict =
        fields.word("mode", List.of("lenient", "strict")).orElse("lenient").equals("strict");
    var secondAsk = fields.trueOrFalse("second_ask", false);
    if (strict && !hasOutput) {
      fields.fault("mode", "has no effect without an `output` schema");
    }
    if (secondAsk && !hasOutput) {
      fields.fault("second_ask", "has no effect without an `output` schema");
    }
    fields.refuseOthers();
    return new RepairPolicy(strict, secondAsk);
  }

  private Optional<JsonNode> example(Fields all, Optional<Schema> input) {
    var example = all.raw("example");
    if (example.isMissingNode()) {
      return Optional.empty();
    }
    if (input.isPresent()) {
      CompiledSchema.violations(all.raw("input"), example)
          .forEach(v -> fault(all.at("example") + v.path().substring(1), v.message()));
    }
    return Optional.of(example);
  }

  /**
   * A hash over what shapes an answer, in one fixed order; the order within a schema counts, as it
   * guides the model.
   */
  private static String version(
      Fields all, String name, String model, boolean removeCitations, RepairPolicy repair) {
    var content = Json.object().put("name", name).put("model", model);
    for (var part : List.of("fallbacks", "parameters", "search", "prompt", "input", "output")) {
      if (all.has(part)) {
        content.set(part, all.raw(part));
      }
    }
    content.put("remove_citations", removeCitations).put("second_ask", repair.secondAsk());
    if (repair.strict()) {
      content.put("repair_mode", "strict");
    }
    return shortHash(content.toString());
  }

  static String shortHash(String text) {
    var digest = sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, VERSION_BYTES);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private void fault(String path, String reason) {
    faultAt(tree.lineOf(path), path, reason);
  }

  private void faultAt(int line, String path, String reason) {
    if (faults.size() < MOST_FAULTS) {
      faults.add(new Fault(file, line, path, reason));
    }
  }
}
