// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in headless Chromium with software GL. */
class ReportPageTest {
  @TempDir static Path folder;
  private static Chromium browser;
  private static Path demo;

  @BeforeAll
  static void begin() throws Exception {
    browser = Chromium.start();
    demo = folder.resolve("demo.html");
    Report.write(demo, Synthetic.demo());
  }

  @AfterAll
  static void end() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void plain() throws Exception {
    browser.size(1280, 800, 1);
    browser.media("screen", "light");
    browser.scripts(true);
  }

  /** Pixels within an element that differ clearly from its most frequent colour. */
  private static int drawn(Chromium b, String selector) throws Exception {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(b.screenshot(false)));
    String rect = "document.querySelector('" + selector + "').getBoundingClientRect()";
    int left = (int) Math.max(0, b.number(rect + ".left"));
    int top = (int) Math.max(0, b.number(rect + ".top"));
    int right = (int) Math.min(image.getWidth(), b.number(rect + ".right"));
    int bottom = (int) Math.min(image.getHeight(), b.number(rect + ".bottom"));
    assertTrue(right > left && bottom > top, selector + " is not on screen");
    int paper = image.getRGB((left + right) / 2, top + 4);
    int count = 0;
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        int c = image.getRGB(x, y);
        int d = Math.abs((c >> 16 & 255) - (paper >> 16 & 255)) + Math.abs((c >> 8 & 255) - (paper >> 8 & 255))
            + Math.abs((c & 255) - (paper & 255));
        count += d > 60 ? 1 : 0;
      }
    }
    return count;
  }

  private static void silent(Path page) {
    assertEquals(List.of(), browser.console);
    for (String request : browser.requests) {
      assertTrue(request.equals(page.toUri().toString()) || request.startsWith("data:"), "asked for " + request);
    }
  }

  private static void click(String selector) throws Exception {
    browser.eval("document.querySelector('" + selector + "').click()");
  }

  /** Two frames on: whatever was asked for is on screen. */
  private static void settle() throws Exception {
    browser.eval("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))");
  }

  @Test
  void drawsInBothThemesWithASilentConsole() throws Exception {
    for (String scheme : new String[] {"light", "dark"}) {
      browser.media("screen", scheme);
      browser.open(demo, true);
      assertEquals("webgl2", browser.eval("document.body.dataset.gl"));
      assertEquals(scheme, browser.eval("document.body.dataset.theme"));
      assertEquals("286", browser.eval("document.body.dataset.pointsDrawn"));
      browser.eval("document.getElementById('labels').style.visibility = 'hidden'");
      browser.eval("document.getElementById('legend').style.visibility = 'hidden'");
      settle();
      int all = drawn(browser, "#gl");
      assertTrue(all > 4000, scheme + ": only " + all + " pixels drawn");
      browser.eval("LC.scene.until = -1; LC.scene.draw()");   // the models leave, box and geodesic stay
      settle();
      int none = drawn(browser, "#gl");
      assertTrue(all - none > 2500, scheme + ": the models drew only " + (all - none) + " pixels");
      silent(demo);
    }
  }

  @Test
  void figuresChartsAndMapAreAboveTheFold() throws Exception {
    browser.open(demo, true);
    assertTrue(browser.number("document.getElementById('stage').getBoundingClientRect().bottom") <= 800);
    assertTrue(browser.number("document.querySelector('aside .card:not([hidden])').getBoundingClientRect().top") < 300);
    assertTrue(browser.eval("document.querySelector('.figures').innerText").contains("explained stress in 3"));
    assertTrue(browser.number("document.querySelectorAll('.v0 .timebar').length") > 0);
    assertTrue(browser.number("document.querySelectorAll('.v0 .spacebar').length") > 0);
  }

  @Test
  void axesSaySpaceLikeOrTimeLike() throws Exception {
    browser.open(demo, true);
    int axis = Integer.parseInt(browser.eval("LC.scene.view.signature.indexOf(-1)"));
    assertTrue(axis >= 0);
    browser.eval("document.getElementById('axis1').value = " + axis
        + "; document.getElementById('axis1').dispatchEvent(new Event('change'))");
    settle();
    String shown = browser.eval("[...document.querySelectorAll('#labels span')].filter(e => e.style.visibility !== "
        + "'hidden').map(e => e.textContent).join('|')");
    assertTrue(shown.contains("PC " + (axis + 1) + " · time-like"), shown);
    assertTrue(shown.contains("PC 1 · space-like"), shown);
    assertTrue(shown.contains("ignorance") && shown.contains("truth"), shown);
    silent(demo);
  }

  @Test
  void everyColourHasALegendAndChangesThePicture() throws Exception {
    browser.open(demo, true);
    String before = browser.eval("LC.scene.rgba.join()");
    for (String mode : new String[] {"optimizer", "progress", "trainError", "testError", "loss", "epoch", "step"}) {
      browser.eval("document.getElementById('colour').value = '" + mode
          + "'; document.getElementById('colour').dispatchEvent(new Event('change'))");
      String now = browser.eval("LC.scene.rgba.join()");
      assertNotEquals(before, now, mode);
      assertFalse(browser.eval("document.getElementById('legend').innerText").isBlank(), mode);
      before = now;
    }
    silent(demo);
  }

  @Test
  void hoverNamesRunAndCheckpointAndClickSinglesOut() throws Exception {
    browser.open(demo, true);
    String at = "(i => { const s = LC.scene, p = s.camera.screen(s.camera.box(s.at(i), [0, 0, 0]), s.width, s.height), "
        + "r = s.canvas.getBoundingClientRect(); return JSON.stringify([p[0] + r.left, p[1] + r.top]); })";
    String[] place = browser.eval(at + "(LC.scene.view.last[0])").replaceAll("[\\[\\]]", "").split(",");
    double x = Double.parseDouble(place[0]);
    double y = Double.parseDouble(place[1]);
    browser.mouse("mouseMoved", x, y, "none", 0);
    settle();
    int hit = Integer.parseInt(browser.eval("LC.scene.hover"));
    assertTrue(hit >= 0);
    String tip = browser.eval("document.getElementById('tip').innerText");
    assertTrue(tip.contains(browser.eval("LC.data.runs[LC.scene.view.run[LC.scene.hover]].label")), tip);
    assertTrue(tip.contains("checkpoint") && tip.contains("of 26"), tip);
    browser.mouse("mousePressed", x, y, "left", 1);
    browser.mouse("mouseReleased", x, y, "left", 1);
    assertEquals("1", browser.eval("document.body.dataset.selected"));
    assertEquals("1", browser.eval("document.querySelectorAll('tr.on').length"));
    click("#reset");
    assertEquals("0", browser.eval("document.body.dataset.selected"));
    silent(demo);
  }

  @Test
  void mouseWheelAndKeysMoveTheCamera() throws Exception {
    browser.open(demo, true);
    String camera = "JSON.stringify([LC.scene.camera.yaw, LC.scene.camera.distance, LC.scene.camera.panX])";
    String home = browser.eval(camera);
    browser.mouse("mousePressed", 300, 400, "left", 1);
    browser.mouse("mouseMoved", 360, 420, "left", 0);
    browser.mouse("mouseReleased", 360, 420, "left", 1);
    String turned = browser.eval(camera);
    assertNotEquals(home, turned);
    browser.call("Input.dispatchMouseEvent", Chromium.object().put("type", "mouseWheel").put("x", 300).put("y", 400)
        .put("deltaX", 0).put("deltaY", -120));
    settle();
    assertNotEquals(turned, browser.eval(camera));
    browser.eval("document.getElementById('gl').focus()");
    for (String key : new String[] {"ArrowLeft", "Home"}) {
      browser.call("Input.dispatchKeyEvent", Chromium.object().put("type", "keyDown").put("key", key));
    }
    assertEquals(home, browser.eval(camera));
    browser.call("Input.dispatchKeyEvent", Chromium.object().put("type", "keyDown").put("key", "."));
    assertTrue(browser.eval("document.getElementById('said').textContent").contains("checkpoint"));
    silent(demo);
  }

  @Test
  void viewsSwitchEverything() throws Exception {
    browser.open(demo, true);
    String before = browser.eval("document.querySelector('.figures').innerText");
    click("#views button:nth-child(2)");
    settle();
    assertEquals("test", browser.eval("document.body.dataset.view"));
    assertNotEquals(before, browser.eval("document.querySelector('.figures').innerText"));
    assertTrue(drawn(browser, "#gl") > 4000);
    silent(demo);
  }

  @Test
  void tableSortsAndFiltersAndKeepsFailures() throws Exception {
    browser.open(demo, true);
    assertTrue(browser.eval("document.querySelector('tr.failed').innerText").contains("the loss became NaN"));
    browser.eval("document.querySelectorAll('#runs th')[8].click()");
    String errors = browser.eval("[...document.querySelectorAll('#runs tbody tr')].map(r => r.cells[8].dataset.v).join()");
    double last = -1;
    String[] cells = errors.split(",", -1);
    for (int i = 0; i < cells.length - 1; i++) {
      double v = Double.parseDouble(cells[i]);
      assertTrue(v >= last, errors);
      last = v;
    }
    assertEquals("", cells[cells.length - 1]);   // unknown last
    browser.eval("document.getElementById('find').value = 'wrn adam'; "
        + "document.getElementById('find').dispatchEvent(new Event('input'))");
    assertEquals("2", browser.eval("document.querySelectorAll('#runs tbody tr:not([hidden])').length"));
  }

  @Test
  void savedPictureAndTableHoldTheData() throws Exception {
    browser.open(demo, true);
    String svg = browser.eval("LC.texts.svg(LC.scene)");
    assertEquals("0", browser.eval("new DOMParser().parseFromString(LC.texts.svg(LC.scene), 'image/svg+xml')"
        + ".getElementsByTagName('parsererror').length"));
    assertTrue(svg.contains("space-like") && svg.contains("truth"));
    String[] rows = browser.eval("LC.texts.csv(LC.scene)").split("\n");
    assertEquals(1 + 286 + 41, rows.length);
    assertTrue(rows[0].startsWith("run,label,network,optimizer,record,step,epoch,progress"));
  }

  @Test
  void printsThePictureOnWhite() throws Exception {
    browser.media("screen", "dark");
    browser.open(demo, true);
    browser.media("print", "dark");
    browser.size(900, 1200, 1);
    settle();
    assertTrue(drawn(browser, "#static") > 3000);
    assertEquals("none", browser.eval("getComputedStyle(document.getElementById('space')).display"));
    assertEquals("rgb(255, 255, 255)", browser.eval("getComputedStyle(document.querySelector('.card')).backgroundColor"));
  }

  @Test
  void withoutScriptsThePictureTheChartsAndTheTableShow() throws Exception {
    browser.open(demo, true);
    browser.scripts(false);
    browser.open(demo, false);
    browser.scripts(true);   // only so that the test itself can look
    assertTrue(drawn(browser, "#static") > 3000);
    assertEquals("12", browser.eval("document.querySelectorAll('#runs tbody tr').length"));
    assertEquals("none", browser.eval("getComputedStyle(document.getElementById('space')).display"));
  }

  @Test
  void withoutWebGlThePictureShows() throws Exception {
    try (Chromium bare = Chromium.start("--disable-3d-apis")) {
      bare.open(demo, true);
      assertEquals("none", bare.eval("document.body.dataset.gl"));
      assertTrue(drawn(bare, "#static") > 3000);
      bare.eval("document.querySelector('#views button:nth-child(2)').click()");
      assertEquals("block", bare.eval("getComputedStyle(document.querySelector('#static .v1')).display"));
    }
  }

  @Test
  void nothingIsWiderThanAPhone() throws Exception {
    browser.size(390, 844, 2);
    browser.open(demo, true);
    assertEquals("390", browser.eval("document.documentElement.scrollWidth"));
    assertTrue(drawn(browser, "#space") > 4000);
    silent(demo);
  }

  @Test
  void tinyAndHostileReportsOpen() throws Exception {
    String nasty = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{rows}}\u2028\ud83d\ude00";
    ReportData.Run run = new ReportData.Run("id", nasty, nasty, nasty, 0.1, 200, 1, ReportData.Status.DONE, "", 0, 0, 1,
        0, 0);
    for (int k = 0; k <= 2; k++) {
      List<ReportData.View> views = k == 0 ? List.of() : List.of(new ReportData.View(nasty, 10, 2, "",
          new ReportData.Models(new int[1], new int[1], new long[1], new double[1], new double[] {Double.NaN},
              new double[] {Double.NaN}, new double[] {Double.NaN}, new double[] {Double.NaN}, new double[1][k]),
          List.of(), new double[k], new int[] {1, -1}.clone().length == k ? new int[] {1, -1} : new int[] {1},
          new double[k], new double[0], new ReportData.Distances("bhattacharyya", 1, Double.NaN, 3)));
      Path page = folder.resolve("tiny" + k + ".html");
      Report.write(page, new ReportData(nasty, nasty, List.of(run), views, List.of(), ReportData.Provenance.none()));
      browser.open(page, true);
      assertEquals(k == 0 ? "unused" : "webgl2", browser.eval("document.body.dataset.gl"));
      assertEquals("0", browser.eval("document.images.length"));
      assertTrue(browser.eval("document.querySelector('h1').textContent").contains("onerror"));
      assertTrue(browser.eval("document.querySelector('#runs tbody').textContent").contains("</script>"));
      silent(page);
    }
    Path none = folder.resolve("none.html");
    Report.write(none, new ReportData("none", "", List.of(), List.of(), List.of(), ReportData.Provenance.none()));
    browser.open(none, true);
    silent(none);
  }

  @Test
  void hundredFiftyThousandModelsDrawWithinASecondAFrame() throws Exception {
    Path large = folder.resolve("large.html");
    Report.write(large, Synthetic.large(2240, 1));
    long began = System.nanoTime();
    browser.open(large, true);
    double opened = (System.nanoTime() - began) / 1e9;
    assertEquals("150080", browser.eval("document.body.dataset.pointsDrawn"));
    assertTrue(drawn(browser, "#gl") > 30_000);
    double best = Double.MAX_VALUE;   // other work on the machine only makes frames slower
    for (int i = 0; i < 5; i++) {
      best = Math.min(best, browser.number("LC.scene.time()"));
    }
    double pick = browser.number("(() => { const t = performance.now(); LC.scene.pick(300, 300, 14); "
        + "return performance.now() - t; })()");
    System.out.printf("report of 150,080 models: %.1f MB, opened in %.1f s, %.0f ms a frame, %.1f ms a pick%n",
        Files.size(large) / 1e6, opened, best, pick);
    assertTrue(best < 1000, best + " ms a frame");
    assertTrue(pick < 200, pick + " ms a pick");
    silent(large);
  }
}
