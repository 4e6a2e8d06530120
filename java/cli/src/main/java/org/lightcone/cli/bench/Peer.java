// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lightcone.LightconeException;

/**
 * A peer's process: it reads its inputs, runs once, writes that answer, and then runs whenever it is told to, so that
 * its runs can lie between ours. Peers get the same number of threads and otherwise the environment that their users
 * have.
 */
final class Peer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  /** Ours set these for the JVM, and a core type forced on OpenBLAS would slow NumPy. */
  private static final List<String> OURS = List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_WAIT_POLICY",
      "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_ARENA_MAX");
  private static final List<String> THREADS = List.of("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS");
  /** The packages come from Debian, whose Python is this one; another may be named. */
  private static final String PYTHON = System.getenv().getOrDefault("LIGHTCONE_PYTHON", "/usr/bin/python3");

  final PeerSpec spec;
  final List<Double> seconds = new ArrayList<>();
  private final Process process;
  private final BufferedReader replies;
  private final Writer orders;
  private final Path log;
  /** Why it does not run, or null. */
  private String absent;
  private Errors errors;

  private Peer(PeerSpec spec, Process process, Path log, String absent) {
    this.spec = spec;
    this.process = process;
    this.log = log;
    this.absent = absent;
    this.replies = process == null ? null
        : new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.orders = process == null ? null : process.outputWriter(StandardCharsets.UTF_8);
  }

  /**
   * Starts it and waits for its first answer.
   *
   * @param scripts the folder bench/peers, or null
   * @param folder for its answer and its log
   */
  static Peer start(PeerSpec spec, Path scripts, Path folder, int threads) throws IOException {
    if (scripts == null) {
      return new Peer(spec, null, null, "not run from a checkout, which holds the peers");
    }
    if (!Files.isExecutable(Path.of(PYTHON))) {
      return new Peer(spec, null, null, PYTHON + " is not there");
    }
    Path answer = folder.resolve("peer.npy");
    Path log = folder.resolve("peer.log");
    List<String> command = new ArrayList<>(List.of(PYTHON, scripts.resolve(spec.script()).toString()));
    command.addAll(spec.arguments());
    command.addAll(List.of("--out", answer.toString(), "--serve"));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    OURS.forEach(builder.environment()::remove);
    THREADS.forEach(name -> builder.environment().put(name, Integer.toString(threads)));
    Peer peer = new Peer(spec, builder.start(), log, null);
    try {
      JsonNode reply = peer.reply();
      if (reply.has("absent")) {
        peer.absent = reply.get("absent").asText();
      } else {
        peer.errors = spec.compare().errors(answer);
        if (spec.rounds() == 1) {
          // One run of what takes long is the first.
          peer.seconds.add(reply.get("seconds").asDouble());
        }
      }
    } catch (IOException | LightconeException e) {
      // A peer that fails is a peer that is not there.
      peer.absent = e.getMessage();
    }
    return peer;
  }

  /** Null if it runs. */
  String absent() {
    return absent;
  }

  /** Of its first answer. */
  Errors errors() {
    return errors;
  }

  boolean wantsMore() {
    return absent == null && seconds.size() < spec.rounds();
  }

  /** One timed run. */
  void run() {
    try {
      orders.write("run\n");
      orders.flush();
      seconds.add(reply().get("seconds").asDouble());
    } catch (IOException e) {
      absent = e.getMessage();
    }
  }

  private JsonNode reply() throws IOException {
    String line = replies.readLine();
    if (line == null) {
      List<String> said = Files.readAllLines(log);
      throw new IOException("the peer " + spec.name() + " (" + spec.script() + ") ended: "
          + (said.isEmpty() ? "it said nothing" : said.get(said.size() - 1)));
    }
    return JSON.readTree(line);
  }

  @Override
  public void close() {
    if (process != null) {
      // Its standard input ends, and so does it.
      process.destroy();
    }
  }
}
