package dev.weir.access;

import dev.weir.core.AIError;
import io.netty.util.NetUtil;
import java.util.Optional;

/**
 * A range of addresses in CIDR notation: {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or one address.
 *
 * <p>An IPv4 address that arrives mapped into IPv6 ({@code ::ffff:10.0.0.1}) is the IPv4 address.
 * Host names are not accepted: resolving them would block, and they change.
 */
public final class AddressRange {
  private final String text;
  private final byte[] network;
  private final int bits;

  private AddressRange(String text, byte[] network, int bits) {
    this.text = text;
    this.network = network;
    this.bits = bits;
  }

  /**
   * Reads a range.
   *
   * @throws AIError {@code INVALID_REQUEST} if it is none, or if bits outside the mask are set,
   *     which means that whoever wrote it had another range in mind
   */
  public static AddressRange parse(String text) {
    var slash = text.indexOf('/');
    var address =
        bytes(slash < 0 ? text : text.substring(0, slash)).orElseThrow(() -> refused(text));
    var bits = slash < 0 ? address.length * 8 : width(text, text.substring(slash + 1));
    if (bits < 0 || bits > address.length * 8) {
      throw refused(text);
    }
    for (var i = bits; i < address.length * 8; i++) {
      if ((address[i / 8] >> (7 - i % 8) & 1) != 0) {
        throw AIError.invalid(
            "The address range "
                + quoted(text)
                + " has bits set beyond its /"
                + bits
                + "; write the network's first address.");
      }
    }
    return new AddressRange(text, address, bits);
  }

  /** Whether an address, as text, lies in the range; text that is no address lies in none. */
  public boolean contains(String address) {
    return bytes(address).filter(this::holds).isPresent();
  }

  private boolean holds(byte[] address) {
    if (address.length != network.length) {
      return false;
    }
    for (var i = 0; i < network.length && i * 8 < bits; i++) {
      var mask = 0xff << Math.max(0, 8 - (bits - i * 8)) & 0xff;
      if (((address[i] ^ network[i]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Optional<byte[]> bytes(String address) {
    // A zone (fe80::1%eth0) names the interface, not the caller.
    var zone = address.indexOf('%');
    var parsed =
        NetUtil.createByteArrayFromIpAddressString(zone < 0 ? address : address.substring(0, zone));
    return Optional.ofNullable(parsed).map(AddressRange::unmapped);
  }

  private static byte[] unmapped(byte[] address) {
    if (address.length != 16) {
      return address;
    }
    for (var i = 0; i < 12; i++) {
      if (address[i] != (i < 10 ? 0 : (byte) 0xff)) {
        return address;
      }
    }
    return java.util.Arrays.copyOfRange(address, 12, 16);
  }

  private static int width(String text, String digits) {
    if (digits.isEmpty()
        || digits.length() > 3
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw refused(text);
    }
    return Integer.parseInt(digits);
  }

  private static AIError refused(String text) {
    return AIError.invalid(
        quoted(text) + " is no address range; write 10.0.0.0/8, 2001:db8::/32 or one address.");
  }

  private static String quoted(String text) {
    return "'" + (text.length() > 64 ? text.substring(0, 64) + "…" : text) + "'";
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }
}
