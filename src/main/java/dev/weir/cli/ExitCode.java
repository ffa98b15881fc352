package dev.weir.cli;

/** What a command's exit code tells. */
public final class ExitCode {
  /** It did what it should. */
  public static final int OK = 0;

  /** It was refused or failed; the same command will fail again. */
  public static final int FAILED = 1;

  /** The command line itself is wrong. */
  public static final int USAGE = 2;

  /** Nobody answered. */
  public static final int UNREACHABLE = 3;

  /** It failed and may succeed later: a limit, a provider or a database that is away. */
  public static final int TRY_LATER = 4;

  private ExitCode() {}
}
