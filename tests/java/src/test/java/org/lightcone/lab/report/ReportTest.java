// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** The report without a browser: what is written, what is refused, what the bytes hold. */
class ReportTest {
  private static final String NASTY = "</script><!--\"'&<b>{{rows}}$1\\ \u2028 日本 \ud83d\ude00 \u0000";

  @TempDir Path folder;

  private static ReportData.Run run(String id, String label) {
    return new ReportData.Run(id, label, "fc", "sgd", 0.1, 200, 42, ReportData.Status.DONE, "", 0.01, 0.1, 2, 1, 1);
  }

  private static ReportData.Models models(int[] run, double[][] x) {
    int m = run.length;
    return new ReportData.Models(run, new int[m], new long[m], new double[m], new double[m], new double[m],
        new double[m], new double[m], x);
  }

  private static ReportData.View view(ReportData.Models models, int k) {
    double[] lambda = new double[k];
    int[] sign = new int[k];
    double[] stress = new double[k];
    for (int i = 0; i < k; i++) {
      lambda[i] = 1.0 / (i + 1);
      sign[i] = 1;
      stress[i] = 1 - Math.pow(0.5, i + 1);
    }
    return new ReportData.View("train", 100, 10, "", models, List.of(), lambda, sign, stress, stress,
        new ReportData.Distances("bhattacharyya", models.count(), Double.NaN, 0));
  }

  private static ReportData report(ReportData.View... views) {
    return new ReportData("title", "", List.of(run("a", "first"), run("b", "second")), List.of(views), List.of(),
        ReportData.Provenance.none());
  }

  private static JsonNode payload(String html) throws IOException {
    Matcher m = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL)
        .matcher(html);
    assertTrue(m.find());
    return new ObjectMapper().readTree(m.group(1));
  }

  @Test
  void nothingIsFetchedFromAnywhere() {
    String html = Report.html(Synthetic.demo());
    String rest = html.replace("http://www.w3.org/2000/svg", "");
    assertFalse(rest.contains("http:") || rest.contains("https:") || rest.contains("url(") || rest.contains("@import"));
    assertTrue(html.contains("default-src 'none'"));
  }

  @Test
  void labelsCannotLeaveTheirPlace() throws Exception {
    ReportData data = new ReportData(NASTY, NASTY, List.of(new ReportData.Run(NASTY, NASTY, NASTY, NASTY, 0.1, 200, 42,
        ReportData.Status.FAILED, NASTY, Double.NaN, Double.NaN, 2, 1, 1)),
        List.of(view(models(new int[] {0, 0}, new double[][] {{0, 1, 2}, {1, 0, 1}}), 3)),
        List.of(new ReportData.Stage(NASTY, 1)), new ReportData.Provenance(NASTY, NASTY, NASTY, 1, NASTY, NASTY, NASTY,
        NASTY, NASTY, null, Map.of(NASTY, NASTY)));
    String html = Report.html(data);
    assertFalse(html.contains("<b>{{rows}}"));
    assertFalse(html.contains(NASTY.substring(0, 9) + "<!--"));
    assertEquals(Report.html(Synthetic.demo()).split("</script>").length, html.split("</script>").length);
    JsonNode root = payload(html);
    assertEquals(NASTY, root.get("runs").get(0).get("label").asText());
    xml(Report.svg(data));
  }

  @Test
  void pictureIsWellFormedXmlWithEveryRun() throws Exception {
    Document svg = xml(Report.svg(Synthetic.demo()));
    int paths = 0;
    for (int i = 0; i < svg.getElementsByTagName("path").getLength(); i++) {
      paths += svg.getElementsByTagName("path").item(i).getAttributes().getNamedItem("class").getNodeValue()
          .matches("c\\d") ? 1 : 0;
    }
    assertEquals(11, paths);   // 12 runs, one failed before it could be embedded
    String text = svg.getDocumentElement().getTextContent();
    for (String word : new String[] {"ignorance", "truth", "geodesic", "space-like", "wrn-10-4-8"}) {
      assertTrue(text.contains(word), word);
    }
  }

  private static Document xml(String text) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder()
        .parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void smallReportsKeepEveryFloat() throws Exception {
    double[][] x = {{0.1, -2.5e-7, 3}, {1e9, 0, -1}, {Math.PI, 1, 1}};
    JsonNode root = payload(Report.html(report(view(models(new int[] {0, 0, 1}, x), 3))));
    for (int k = 0; k < 3; k++) {
      JsonNode column = root.get("views").get(0).get("x").get(k);
      assertEquals("f32", column.get("e").asText());
      ByteBuffer b = ByteBuffer.wrap(Base64.getDecoder().decode(root.get("blobs").get(column.get("b").asInt()).asText()))
          .order(ByteOrder.LITTLE_ENDIAN);
      for (double[] row : x) {
        assertEquals((float) row[k], b.getFloat());
      }
    }
  }

  @Test
  void largeColumnsAreOffByHalfAStepAtMost() {
    int m = Packing.EXACT_MODELS + 1;
    double[] values = new double[m];
    for (int i = 0; i < m; i++) {
      values[i] = Math.sin(i) * 3;
    }
    values[7] = Double.NaN;
    Packing packing = new Packing();
    JsonNode column = packing.measured(values);
    ByteBuffer b = ByteBuffer.wrap(Base64.getDecoder().decode(packing.blobs().get(column.get("b").asInt()).asText()))
        .order(ByteOrder.LITTLE_ENDIAN);
    double lo = column.get("lo").asDouble();
    double step = (column.get("hi").asDouble() - lo) / 65534;
    for (int i = 0; i < m; i++) {
      int code = b.getShort() & 0xffff;
      if (i == 7) {
        assertEquals(65535, code);
      } else {
        assertEquals(values[i], lo + step * code, step * 0.5000001);
      }
    }
  }

  @Test
  void hundredFiftyThousandModelsStaySmall() throws Exception {
    Path one = folder.resolve("one.html");
    Path two = folder.resolve("two.html");
    Report.write(one, Synthetic.large(2240, 1));
    Report.write(two, Synthetic.large(2240, 2));
    assertTrue(Files.size(one) < 10_000_000, "one view: " + Files.size(one) + " bytes");
    assertTrue(Files.size(two) < 10_500_000, "two views: " + Files.size(two) + " bytes");
  }

  @Test
  void writingReplacesAndLeavesNothingBeside() throws Exception {
    Path target = folder.resolve("r.html");
    Files.writeString(target, "old");
    Report.write(target, report());
    assertTrue(Files.readString(target).endsWith("</html>\n"));
    Report.writeSvg(folder.resolve("r.svg"), report());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count());
    }
  }

  @Test
  void placesThatCannotBeWrittenAreNamed() throws Exception {
    Path missing = folder.resolve("none/r.html");
    assertTrue(assertThrows(IOException.class, () -> Report.write(missing, report())).getMessage().contains("none"));
    assertTrue(assertThrows(IOException.class, () -> Report.write(folder, report())).getMessage().contains("folder"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void emptyAndTinyReportsAreWritten() throws Exception {
    ReportData none = new ReportData("none", "", List.of(), List.of(), List.of(), ReportData.Provenance.none());
    assertTrue(Report.html(none).contains("No model was embedded"));
    xml(Report.svg(none));
    for (int k = 1; k <= 4; k++) {
      ReportData one = report(view(models(new int[] {1}, new double[][] {new double[k]}), k));
      Document svg = xml(Report.svg(one));
      assertFalse(svg.getDocumentElement().getTextContent().contains("NaN"));
      assertFalse(Report.svg(one).contains("NaN"), "K = " + k);
    }
    ReportData empty = report(view(models(new int[0], new double[0][]), 3));
    assertFalse(Report.svg(empty).contains("NaN"));
    assertTrue(Report.html(empty).contains("train"));
  }

  @Test
  void badNumbersAreRefusedByName() {
    refused("model 1", () -> models(new int[] {0, 0}, new double[][] {{0, 1}, {0, Double.NaN}}));
    refused("coordinates of model 1", () -> models(new int[] {0, 0}, new double[][] {{0, 1}, {0}}));
    refused("the coordinates number 1", () -> models(new int[] {0, 0}, new double[][] {{0, 1}}));
    refused("do not stand together", () -> models(new int[] {0, 1, 0}, new double[3][2]));
    refused("names run -1", () -> models(new int[] {-1}, new double[1][2]));
    refused("names run 2", () -> report(view(models(new int[] {2}, new double[1][3]), 3)));
    refused("eigenvalues", () -> view(models(new int[] {0}, new double[1][4]), 3));
    refused("progress of model 0", () -> new ReportData.Models(new int[1], new int[1], new long[1], new double[1],
        new double[] {1.5}, new double[1], new double[1], new double[1], new double[1][3]));
    refused("train errors", () -> new ReportData.Models(new int[1], new int[1], new long[1], new double[1],
        new double[1], new double[2], new double[1], new double[1], new double[1][3]));
    refused("signature", () -> new ReportData.View("v", 1, 2, "", models(new int[0], new double[0][]), List.of(),
        new double[] {1}, new int[] {0}, new double[0], new double[0],
        new ReportData.Distances("bhattacharyya", 1, 0, 0)));
    refused("without a reason", () -> new ReportData.Run("a", "a", "fc", "sgd", 0.1, 1, 1, ReportData.Status.FAILED,
        " ", 0, 0, 0, 0, 0));
    refused("seconds", () -> new ReportData.Stage("training", Double.NaN));
    refused("t = 1.5", () -> new ReportData.Special(ReportData.Landmark.GEODESIC, 1.5, new double[3]));
  }

  private static void refused(String part, Runnable maker) {
    String message = assertThrows(IllegalArgumentException.class, maker::run).getMessage();
    assertTrue(message.contains(part), message);
    assertTrue(message.contains(";"), "the mend is missing: " + message);
  }

  @Test
  void cameraSeesEverythingOfEveryView() {
    for (ReportData.View view : Synthetic.demo().views()) {
      Scene scene = new Scene(view, 1.5);
      for (double[] x : view.models().coordinates()) {
        double[] p = scene.project(x);
        assertTrue(Math.abs(p[0]) <= 1.5 && Math.abs(p[1]) <= 1, p[0] + ", " + p[1]);
      }
      List<ReportData.Special> specials = view.specials();   // ignorance first, truth last
      assertTrue(scene.project(specials.get(0).coordinates())[0]
          < scene.project(specials.get(specials.size() - 1).coordinates())[0], "truth lies right of ignorance");
    }
  }
}
