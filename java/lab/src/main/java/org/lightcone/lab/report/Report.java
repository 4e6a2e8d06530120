// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lightcone.AtomicFile;

/**
 * Writes a {@link ReportData} as one HTML file that opens anywhere: styles, scripts and data are inside, and a
 * content security policy in the page forbids every request. Stateless; any thread may call it.
 */
public final class Report {
  private static final List<String> SCRIPTS =
      List.of("data.js", "camera.js", "gl.js", "scene.js", "labels.js", "interact.js", "scatter.js", "export.js", "page.js");
  /** Longer tables open with their first rows only (report.css has the same number). */
  private static final int BRIEF_ROWS = 300;
  private static final Pattern SLOT = Pattern.compile("\\{\\{([a-z-]+)}}");

  private Report() {}

  /**
   * Writes the page. The file appears complete or not at all: it is written beside the target, synced, then
   * renamed over it.
   *
   * @param html the file to write; its folder must exist
   * @param data what to show
   * @throws IOException if it cannot be written; the message names the file
   */
  public static void write(Path html, ReportData data) throws IOException {
    save(html, html(data));
  }

  /**
   * Writes the picture of {@link #svg} the same way.
   *
   * @param svg  the file to write; its folder must exist
   * @param data what to show
   * @throws IOException if it cannot be written; the message names the file
   */
  public static void writeSvg(Path svg, ReportData data) throws IOException {
    save(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg(data));
  }

  /** The main view of the first embedding as a stand-alone SVG document without XML header. */
  public static String svg(ReportData data) {
    return data.views().isEmpty() ? StaticView.empty(data) : StaticView.svg(data, data.views().get(0));
  }

  /** The page as text. */
  public static String html(ReportData data) {
    Map<String, String> slots = new HashMap<>();
    StringBuilder scripts = new StringBuilder();
    StringBuilder hashes = new StringBuilder();
    for (String name : SCRIPTS) {
      scripts.append(script(name, hashes)).append('\n');
    }
    slots.put("boot", script("boot.js", hashes));
    slots.put("policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src" + hashes);
    slots.put("title", Html.escape(data.title()));
    slots.put("subtitle", Html.escape(data.subtitle()));
    slots.put("style", resource("report.css"));
    slots.put("figures", Sections.figures(data));
    slots.put("static", pictures(data));
    slots.put("spectra", Sections.spectra(data));
    slots.put("rows", Sections.runRows(data));
    slots.put("brief", data.runs().size() > BRIEF_ROWS ? " class=\"brief\"" : "");
    slots.put("stages", Charts.stages(data.stages()));
    slots.put("provenance", Sections.provenance(data));
    slots.put("data", Payload.json(data));
    slots.put("scripts", scripts.toString());
    // One pass: what a slot brings in is never searched for slots again.
    return SLOT.matcher(resource("report.html")).replaceAll(match -> {
      String value = slots.get(match.group(1));
      if (value == null) {
        throw new IllegalStateException("report.html names the unknown slot " + match.group());
      }
      return Matcher.quoteReplacement(value);
    });
  }

  private static String script(String name, StringBuilder hashes) {
    String code = resource(name);
    hashes.append(" 'sha256-").append(sha256(code)).append('\'');
    return "<script>" + code + "</script>";
  }

  private static String pictures(ReportData data) {
    if (data.views().isEmpty()) {
      return StaticView.empty(data);
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < data.views().size(); i++) {
      out.append("<div class=\"view v").append(i).append("\">").append(StaticView.svg(data, data.views().get(i)))
          .append("</div>\n");
    }
    return out.toString();
  }

  private static String resource(String name) {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the lab jar lacks org/lightcone/lab/report/" + name + "; build it again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the lab jar cannot be read at org/lightcone/lab/report/" + name, e);
    }
  }

  private static String sha256(String text) {
    try {
      return Base64.getEncoder().encodeToString(
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256, which every Java must have", e);
    }
  }

  private static void save(Path target, String text) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder + " is no folder, so " + target.getFileName()
          + " cannot be written there; make the folder first");
    }
    if (Files.isDirectory(target)) {
      throw new IOException(target + " is a folder; name a file to write the report to");
    }
    try {
      AtomicFile.replace(target, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IOException("cannot write " + target + ": " + e.getMessage() + "; free space or choose another "
          + "place", e);
    }
  }
}
