package dev.weir.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy that breaks things: faults are injected outside the process under test, where they
 * happen in life. Faults may be switched on and off while connections are open. Each direction of a
 * connection has a virtual thread. Thread-safe.
 */
public final class FaultyProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final InetSocketAddress target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicLong downBytes = new AtomicLong();
  private volatile Duration delay = Duration.ZERO;
  private volatile Duration jitter = Duration.ZERO;
  private volatile long cutAfter = Long.MAX_VALUE;
  private volatile long halfCloseAfter = Long.MAX_VALUE;
  private volatile boolean blackHole;
  private volatile boolean garbage;
  private final AtomicReference<@Nullable Cut> next = new AtomicReference<>();
  private final AtomicInteger cuts = new AtomicInteger();

  /** Where in a conversation a connection is reset. */
  private record Cut(byte[] words, boolean heard) {}

  private FaultyProxy(ServerSocket listener, InetSocketAddress target) {
    this.listener = listener;
    this.target = target;
  }

  /** A proxy on a free loopback port before that loopback port. */
  public static FaultyProxy before(int port) {
    try {
      var loopback = InetAddress.getLoopbackAddress();
      var proxy =
          new FaultyProxy(
              new ServerSocket(0, 128, loopback), new InetSocketAddress(loopback, port));
      Thread.ofVirtual().name("faulty-proxy").start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The port it listens on. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Waits so long before each chunk is passed on, in both directions. */
  public FaultyProxy delay(Duration wait) {
    delay = wait;
    return this;
  }

  /** Waits before each chunk, beyond the {@link #delay}, at random and at most so long. */
  public FaultyProxy jitter(Duration most) {
    jitter = most;
    return this;
  }

  /** Resets each connection (RST) once so many bytes of its answers have passed. */
  public FaultyProxy cutAfter(long answerBytes) {
    cutAfter = answerBytes;
    return this;
  }

  /** Ends the answers' direction (FIN) of each connection after so many bytes; goes on reading. */
  public FaultyProxy halfCloseAfter(long answerBytes) {
    halfCloseAfter = answerBytes;
    return this;
  }

  /** Accepts and swallows everything, answers nothing. */
  public FaultyProxy blackHole(boolean on) {
    blackHole = on;
    return this;
  }

  /** Answers the first bytes of each connection with something that is no HTTP. */
  public FaultyProxy garbage(boolean on) {
    garbage = on;
    return this;
  }

  /**
   * Resets, once, the first connection on which the client says these words in one chunk from now
   * on.
   *
   * @param words as they stand on the wire
   * @param heard whether the server still hears and does what they ask, and only its answer is
   *     lost; else they are lost, too
   */
  public FaultyProxy cutAt(String words, boolean heard) {
    next.set(new Cut(words.getBytes(UTF_8), heard));
    return this;
  }

  /** How often a connection was cut at certain words. */
  public int cuts() {
    return cuts.get();
  }

  /** Resets every open connection now. */
  public FaultyProxy cutNow() {
    sockets.forEach(FaultyProxy::abort);
    return this;
  }

  /** No more faults for what is to come. */
  public FaultyProxy heal() {
    delay = Duration.ZERO;
    jitter = Duration.ZERO;
    cutAfter = Long.MAX_VALUE;
    halfCloseAfter = Long.MAX_VALUE;
    blackHole = false;
    garbage = false;
    return this;
  }

  /** Connections accepted so far. */
  public int accepted() {
    return accepted.get();
  }

  /** Bytes of answers passed on so far. */
  public long passed() {
    return downBytes.get();
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException _) {
      // It is gone either way.
    }
    cutNow();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        accepted.incrementAndGet();
        sockets.add(client);
        Thread.ofVirtual().start(() -> join(client));
      } catch (IOException _) {
        // The listener was closed: the loop ends.
      }
    }
  }

  private void join(Socket client) {
    sockets.removeIf(Socket::isClosed);
    var server = new Socket();
    sockets.add(server);
    try {
      server.connect(target, 5000);
      var deaf = new AtomicBoolean();
      Thread.ofVirtual().start(() -> up(client, server, deaf));
      down(server, client, deaf);
    } catch (IOException _) {
      // The target is away; the client is told in the same way.
      abort(client);
    }
  }

  private void up(Socket client, Socket server, AtomicBoolean deaf) {
    try {
      var in = client.getInputStream();
      var chunk = new byte[16 << 10];
      for (var n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        pause();
        var cut = cut(chunk, n);
        if (cut != null && !cut.heard) {
          cuts.incrementAndGet();
          break;
        }
        deaf.compareAndSet(false, cut != null);
        if (garbage) {
          client.getOutputStream().write("this is no HTTP\r\n\r\n".getBytes(UTF_8));
          client.shutdownOutput();
        } else if (!blackHole) {
          server.getOutputStream().write(chunk, 0, n);
        }
      }
    } catch (IOException _) {
      // One side went away; the other is told below.
    }
    abort(server);
    abort(client);
  }

  /** The cut that is to be made here, if these are its words; made once. */
  private @Nullable Cut cut(byte[] chunk, int length) {
    var cut = next.get();
    return cut != null && says(chunk, length, cut.words) && next.compareAndSet(cut, null)
        ? cut
        : null;
  }

  private static boolean says(byte[] chunk, int length, byte[] words) {
    for (var at = 0; at + words.length <= length; at++) {
      if (Arrays.equals(chunk, at, at + words.length, words, 0, words.length)) {
        return true;
      }
    }
    return false;
  }

  private void down(Socket server, Socket client, AtomicBoolean deaf) {
    try {
      InputStream in = server.getInputStream();
      var chunk = new byte[4 << 10];
      var ended = false;
      var passed = 0L;
      for (var n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        pause();
        if (deaf.get()) {
          cuts.incrementAndGet();
          abort(client);
          abort(server);
          return;
        }
        if (blackHole || ended) {
          continue;
        }
        var room = Math.min(cutAfter, halfCloseAfter) - passed;
        var pass = (int) Math.min(n, Math.max(room, 0));
        client.getOutputStream().write(chunk, 0, pass);
        passed += pass;
        downBytes.addAndGet(pass);
        if (passed >= cutAfter) {
          abort(client);
          abort(server);
          return;
        }
        if (passed >= halfCloseAfter) {
          client.shutdownOutput();
          ended = true;
        }
      }
      if (!ended) {
        client.shutdownOutput();
      }
    } catch (IOException _) {
      abort(client);
      abort(server);
    }
  }

  private void pause() {
    var most = jitter.toNanos();
    var wait = delay.toNanos() + (most > 0 ? ThreadLocalRandom.current().nextLong(most) : 0);
    if (wait > 0) {
      LockSupport.parkNanos(wait);
    }
  }

  private static void abort(Socket socket) {
    try {
      if (!socket.isClosed()) {
        socket.setSoLinger(true, 0);
        socket.close();
      }
    } catch (IOException _) {
      // It is gone either way.
    }
  }
}
