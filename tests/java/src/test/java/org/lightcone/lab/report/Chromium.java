// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium with an empty profile, driven over its DevTools socket. One page; not thread-safe. */
final class Chromium implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LIMIT_SECONDS = 120;

  /** What the page complained about: console calls, exceptions, browser warnings. */
  final List<String> console = Collections.synchronizedList(new ArrayList<>());
  /** Every address the page asked for. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  private final Path profile;
  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private String session;

  /** Software GL, so that machines without a GPU draw too; {@code more} adds or overrides flags. */
  static Chromium start(String... more) throws Exception {
    return new Chromium(more);
  }

  static String program() {
    for (String name : new String[] {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
      if (Files.isExecutable(Path.of(name))) {
        return name;
      }
    }
    throw new IllegalStateException("no Chromium found; install Debian's package chromium");
  }

  private Chromium(String... more) throws Exception {
    profile = Files.createTempDirectory("lightcone-chromium");
    List<String> command = new ArrayList<>(List.of(program(), "--headless=new", "--no-sandbox", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--hide-scrollbars",
        "--window-size=1280,800", "--user-data-dir=" + profile, "--remote-debugging-port=0"));
    command.addAll(Arrays.asList(more));
    command.add("about:blank");
    process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    String address = null;
    BufferedReader errors = new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    StringBuilder seen = new StringBuilder();
    for (String line; address == null && (line = errors.readLine()) != null; ) {
      seen.append(line).append('\n');
      if (line.startsWith("DevTools listening on ")) {
        address = line.substring("DevTools listening on ".length()).trim();
      }
    }
    if (address == null) {
      close();
      throw new IllegalStateException("Chromium did not start: " + seen);
    }
    Thread drain = new Thread(() -> errors.lines().forEach(line -> { }), "chromium-stderr");
    drain.setDaemon(true);
    drain.start();
    socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(address), new Listener())
        .get(LIMIT_SECONDS, TimeUnit.SECONDS);
    String target = call("Target.createTarget", JSON.createObjectNode().put("url", "about:blank")).get("targetId")
        .asText();
    session = call("Target.attachToTarget", JSON.createObjectNode().put("targetId", target).put("flatten", true))
        .get("sessionId").asText();
    for (String domain : new String[] {"Page", "Runtime", "Log", "Network"}) {
      call(domain + ".enable", JSON.createObjectNode());
    }
    size(1280, 800, 1);
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder part = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        String text = part.toString();
        part.setLength(0);
        try {
          message(JSON.readTree(text));
        } catch (IOException e) {
          console.add("unreadable message: " + e.getMessage());
        }
      }
      from.request(1);
      return null;
    }
  }

  private void message(JsonNode node) {
    if (node.has("id")) {
      waiting.remove(node.get("id").asInt()).complete(node);
      return;
    }
    JsonNode p = node.path("params");
    switch (node.path("method").asText()) {
      case "Runtime.consoleAPICalled" -> console.add("console: " + p.path("args"));
      case "Runtime.exceptionThrown" -> console.add("exception: " + p.path("exceptionDetails"));
      case "Log.entryAdded" -> console.add("log: " + p.path("entry").path("text").asText());
      case "Network.requestWillBeSent" -> requests.add(p.path("request").path("url").asText());
      default -> { }
    }
  }

  JsonNode call(String method, ObjectNode params) throws Exception {
    int id = ids.incrementAndGet();
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", params);
    if (session != null) {
      message.put("sessionId", session);
    }
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    socket.sendText(message.toString(), true).get(LIMIT_SECONDS, TimeUnit.SECONDS);
    JsonNode node = answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (node.has("error")) {
      throw new IllegalStateException(method + " failed: " + node.get("error"));
    }
    return node.get("result");
  }

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** CSS pixels of the page and device pixels for each. */
  void size(int width, int height, double ratio) throws Exception {
    call("Emulation.setDeviceMetricsOverride", object().put("width", width).put("height", height)
        .put("deviceScaleFactor", ratio).put("mobile", false));
  }

  /** media "screen" or "print", scheme "light" or "dark". */
  void media(String media, String scheme) throws Exception {
    ObjectNode p = object().put("media", media);
    p.putArray("features").addObject().put("name", "prefers-color-scheme").put("value", scheme);
    call("Emulation.setEmulatedMedia", p);
  }

  void scripts(boolean on) throws Exception {
    call("Emulation.setScriptExecutionDisabled", object().put("value", !on));
  }

  /** Opens a file and waits until it says that it is ready, or until it is loaded when scripts are off. */
  void open(Path file, boolean waitReady) throws Exception {
    console.clear();
    requests.clear();
    call("Page.navigate", object().put("url", file.toUri().toString()));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    String ready = waitReady ? "document.body && document.body.dataset.ready === 'yes'"
        : "location.protocol === 'file:' && document.readyState === 'complete'";
    while (!"true".equals(eval(ready))) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(file + " was not ready in time; console: " + console);
      }
      Thread.sleep(20);
    }
  }

  /** The value of an expression as text; promises are awaited. */
  String eval(String expression) throws Exception {
    JsonNode result = call("Runtime.evaluate", object().put("expression", expression).put("returnByValue", true)
        .put("awaitPromise", true));
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(expression + " threw " + result.get("exceptionDetails"));
    }
    return result.path("result").path("value").asText();
  }

  double number(String expression) throws Exception {
    return Double.parseDouble(eval(expression));
  }

  /** A PNG of what is on screen, or of the whole page. */
  byte[] screenshot(boolean whole) throws Exception {
    return Base64.getDecoder().decode(call("Page.captureScreenshot", object().put("format", "png")
        .put("captureBeyondViewport", whole)).get("data").asText());
  }

  void mouse(String type, double x, double y, String button, int clicks) throws Exception {
    call("Input.dispatchMouseEvent", object().put("type", type).put("x", x).put("y", y).put("button", button)
        .put("buttons", button.equals("left") && !type.equals("mouseReleased") ? 1 : 0).put("clickCount", clicks));
  }

  @Override
  public void close() throws IOException {
    process.toHandle().descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().completeOnTimeout(process, 20, TimeUnit.SECONDS).join();
    try (Stream<Path> files = Files.walk(profile)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  /** Pictures for people: file.html folder. */
  public static void main(String[] args) throws Exception {
    Path html = Path.of(args[0]);
    Path folder = Path.of(args[1]);
    try (Chromium c = start()) {
      for (String scheme : new String[] {"light", "dark"}) {
        c.media("screen", scheme);
        c.open(html, true);
        Files.write(folder.resolve(scheme + ".png"), c.screenshot(false));
        if (args.length > 2) {
          c.eval(args[2]);
          Thread.sleep(400);
          Files.write(folder.resolve(scheme + "-then.png"), c.screenshot(false));
        }
      }
      c.size(390, 844, 1);
      c.media("screen", "light");
      c.open(html, true);
      Files.write(folder.resolve("phone.png"), c.screenshot(false));
      String height = c.eval("document.documentElement.scrollHeight");
      System.out.println("phone: scroll width " + c.eval("document.documentElement.scrollWidth") + ", height " + height);
      c.size(390, Integer.parseInt(height), 1);
      Thread.sleep(300);
      Files.write(folder.resolve("phone-whole.png"), c.screenshot(false));
      c.size(1280, 2000, 1);
      Thread.sleep(300);
      Files.write(folder.resolve("tall.png"), c.screenshot(false));
      c.media("print", "dark");
      c.size(900, 1800, 1);
      Thread.sleep(300);
      Files.write(folder.resolve("print.png"), c.screenshot(false));
      System.out.println(c.eval("JSON.stringify({...document.body.dataset})") + " " + c.console);
    }
  }
}
