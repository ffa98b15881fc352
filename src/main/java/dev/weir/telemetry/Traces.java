package dev.weir.telemetry;

import java.util.Set;

/**
 * Stack traces without other people's words. The message of an exception often quotes what was
 * being parsed, which may be a prompt or an answer; so only the messages of our own code and those
 * that the JVM itself makes are kept.
 */
final class Traces {
  private static final int FRAMES = 40;
  private static final int CAUSES = 5;

  private static final Set<Class<? extends Throwable>> OF_THE_JVM =
      Set.of(
          NullPointerException.class,
          ClassCastException.class,
          ArrayIndexOutOfBoundsException.class,
          ArithmeticException.class,
          StackOverflowError.class,
          OutOfMemoryError.class,
          NoClassDefFoundError.class);

  private Traces() {}

  /** The exception, its causes and their frames, as text of bounded length. */
  static String of(Throwable failure) {
    var text = new StringBuilder();
    var causes = 0;
    for (var t = failure; t != null && causes < CAUSES; t = t.getCause(), causes++) {
      if (causes > 0) {
        text.append("Caused by: ");
      }
      text.append(t.getClass().getName());
      if (isOurs(t)) {
        text.append(": ").append(t.getMessage());
      }
      text.append('\n');
      var frames = t.getStackTrace();
      for (var i = 0; i < Math.min(frames.length, FRAMES); i++) {
        text.append("\tat ").append(frames[i]).append('\n');
      }
    }
    return text.toString();
  }

  private static boolean isOurs(Throwable t) {
    var frames = t.getStackTrace();
    return OF_THE_JVM.contains(t.getClass())
        || (frames.length > 0 && frames[0].getClassName().startsWith("dev.weir."));
  }
}
