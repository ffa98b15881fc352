package dev.weir.config;

import java.time.Duration;

/**
 * The public port.
 *
 * @param host the address to listen on
 * @param port 0 to 65535; 0 takes a free one
 * @param maxBodyBytes the largest body that is read
 * @param maxHeaderBytes the largest request head
 * @param headerTimeout the longest that a head may take
 * @param bodyTimeout the longest that a body may take
 * @param idleTimeout how long a connection may stay silent between requests
 * @param maxConnections connections at once
 */
public record HttpSettings(
    String host,
    int port,
    int maxBodyBytes,
    int maxHeaderBytes,
    Duration headerTimeout,
    Duration bodyTimeout,
    Duration idleTimeout,
    int maxConnections) {
  /** Port 8080 on loopback, 8 MiB bodies, 16 KiB heads in 10 s, bodies in 30 s. */
  public static final HttpSettings DEFAULT =
      new HttpSettings(
          "127.0.0.1",
          8080,
          8 << 20,
          16 << 10,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(120),
          10_000);
}
