package dev.weir.prompts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionFileTest {
  @TempDir private Path path;
  private FunctionFolder folder;

  @BeforeEach
  void open() {
    folder = new FunctionFolder(path);
  }

  private List<String> faultsOf(String content) {
    return folder.with("f.yaml", content).faults();
  }

  private List<String> faultsWith(String more) {
    return faultsOf(FunctionFolder.good("f") + more);
  }

  @Test
  void needsNoMoreThanNamePromptAndInput() {
    var function = folder.withGood("hello").loaded().find("hello").orElseThrow();

    assertThat(function.model()).isEqualTo("writer");
    assertThat(function.fallbacks()).isEmpty();
    assertThat(function.parameters()).isEqualTo(Parameters.DEFAULT);
    assertThat(function.search()).isEqualTo(Search.OFF);
    assertThat(function.system()).isEmpty();
    assertThat(function.output()).isEmpty();
    assertThat(function.timeout()).isEqualTo(TimeoutRange.DEFAULT);
    assertThat(function.retry()).isEqualTo(RetryPolicy.DEFAULT);
    assertThat(function.cache()).isEqualTo(CachePolicy.DEFAULT);
    assertThat(function.store()).isEmpty();
    assertThat(function.repair()).isEqualTo(RepairPolicy.DEFAULT);
    assertThat(function.removeCitations()).isTrue();
    assertThat(function.user().render(Json.parse("{\"who\":\"Ann\"}")))
        .isEqualTo("Say hello to Ann.");
  }

  @Test
  void readsEveryField() {
    var function =
        folder
            .with(
                "full.yaml",
                """
                name: full
                description: >
                  Does it
                  all.
                model: openai/gpt-5
                fallbacks: [perplexity/sonar, writer]
                parameters:
                  temperature: 0.2
                  top_p: 0.9
                  max_output_tokens: 700
                  reasoning_effort: low
                search:
                  mode: on
                  domains: [example.com, -spam.example]
                  recency: week
                  context_size: high
                prompt:
                  system: Be brief.
                  user: '{{q}}'
                input: {type: object, properties: {q: {type: string}}}
                output: {type: object, properties: {a: {type: string}}}
                timeout_ms: {default: 5000, max: 9000}
                retry: {max_attempts: 2, base_delay_ms: 10, max_delay_ms: 20}
                cache: {ttl_s: 0, scope: shared}
                store: {share: 0.25, ttl_days: 7}
                repair: {mode: strict, second_ask: true}
                citations: keep
                example: {q: 'why?'}
                """)
            .loaded()
            .find("full")
            .orElseThrow();

    assertThat(function.description()).isEqualTo("Does it all.");
    assertThat(function.model()).isEqualTo("openai/gpt-5");
    assertThat(function.fallbacks()).containsExactly("perplexity/sonar", "writer");
    assertThat(function.parameters())
        .isEqualTo(
            new Parameters(
                Optional.of(new BigDecimal("0.2")),
                Optional.of(new BigDecimal("0.9")),
                700,
                Optional.of("low")));
    assertThat(function.search())
        .isEqualTo(
            new Search(
                true,
                List.of("example.com", "-spam.example"),
                Optional.of("week"),
                Optional.of("high")));
    assertThat(function.system().orElseThrow().render(Json.object())).isEqualTo("Be brief.");
    assertThat(function.output()).isPresent();
    assertThat(function.timeout())
        .isEqualTo(new TimeoutRange(Duration.ofSeconds(5), Duration.ofSeconds(9)));
    assertThat(function.retry())
        .isEqualTo(new RetryPolicy(2, Duration.ofMillis(10), Duration.ofMillis(20)));
    assertThat(function.cache()).isEqualTo(new CachePolicy(Duration.ZERO, true));
    assertThat(function.store())
        .contains(new ContentPolicy(new BigDecimal("0.25"), Duration.ofDays(7)));
    assertThat(function.repair()).isEqualTo(new RepairPolicy(true, true));
    assertThat(function.removeCitations()).isFalse();
    assertThat(function.example().orElseThrow().path("q").asText()).isEqualTo("why?");
  }

  @Test
  void reportsAllFaultsOfAFileAtOnce() {
    var faults =
        faultsOf(
            """
            name: g
            modle: writer
            fallbacks: [a/b, a/b, c, d]
            parameters:
              temperature: 3
              max_output_tokens: few
            prompt:
              user: |
                Dear {{name}},

                thanks for {{gift}}.
            input:
              type: object
              additionalProperties: false
              properties:
                nmae: {type: strng}
                gift:
                  type: string
                  minLenght: 1
            timeout_ms: {default: 0, max: 99999999}
            retry:
              max_attempts: 9
            cache:
              scope: sharde
            citations: no
            """);

    assertThat(faults)
        .containsExactly(
            "f.yaml:1: $.name: must be `f`, as the file is called",
            "f.yaml:2: $.modle: is not a field here; did you mean `model`?",
            "f.yaml:3: $.fallbacks: must have at most 3 entries",
            "f.yaml:3: $.fallbacks[1]: is tried before already",
            "f.yaml:5: $.parameters.temperature: must be a number from 0 to 2",
            "f.yaml:6: $.parameters.max_output_tokens: must be a whole number from 16 to 128000",
            "f.yaml:9: $.prompt.user: `name` is not in the input schema; did you mean `nmae`?",
            "f.yaml:16: $.input.properties.nmae.type: must be one of array, boolean, integer, null,"
                + " number, object, string; did you mean `string`?",
            "f.yaml:19: $.input.properties.gift.minLenght: is not a keyword of JSON Schema;"
                + " did you mean `minLength`?",
            "f.yaml:20: $.timeout_ms.default: must be a whole number from 1 to 600000",
            "f.yaml:20: $.timeout_ms.max: must be a whole number from 1 to 600000",
            "f.yaml:22: $.retry.max_attempts: must be a whole number from 1 to 5",
            "f.yaml:24: $.cache.scope: must be one of user, shared; did you mean `shared`?",
            "f.yaml:25: $.citations: must be one of keep, remove");
  }

  @Test
  void pointsIntoTheTextOfAPrompt() {
    assertThat(
            faultsOf(
                """
                name: f
                input: {type: object, additionalProperties: false, properties: {name: {}}}
                prompt:
                  system: "{{role}}"
                  user: |
                    Dear {{name}},

                    thanks for {{nmae}}.
                """))
        .containsExactly(
            "f.yaml:4: $.prompt.system: `role` is not in the input schema",
            "f.yaml:8: $.prompt.user: `nmae` is not in the input schema; did you mean `name`?");
  }

  @Test
  void namesWhatIsMissing() {
    assertThat(faultsOf("description: nothing else\n"))
        .containsExactlyInAnyOrder(
            "f.yaml:1: $.name: is missing; it is required",
            "f.yaml:1: $.input: is missing; it is required",
            "f.yaml:1: $.prompt: is missing; it is required");
    assertThat(faultsOf("name: f\ninput: {type: object}\nprompt: {system: a}\n"))
        .containsExactly("f.yaml:3: $.prompt.user: is missing; it is required");
  }

  @Test
  void refusesWhatHasNoEffect() {
    assertThat(faultsWith("repair: {mode: strict, second_ask: true}\nsearch: {recency: week}\n"))
        .containsExactly(
            "f.yaml:10: $.repair.mode: has no effect without an `output` schema",
            "f.yaml:10: $.repair.second_ask: has no effect without an `output` schema",
            "f.yaml:11: $.search.recency: has no effect unless `mode` is on");
  }

  @Test
  void refusesAnOrderThatCannotBe() {
    assertThat(
            faultsWith(
                "timeout_ms: {default: 10, max: 9}\n"
                    + "retry: {base_delay_ms: 10, max_delay_ms: 9}\n"))
        .containsExactly(
            "f.yaml:10: $.timeout_ms.default: is out of order: `default` is 10 and `max` is 9",
            "f.yaml:11: $.retry.base_delay_ms: is out of order: `base_delay_ms` is more than"
                + " `max_delay_ms`");
  }

  @Test
  void checksTheExampleAgainstTheInput() {
    assertThat(faultsWith("example:\n  who: 5\n  when: now\n"))
        .containsExactly(
            "f.yaml:11: $.example.who: must be a string, not a number",
            "f.yaml:12: $.example.when: is not a field here");
  }

  @Test
  void refusesASchemaThatIsNoObject() {
    assertThat(faultsWith("output: {type: array}\n"))
        .containsExactly("f.yaml:10: $.output.type: must be object at the top");
  }

  @Test
  void saysWhereYamlIsBroken() {
    assertThat(faultsOf("name: f\nprompt: {user: 'a\ninput: 1\n"))
        .singleElement()
        .asString()
        .startsWith("f.yaml:4: $: is not YAML: found unexpected end of stream");
    assertThat(faultsOf("name: f\n\tprompt: x\n"))
        .singleElement()
        .asString()
        .startsWith("f.yaml:2: $: is not YAML: found character '\\t(TAB)'");
    assertThat(faultsOf("")).containsExactly("f.yaml:1: $: is empty");
    assertThat(faultsOf("# only a comment\n")).containsExactly("f.yaml:1: $: is empty");
    assertThat(faultsOf("- a\n- b\n")).containsExactly("f.yaml:1: $: must be a group of fields");
    assertThat(faultsOf("name: a\0b"))
        .containsExactly("f.yaml:1: $: holds the character U+0000, which YAML does not allow");
  }

  @Test
  void refusesASecondDocument() {
    assertThat(faultsWith("---\nname: g\n"))
        .containsExactly("f.yaml:10: $: begins a second document; one file is one");
  }

  @Test
  void refusesAKeyThatStandsTwice() {
    assertThat(faultsWith("citations: keep\nretry:\n  max_attempts: 1\n  max_attempts: 2\n"))
        .containsExactly(
            "f.yaml:13: $.retry.max_attempts: stands here a second time; the first is on line 12");
  }

  @Test
  void refusesABombOfAliases() {
    var bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (var i = 1; i < 40; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }

    assertThat(faultsOf(bomb.toString()))
        .hasSizeBetween(10, 50)
        .contains(
            "f.yaml:1: $.a0: has an anchor (&a0); leave it out",
            "f.yaml:2: $.a1[0]: is an alias (*a0); write the value out");
  }

  @Test
  void refusesTags() {
    assertThat(faultsWith("citations: !!javax.script.ScriptEngineManager keep\n"))
        .singleElement()
        .asString()
        .startsWith("f.yaml:10: $.citations: has a tag (tag:yaml.org,2002:javax.script");
  }

  @Test
  void refusesDeepNesting() {
    assertThat(faultsWith("example: " + "[".repeat(10_000) + "]".repeat(10_000) + "\n"))
        .containsExactly("f.yaml:10: $: is nested deeper than 64 levels");
  }

  @Test
  void refusesWhatIsNotUtf8() throws Exception {
    var bytes = (FunctionFolder.good("f") + "# caf\u00e9\n").getBytes(StandardCharsets.ISO_8859_1);
    Files.write(path.resolve("f.yaml"), bytes);

    assertThat(folder.faults()).containsExactly("f.yaml:10: $: is not valid UTF-8 from here on");
  }

  @Test
  void readsPastAByteOrderMark() {
    assertThat(faultsOf("\uFEFF" + FunctionFolder.good("f"))).isEmpty();
  }

  @Test
  void saysWhatIsWrongWithWhatIsToBeStored() {
    assertThat(faultsWith("store: {share: 2, ttl_days: 0, for: ever}\n"))
        .containsExactly(
            "f.yaml:10: $.store.share: must be a number from 0.0001 to 1",
            "f.yaml:10: $.store.ttl_days: must be a whole number from 1 to 365",
            "f.yaml:10: $.store.for: is not a field here; there are share, ttl_days");
  }

  @Test
  void keepsEveryCallForAMonthWhereStoreSaysNoMore() {
    var function = folder.with("f.yaml", FunctionFolder.good("f") + "store: {}\n").loaded();

    assertThat(function.find("f").orElseThrow().store())
        .contains(new ContentPolicy(BigDecimal.ONE, Duration.ofDays(30)));
  }

  @Test
  void refusesAHugeFile() {
    assertThat(faultsWith("#" + "x".repeat(CatalogueLoader.MAX_FILE_BYTES)))
        .containsExactly("f.yaml: $: is larger than 256 KiB");
  }

  @Test
  void keepsTheVersionUnlessAnAnswerIsShapedByTheChange() {
    var before = versionOf(FunctionFolder.good("f"));

    assertThat(before).matches("[0-9a-f]{12}");
    assertThat(versionOf("# a comment\n" + FunctionFolder.good("f"))).isEqualTo(before);
    assertThat(versionOf(FunctionFolder.good("f") + "timeout_ms: {default: 9}\n"))
        .isEqualTo(before);
    assertThat(versionOf(FunctionFolder.good("f") + "cache: {ttl_s: 5}\ndescription: x\n"))
        .isEqualTo(before);
    assertThat(versionOf(FunctionFolder.good("f") + "store: {share: 0.5}\n")).isEqualTo(before);
    assertThat(versionOf(FunctionFolder.good("f") + "model: other\n")).isNotEqualTo(before);
    assertThat(versionOf(FunctionFolder.good("f") + "citations: keep\n")).isNotEqualTo(before);
    assertThat(versionOf(FunctionFolder.good("f").replace("hello", "hullo"))).isNotEqualTo(before);
  }

  private String versionOf(String content) {
    return folder.with("f.yaml", content).loaded().find("f").orElseThrow().version();
  }
}
