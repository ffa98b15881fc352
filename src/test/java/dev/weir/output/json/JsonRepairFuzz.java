package dev.weir.output.json;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Looks for a text on which a repair fails, does not end or breaks a promise. */
class JsonRepairFuzz {
  private static final Options STRICTLY =
      Options.DEFAULTS
          .withoutCitations(50)
          .withUnwrapStrings(true)
          .withSchema(
              Samples.read(
                  "{\"anyOf\":[{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":"
                      + "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}},{\"type\":\"array\"}]}"));

  @FuzzTest(maxDuration = "2m")
  void keepsItsPromises(byte @NotNull [] bytes) {
    var text = new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    var repaired = JsonRepair.repair(text);
    JsonRepair.repair(text, STRICTLY);

    Optional<JsonNode> valid =
        new StrictReader(Options.DEFAULTS).read(text.toCharArray(), text.length());
    check(valid.isPresent() == repaired.untouched(), "untouched means valid");
    if (repaired.found()) {
      var again = JsonRepair.repair(repaired.value().toString());
      check(again.untouched(), "what comes out is valid");
      check(Samples.same(repaired.value(), again.value()), "and means the same");
    }

    var chars = text.toCharArray();
    var looked = new Text(chars, chars.length);
    new DocumentFinder(looked, Options.DEFAULTS, new Edits(0), 0).all();
    check(looked.looks < 64L * chars.length + 10_000, "looks ahead are linear");

    var stream = new StreamingRepair(Options.DEFAULTS);
    for (var i = 0; i < text.length(); i += 7) {
      stream.feed(text.substring(i, Math.min(text.length(), i + 7)));
    }
    check(stream.value().toString() != null, "a partial value can be written");
  }

  private static void check(boolean holds, String promise) {
    if (!holds) {
      throw new AssertionError(promise);
    }
  }
}
