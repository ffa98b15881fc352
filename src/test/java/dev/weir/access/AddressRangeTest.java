package dev.weir.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.1.2, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "192.168.4.0/22, 192.168.7.255, true",
    "192.168.4.0/22, 192.168.8.0, false",
    "203.0.113.7, 203.0.113.7, true",
    "203.0.113.7, 203.0.113.8, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "0.0.0.0/0, 2001:db8::1, false",
    "10.0.0.0/8, ::ffff:10.1.2.3, true",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::1, false",
    "::/0, 2001:db8::1, true",
    "::1, ::1, true",
    "::1, 0:0:0:0:0:0:0:1, true",
    "fe80::/10, fe80::1%eth0, true",
    "127.0.0.0/8, bus, false",
    "127.0.0.0/8, localhost, false",
  })
  void holdsWhatItSays(String range, String address, boolean inside) {
    assertThat(AddressRange.parse(range).contains(address)).isEqualTo(inside);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10.0.0/8",
        "::/129",
        "example.com",
        "10.0.0.0/+8",
        "10.0.0.0/0008",
        "256.0.0.0/8"
      })
  void refusesWhatIsNoRange(String text) {
    assertThatThrownBy(() -> AddressRange.parse(text))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("is no address range");
  }

  @Test
  void refusesBitsBeyondTheMaskSinceTheWriterMeantAnotherRange() {
    assertThatThrownBy(() -> AddressRange.parse("10.0.0.1/8"))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("beyond its /8");
  }
}
