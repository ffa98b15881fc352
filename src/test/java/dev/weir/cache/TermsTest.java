package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Principal;
import dev.weir.wire.CacheControl;
import dev.weir.wire.ChatRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TermsTest {
  private static Exchange chat(CallOptions options, boolean cachingKey) {
    var x = Exchanges.chat("perplexity/sonar");
    var call = (Call.OfModel) x.call();
    var caller =
        new Principal(
            UUID.randomUUID(),
            Principal.Role.USER,
            "ann",
            Optional.empty(),
            Set.of(),
            Set.of(),
            cachingKey);
    return new Exchange(
        x.origin(),
        new Call.OfModel(call.model(), call.body(), call.stream(), options),
        caller,
        x.plan(),
        Optional.empty(),
        x.cancellation(),
        x.tally());
  }

  private static String terms(CallOptions options, boolean cachingKey) {
    return Terms.of(chat(options, cachingKey), "ann")
        .map(t -> t.refresh() ? "refresh" : "use")
        .orElse("off");
  }

  private static List<String> values(String header) {
    return header.equals("-") ? List.of() : Arrays.asList(header.split(";", -1));
  }

  /** What the headers of a chat completion come to, with a key that asks for the cache and not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cache-control       | x-weir-cache-control | caching | plain
          -                   | -                    | use     | off
          -                   | use                  | use     | use
          -                   | refresh              | refresh | refresh
          -                   | off                  | off     | off
          -                   | no-store             | off     | off
          -                   | no-cache             | refresh | off
          -                   | max-age=60           | use     | use
          -                   | max-age=0            | off     | off
          no-cache            | -                    | refresh | off
          no-cache;max-age=60 | -                    | refresh | off
          max-age=60          | -                    | use     | off
          max-age=0           | -                    | off     | off
          no-store            | -                    | off     | off
          no-store            | use                  | off     | off
          no-cache            | use                  | refresh | refresh
          no-cache            | off                  | off     | off
          private             | -                    | use     | off
          """,
      useHeadersInDisplayName = true)
  void theKeyDecidesWhereTheCallSaysNothing(
      String standard, String own, String caching, String plain) {
    var options =
        CacheControl.apply(
            ChatRequest.options(Optional.empty(), Map.of()), values(standard), values(own));

    assertThat(terms(options, true)).isEqualTo(caching);
    assertThat(terms(options, false)).isEqualTo(plain);
  }

  @ParameterizedTest
  @EnumSource(names = {"USE", "REFRESH", "OFF"})
  void aCallThatSaysSoNeedsNoKeyThatDoes(CacheUse use) {
    var options = new CallOptions(use, Optional.empty());

    assertThat(terms(options, true))
        .isEqualTo(terms(options, false))
        .isEqualToIgnoringCase(use.name());
  }

  @Test
  void bothKindsOfKeysOfAUserHaveOneKeyInTheCache() {
    var asked = new CallOptions(CacheUse.USE, Optional.empty());
    var unasked = new CallOptions(CacheUse.AS_KEY, Optional.empty());

    assertThat(Terms.of(chat(asked, false), "ann").map(Terms::key))
        .isPresent()
        .isEqualTo(Terms.of(chat(unasked, true), "ann").map(Terms::key));
  }
}
