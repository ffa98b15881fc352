package dev.weir.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.gateway.Principal.Role;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTest {
  @ParameterizedTest
  @EnumSource(value = Role.class, mode = EnumSource.Mode.EXCLUDE, names = "WEIR")
  void isReadAsItWasMade(Role role) {
    var key = ApiKey.generate(role);

    assertThat(ApiKey.read(key.reveal()))
        .isInstanceOfSatisfying(
            ApiKey.Reading.Whole.class,
            whole -> {
              assertThat(whole.key().reveal()).isEqualTo(key.reveal());
              assertThat(whole.key().role()).isEqualTo(role);
            });
  }

  @Test
  void thereIsNoneForWeirItself() {
    assertThatThrownBy(() -> ApiKey.generate(Role.WEIR))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void hasTheShapeThatSecretScannersAreTold() {
    assertThat(ApiKey.generate(Role.SERVICE).reveal())
        .matches("weir_[usa]_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}")
        .hasSize(ApiKey.LENGTH);
  }

  @Test
  void noTwoAreAlike() {
    var keys = new HashSet<String>();
    for (var i = 0; i < 1_000; i++) {
      keys.add(ApiKey.generate(Role.USER).reveal());
    }

    assertThat(keys).hasSize(1_000);
  }

  @Test
  void everySingleWrongCharacterIsNoticed() {
    var text = ApiKey.generate(Role.USER).reveal();

    for (var at = 5; at < text.length(); at++) {
      var other = text.charAt(at) == 'a' ? 's' : 'a';
      var typo = text.substring(0, at) + other + text.substring(at + 1);

      assertThat(ApiKey.read(typo)).as("at %d", at).isInstanceOf(ApiKey.Reading.Damaged.class);
    }
  }

  @Test
  void twoSwappedCharactersAreNoticed() {
    var text = ApiKey.generate(Role.USER).reveal();

    for (var at = 16; at + 1 < text.length(); at++) {
      if (text.charAt(at) != text.charAt(at + 1)) {
        var swapped =
            text.substring(0, at) + text.charAt(at + 1) + text.charAt(at) + text.substring(at + 2);

        assertThat(ApiKey.read(swapped)).isInstanceOf(ApiKey.Reading.Damaged.class);
      }
    }
  }

  @Test
  void halfAKeyIsDamagedAndNotUnknown() {
    var text = ApiKey.generate(Role.USER).reveal();

    assertThat(ApiKey.read(text.substring(0, 40))).isInstanceOf(ApiKey.Reading.Damaged.class);
    assertThat(ApiKey.read(text + text)).isInstanceOf(ApiKey.Reading.Damaged.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sk-proj-1234", "Weir_u_x", "weir", "null"})
  void anotherHousesKeyIsForeign(String text) {
    assertThat(ApiKey.read(text)).isInstanceOf(ApiKey.Reading.Foreign.class);
  }

  @Test
  void printsItsPublicPartAlone() {
    var key = ApiKey.generate(Role.ADMIN);

    assertThat(key.toString())
        .isEqualTo(key.prefix() + "_…")
        .doesNotContain(key.reveal().substring(16));
    assertThat(key.prefix()).matches("weir_a_[0-9A-Za-z]{8}");
  }

  @Test
  void itsHashIsTheSha256OfItsText() {
    assertThat(KeyHash.of("abc").bytes())
        .asHexString()
        .isEqualToIgnoringCase("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
  }

  @Test
  void aHashSurvivesItsBytes() {
    var hash = ApiKey.generate(Role.USER).hash();

    assertThat(KeyHash.ofBytes(hash.bytes())).isEqualTo(hash);
    assertThat(hash.matches(KeyHash.ofBytes(hash.bytes()))).isTrue();
    assertThat(hash.matches(ApiKey.generate(Role.USER).hash())).isFalse();
  }
}
