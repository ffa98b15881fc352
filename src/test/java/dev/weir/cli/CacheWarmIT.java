package dev.weir.cli;

import static dev.weir.testing.Turn.agentCompleted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.app.WarmUpWorld;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir cache warm FILE} with a provider that takes its time and costs money. */
@ExtendWith(TestDatabase.Extension.class)
class CacheWarmIT {
  @TempDir private Path directory;
  private WarmUpWorld world;
  private Shell shell;

  @BeforeEach
  void start(TestDatabase database) throws IOException {
    world = new WarmUpWorld(database, directory, "0", 1);
    shell = Shell.of(directory, world.weir);
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private void file(String... topics) throws IOException {
    file("worth", List.of(topics));
  }

  private void file(String function, List<String> topics) throws IOException {
    var lines = new ArrayList<String>();
    for (var topic : topics) {
      var line = Json.object().put("function", function).put("user", "ada");
      line.putObject("input").put("topic", topic);
      lines.add(line.toString());
    }
    Files.write(directory.resolve("inputs.jsonl"), lines);
  }

  @Test
  void soManyAreAskedForAtATimeAndTheBarShowsEachThatHasEnded() throws IOException {
    file("ant", "bee", "cat", "dog", "eel");
    var gate = new CompletableFuture<Void>();
    world.fake.always(agentCompleted("A fresh answer.").tokens(100, 200).once(gate));

    var running =
        CompletableFuture.supplyAsync(
            () -> shell.onATerminal().run("cache", "warm", "inputs.jsonl", "--at-once", "3"));
    Eventually.until("three are under way", () -> world.fake.requests().size() == 3);
    gate.complete(null);
    var run = running.join();

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(world.fake.highWater()).isEqualTo(3);
    assertThat(run.err())
        .containsSubsequence("] 0 of 5", "] 1 of 5", "] 2 of 5", "] 3 of 5", "] 4 of 5", "] 5 of 5")
        .endsWith("] 5 of 5" + System.lineSeparator());
    assertThat(run.out())
        .contains("5 of 5 inputs: 5 asked for, 0 kept already, 0 failed; 0.06 USD");
    Eventually.until(
        "all are kept, which is after their calls have ended",
        () -> world.database.count("SELECT count(*) FROM response_cache") == 5);
    assertThat(shell.run("cache", "warm", "inputs.jsonl").out())
        .contains("5 of 5 inputs: 0 asked for, 5 kept already, 0 failed; 0 USD");
  }

  @Test
  void aByteOrderMarkAtTheStartOfTheFileIsNoPartOfItsFirstLine() throws IOException {
    file("ant", "bee");
    var path = directory.resolve("inputs.jsonl");
    Files.writeString(path, "\uFEFF" + Files.readString(path));

    var run = shell.run("cache", "warm", "inputs.jsonl");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(asked()).containsExactlyInAnyOrder("ant", "bee");
  }

  @Test
  void allTogetherCostNoMoreThanTheyMay() throws IOException {
    file("ant", "bee", "cat", "dog", "eel", "fox");

    var run = shell.run("cache", "warm", "inputs.jsonl", "--max-usd", "0.05");

    // 0.012 each; after three of them 0.014 are left, and a call may cost 0.02
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(
            "3 of 6 inputs: 3 asked for, 0 kept already, 0 failed; 0.036 USD; the next could cost"
                + " more than --max-usd");
    Eventually.until(
        "the records say the same",
        () -> world.recorded().compareTo(new java.math.BigDecimal("0.036")) == 0);
    assertThat(asked()).containsExactly("ant", "bee", "cat");
  }

  @Test
  void anInputWhosePartIsTooSmallAfterItsVectorIsAskedForWithAllThatIsLeft() throws IOException {
    file("meant", List.of("ant", "bee", "cat"));

    var run = shell.run("cache", "warm", "inputs.jsonl", "--max-usd", "0.04");

    // A part of 0.01 pays the vector and not the call that may cost 0.02.
    assertThat(run.out()).contains(" of 3 inputs: ").contains(" 0 failed; ").contains("--max-usd");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(asked()).contains("ant");
    Eventually.until(
        "what it tells is what the records say",
        () -> run.out().contains("; " + world.recorded().stripTrailingZeros().toPlainString()));
    assertThat(world.recorded()).isLessThanOrEqualTo(new java.math.BigDecimal("0.04"));
  }

  private List<String> asked() {
    return world.fake.requests().stream()
        .map(seen -> seen.body().toString().replaceAll("(?s).*Tell of (\\w+)\\..*", "$1"))
        .toList();
  }

  @Test
  void whereTheAccountMayHaveFewerCallsAtOnceAllAreAskedForAllTheSame() throws IOException {
    file("ant", "bee", "cat", "dog", "eel");
    world.limit("{\"concurrent_calls\": 2}");
    var gate = new CompletableFuture<Void>();
    world.fake.always(agentCompleted("A fresh answer.").tokens(100, 200).once(gate));

    var running = CompletableFuture.supplyAsync(() -> shell.run("cache", "warm", "inputs.jsonl"));
    Eventually.until("two are under way", () -> world.fake.requests().size() == 2);
    gate.complete(null);
    var run = running.join();

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("5 of 5 inputs: 5 asked for, 0 kept already, 0 failed");
    assertThat(world.fake.highWater()).isEqualTo(2);
  }

  @Test
  void aLimitOfTheAccountEndsItAndWhatWasDoneIsTold() throws IOException {
    file("ant", "bee", "cat", "dog");
    world.limit("{\"calls_per_day\": 2}");

    var run = shell.onATerminal().run("cache", "warm", "inputs.jsonl", "--at-once", "2");

    assertThat(run.exitCode()).isNotZero();
    assertThat(run.out())
        .contains("2 of 4 inputs: 2 asked for, 0 kept already, 0 failed; 0.024 USD");
    assertThat(run.err()).contains("calls").doesNotContain("line 3");
    assertThat(world.fake.requests()).hasSize(2);
  }

  @Test
  void anInputThatFailsIsToldWithItsLineAndTheOthersGoOn() throws IOException {
    Files.writeString(
        directory.resolve("inputs.jsonl"),
        """
        {"function": "worth", "user": "ada", "input": {"topic": "ant"}}

        {"function": "worth", "user": "ada", "input": {"subject": "bee"}}
        {"function": "worth", "input": {"topic": "cat"}}
        {"function": "worth", "user": "ada", "input": {"topic": "dog"}}
        """);

    var run = shell.onATerminal().run("cache", "warm", "inputs.jsonl");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.out()).contains("4 of 4 inputs: 2 asked for, 0 kept already, 2 failed");
    assertThat(run.err())
        .containsPattern("(?m)^(.*\r)? *\r?line 3: ")
        .contains("line 4: The answers of this function belong to users: name the 'user'.");
    assertThat(asked()).containsExactlyInAnyOrder("ant", "dog");

    Files.writeString(directory.resolve("broken.jsonl"), "{\"function\": \"worth\"}\nno object\n");
    var broken = shell.run("cache", "warm", "broken.jsonl");
    assertThat(broken.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(broken.err()).contains("Line 2 is no JSON object");
    assertThat(broken.out()).isEmpty();
    assertThat(shell.run("cache", "warm", "inputs.jsonl", "--at-once", "0").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void ofALinesOwnBoundAndThatOfAllTogetherTheLowerOneHolds() throws IOException {
    var line =
        "{\"function\": \"worth\", \"user\": \"ada\", \"input\": {\"topic\": \"%s\"}, \"max_usd\":"
            + " %s}";
    Files.write(
        directory.resolve("inputs.jsonl"),
        List.of(
            line.formatted("ant", "0.01"),
            line.formatted("bee", "5"),
            line.formatted("cat", "null"),
            line.formatted("dog", "\"a lot\"")));

    var run = shell.run("cache", "warm", "inputs.jsonl", "--at-once", "1", "--max-usd", "0.05");

    assertThat(run.out()).contains("4 of 4 inputs: 2 asked for, 0 kept already, 2 failed; 0.024");
    assertThat(run.err())
        .contains("line 1: This call may cost 0.01 USD in all")
        .contains("line 4: 'max_usd' must be a number");
    assertThat(world.fake.requests()).hasSize(2);

    Files.write(directory.resolve("inputs.jsonl"), List.of(line.formatted("eel", "5")));
    var poor = shell.run("cache", "warm", "inputs.jsonl", "--max-usd", "0.015");

    assertThat(poor.out()).contains("the next could cost more than --max-usd");
    assertThat(world.fake.requests()).hasSize(2);
  }

  @Test
  void whatWouldNotBeKeptIsNotPaidFor() throws IOException {
    Files.writeString(
        directory.resolve("inputs.jsonl"),
        "{\"function\": \"fleeting\", \"user\": \"ada\", \"input\": {\"topic\": \"ant\"}}");

    var run = shell.run("cache", "warm", "inputs.jsonl");

    assertThat(run.err()).contains("line 1: The answers of 'fleeting' are not kept");
    assertThat(world.fake.requests()).isEmpty();
  }
}
