package dev.weir.config;

/**
 * One reason why the settings are refused. It never quotes a secret.
 *
 * @param file the file, or {@code environment}
 * @param line the line, counted from 1; 0 where there is none
 * @param path the key, as in {@code http.listen}, or the environment variable
 * @param reason what is wrong and what would be right
 */
public record ConfigFault(String file, int line, String path, String reason) {
  /** As an editor can follow it: {@code conf/weir.yaml:12: http.listen: must be ...}. */
  @Override
  public String toString() {
    return (line > 0 ? file + ":" + line : file) + ": " + path + ": " + reason;
  }
}
