package dev.weir.providers;

import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Message;
import dev.weir.prompts.CatalogueLoader;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.LoadResult;
import dev.weir.prompts.ModelCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A newcomer without a key gets an answer from every shipped function. */
class ShippedFunctionsInTheSandboxTest {
  static Stream<FunctionDefinition> functions() {
    var loaded = new CatalogueLoader(ModelCheck.ANY).load(Path.of("conf", "functions"));
    return ((LoadResult.Loaded) loaded).catalogue().all().stream();
  }

  @ParameterizedTest
  @MethodSource("functions")
  void areAnsweredByTheirSchema(FunctionDefinition function) {
    var prompt = function.user().render(function.example().orElseThrow());
    var ask = new Ask.Prompted(List.of(new Message(Message.Role.USER, prompt)), function, false);

    try (var loop = new Loop(config(Mode.DEV))) {
      var answer = loop.answer(exchange(ask, target("sandbox/plain")));

      assertThat(function.output().orElseThrow().validate(Json.parse(answer.text()))).isEmpty();
      assertThat(answer.sources().isEmpty()).isEqualTo(!function.search().on());
    }
  }
}
