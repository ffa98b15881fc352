package dev.weir.access;

import dev.weir.gateway.Principal.Role;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.zip.CRC32;

/**
 * A whole key, as its owner holds it: {@code weir_u_4fTq0ZbC_} and 49 more letters and digits.
 *
 * <pre>
 * weir_  every key of ours, so that secret scanners know them:
 *        weir_[usa]_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}
 * u_     the role: u(ser), s(ervice), a(dmin)
 * 8      random and public: the key's name in lists and logs, the "prefix"
 * _43    256 random bits: the secret
 * 6      CRC-32 of all before it: a typing error is told from an unknown key without the database
 * </pre>
 *
 * Base 62 of {@code 0-9A-Za-z}, and no character at which a double click stops. Prints as its
 * prefix alone. Immutable.
 */
public final class ApiKey {
  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final BigInteger BASE = BigInteger.valueOf(ALPHABET.length());
  private static final int ROLE_AT = 5;
  private static final int PUBLIC_AT = ROLE_AT + 2;
  private static final int PREFIX_LENGTH = PUBLIC_AT + 8;
  private static final int SECRET_AT = PREFIX_LENGTH + 1;
  private static final int CHECKSUM_AT = SECRET_AT + 43;

  /** Characters of every key. */
  static final int LENGTH = CHECKSUM_AT + 6;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final String text;

  private ApiKey(String text) {
    this.text = text;
  }

  /** A new key for a role, from the machine's secure randomness. Any thread. */
  public static ApiKey generate(Role role) {
    // 48 bits fill 8 digits but for a few per mille: modulo a power of 62 is even enough for a
    // name.
    var name = digits(new BigInteger(48, RANDOM).mod(BASE.pow(8)), 8);
    var secret = digits(new BigInteger(256, RANDOM), 43);
    var body = "weir_" + letter(role) + "_" + name + "_" + secret;
    return new ApiKey(body + checksum(body));
  }

  /** What a text that should be a key turns out to be. */
  sealed interface Reading {
    /** A key whose checksum is right; whether it is known is for the store to say. */
    record Whole(ApiKey key) implements Reading {}

    /** Begins like a key of ours, but a character is wrong, missing or too many. */
    record Damaged() implements Reading {}

    /** No key of ours at all. */
    record Foreign() implements Reading {}
  }

  /** Reads a text that should be a key. Takes no longer for a long text than for a short one. */
  static Reading read(String text) {
    if (!text.startsWith("weir_")) {
      return new Reading.Foreign();
    }
    if (text.length() != LENGTH || !wellFormed(text)) {
      return new Reading.Damaged();
    }
    return text.endsWith(checksum(text.substring(0, CHECKSUM_AT)))
        ? new Reading.Whole(new ApiKey(text))
        : new Reading.Damaged();
  }

  private static boolean wellFormed(String text) {
    for (var i = ROLE_AT; i < LENGTH; i++) {
      var c = text.charAt(i);
      var ok =
          switch (i) {
            case ROLE_AT -> c == 'u' || c == 's' || c == 'a';
            case ROLE_AT + 1, PREFIX_LENGTH -> c == '_';
            default -> (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
          };
      if (!ok) {
        return false;
      }
    }
    return true;
  }

  /** The whole key: shown once, to its owner. */
  public String reveal() {
    return text;
  }

  /** Its public part, by which lists, logs and messages name it. */
  public String prefix() {
    return text.substring(0, PREFIX_LENGTH);
  }

  /** The role that its text claims; what the store says is what counts. */
  public Role role() {
    return switch (text.charAt(ROLE_AT)) {
      case 'u' -> Role.USER;
      case 's' -> Role.SERVICE;
      default -> Role.ADMIN;
    };
  }

  KeyHash hash() {
    return KeyHash.of(text);
  }

  private static char letter(Role role) {
    return switch (role) {
      case USER -> 'u';
      case SERVICE -> 's';
      case ADMIN -> 'a';
      case WEIR -> throw new IllegalArgumentException("Weir itself has no key");
    };
  }

  private static String checksum(String body) {
    var crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    return digits(crc.getValue(), 6);
  }

  private static String digits(long number, int width) {
    var digits = new char[width];
    var rest = number;
    for (var i = width - 1; i >= 0; i--) {
      digits[i] = ALPHABET.charAt((int) (rest % 62));
      rest /= 62;
    }
    return new String(digits);
  }

  private static String digits(BigInteger number, int width) {
    var digits = new char[width];
    var rest = number;
    for (var i = width - 1; i >= 0; i--) {
      var step = rest.divideAndRemainder(BASE);
      digits[i] = ALPHABET.charAt(step[1].intValue());
      rest = step[0];
    }
    return new String(digits);
  }

  /** The prefix: a key never prints itself. */
  @Override
  public String toString() {
    return prefix() + "_…";
  }
}
