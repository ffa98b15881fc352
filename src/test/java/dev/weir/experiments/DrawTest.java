package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.numbers.gamma.RegularizedGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets which arm: as documented, in balance, and independent between experiments. */
class DrawTest {
  private static final int USERS = 1_000_000;
  private static final int EXPERIMENTS = 20;

  /** A failure of a fair draw once in so many runs; the hash is fixed, so there is but one run. */
  private static final double LEVEL = 1e-6;

  @ParameterizedTest
  @CsvSource({"cover-letter, ann", "cover-letter, bob", "onboarding, user-42", "x, größer"})
  void aSlotIsTheDocumentedFunctionOfLayerAndUser(String layer, String user) throws Exception {
    var digest =
        MessageDigest.getInstance("SHA-256")
            .digest(("weir-layer-1\n" + layer + "\n" + user).getBytes(StandardCharsets.UTF_8));
    var first = new java.math.BigInteger(1, java.util.Arrays.copyOf(digest, 8));

    assertThat(Draw.slot(layer, user))
        .isEqualTo(first.mod(java.math.BigInteger.valueOf(10_000)).intValue());
  }

  @ParameterizedTest
  @CsvSource({"0.0, 0", "0.24, 0", "0.25, 2", "0.99, 2"})
  void anArmIsTheFirstWhoseShareReachesBeyondThePoint(double point, int arm) {
    assertThat(Draw.arm(point, List.of(0.25, 0.0, 0.75))).isEqualTo(arm);
  }

  @Test
  void aSumBelowOneByRoundingStillGivesAnArm() {
    assertThat(Draw.arm(Math.nextDown(1.0), List.of(0.3, 0.6999999, 0.0))).isEqualTo(1);
  }

  @Test
  void aMillionUsersOverTwentyExperimentsAreInBalanceAndIndependent() {
    var shares = List.of(0.1, 0.2, 0.3, 0.4);
    var counts = new long[EXPERIMENTS][shares.size()];
    var pairs = new long[EXPERIMENTS][EXPERIMENTS][shares.size()][shares.size()];
    var slots = new long[100][shares.size()];
    IntStream.range(0, USERS)
        .forEach(
            n -> {
              var user = "user-" + n;
              var arms = new int[EXPERIMENTS];
              for (var e = 0; e < EXPERIMENTS; e++) {
                arms[e] = Draw.arm(Draw.point("salt-" + e, user), shares);
                counts[e][arms[e]]++;
              }
              slots[Draw.slot("layer", user) / 100][arms[0]]++;
              for (var a = 0; a < EXPERIMENTS; a++) {
                for (var b = 0; b < a; b++) {
                  pairs[a][b][arms[a]][arms[b]]++;
                }
              }
            });

    for (var e = 0; e < EXPERIMENTS; e++) {
      assertThat(balance(counts[e], shares)).as("balance of experiment " + e).isGreaterThan(LEVEL);
      for (var b = 0; b < e; b++) {
        assertThat(independence(pairs[e][b])).as(e + " against " + b).isGreaterThan(LEVEL);
      }
    }
    assertThat(independence(slots)).as("slots against arms").isGreaterThan(LEVEL);
  }

  private static double balance(long[] counts, List<Double> shares) {
    var chi = 0.0;
    for (var i = 0; i < counts.length; i++) {
      var expected = USERS * shares.get(i);
      chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return tail(chi, counts.length - 1.0);
  }

  private static double independence(long[][] table) {
    var rows = new double[table.length];
    var columns = new double[table[0].length];
    for (var i = 0; i < table.length; i++) {
      for (var j = 0; j < table[0].length; j++) {
        rows[i] += table[i][j];
        columns[j] += table[i][j];
      }
    }
    var chi = 0.0;
    for (var i = 0; i < table.length; i++) {
      for (var j = 0; j < table[0].length; j++) {
        var expected = rows[i] * columns[j] / USERS;
        chi += (table[i][j] - expected) * (table[i][j] - expected) / expected;
      }
    }
    return tail(chi, (rows.length - 1.0) * (columns.length - 1.0));
  }

  /** How often a fair draw is further off. */
  private static double tail(double chi, double freedom) {
    return RegularizedGamma.Q.value(freedom / 2, chi / 2);
  }
}
