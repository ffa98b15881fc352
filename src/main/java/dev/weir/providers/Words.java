package dev.weir.providers;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * Words for made-up answers, drawn from what was asked, so that an answer shows where it comes from
 * and different questions give different answers. The same text always gives the same words in the
 * same order. Not thread-safe.
 */
final class Words {
  private static final Pattern WORD = Pattern.compile("[\\p{L}][\\p{L}\\d+#-]{3,23}");
  private static final int MOST = 200;
  private static final int LONGEST_TEXT = 20_000;
  private static final List<String> SPARE =
      List.of("progress", "clarity", "teamwork", "evidence", "outcome", "detail", "practice");
  private static final List<String> SENTENCES =
      List.of(
          "Brings %s together with %s.",
          "A clear record of %s, backed by %s.",
          "Puts %s first and keeps %s in view.",
          "Shows how %s leads to %s.",
          "Worked on %s until %s improved.",
          "Connects %s and %s for the people who need it.");

  private final List<String> words;
  private final SplittableRandom random;

  Words(String text) {
    var found = new LinkedHashSet<String>();
    var match = WORD.matcher(text.substring(0, Math.min(text.length(), LONGEST_TEXT)));
    while (match.find() && found.size() < MOST) {
      found.add(match.group());
    }
    found.addAll(SPARE);
    words = List.copyOf(found);
    random = new SplittableRandom(text.hashCode());
  }

  /** The next word. */
  String next() {
    return words.get(random.nextInt(words.size()));
  }

  /** The next word in lower case and plain ASCII, for addresses and identifiers. */
  String plain() {
    var word = next().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return word.isEmpty() ? SPARE.getFirst() : word;
  }

  /** Two or three words with a capital in front. */
  String title() {
    var phrase = next() + " " + next();
    return phrase.substring(0, 1).toUpperCase(Locale.ROOT) + phrase.substring(1);
  }

  /** One sentence. */
  String sentence() {
    return SENTENCES.get(random.nextInt(SENTENCES.size())).formatted(next(), next());
  }

  /** So many sentences. */
  String prose(int sentences) {
    var text = new StringBuilder();
    for (var i = 0; i < sentences; i++) {
      text.append(i == 0 ? "" : " ").append(sentence());
    }
    return text.toString();
  }

  /** A number within these bounds, both included. */
  long number(long from, long to) {
    return from >= to ? from : random.nextLong(from, to) + random.nextInt(2);
  }
}
