// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/** What the page's scripts read: one JSON object with the numbers packed by {@link Packing}. */
final class Payload {
  /** The page offers this many axes to choose from. */
  private static final int DIMS = 16;
  /** Coordinates of all views together stay below this many bytes, so that the file stays below 10 MB. */
  private static final long COORDINATE_BYTES = 3_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Payload() {}

  static String json(ReportData data) {
    Packing packing = new Packing();
    ObjectNode root = JSON.createObjectNode();
    root.put("title", data.title());
    ArrayNode runs = root.putArray("runs");
    for (ReportData.Run run : data.runs()) {
      ObjectNode node = runs.addObject();
      node.put("id", run.id());
      node.put("label", run.label());
      node.put("network", run.network());
      node.put("optimizer", run.optimizer());
      node.put("status", run.status().name().toLowerCase(java.util.Locale.ROOT));
    }
    ArrayNode views = root.putArray("views");
    data.views().forEach(view -> view(views.addObject(), view, dims(data), packing));
    ObjectNode colours = root.putObject("colours");
    colours.set("light", JSON.valueToTree(Palette.LIGHT));
    colours.set("dark", JSON.valueToTree(Palette.DARK));
    colours.set("cividis", JSON.valueToTree(Palette.CIVIDIS));
    root.set("blobs", packing.blobs());
    try {
      // "<" only occurs within strings of JSON; escaped, no label can end the script element or open a comment.
      return JSON.writeValueAsString(root).replace("<", "\\u003c").replace("\u2028", "\\u2028")
          .replace("\u2029", "\\u2029");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values cannot fail to print", e);
    }
  }

  /** Dimensions to keep: all that were given up to 16, fewer when there are very many models, never below 3. */
  private static int dims(ReportData data) {
    long perDim = 0;
    for (ReportData.View view : data.views()) {
      long m = view.models().count();
      perDim += m * (m <= Packing.EXACT_MODELS ? 4 : 2);
    }
    return (int) Math.max(3, Math.min(DIMS, COORDINATE_BYTES / Math.max(1, perDim)));
  }

  private static void view(ObjectNode node, ReportData.View view, int most, Packing packing) {
    ReportData.Models models = view.models();
    int dims = Math.min(most, models.dims());
    Scene scene = new Scene(view, 1.5);
    node.put("name", view.name());
    node.put("models", models.count());
    node.put("dims", dims);
    node.put("yaw", scene.yaw);
    node.put("pitch", scene.pitch);
    node.put("fill", scene.fill);
    node.set("signature", JSON.valueToTree(Arrays.copyOf(view.signature(), dims)));
    ArrayNode gain = node.putArray("gain");
    for (int k = 0; k < Math.min(dims, view.stress().length); k++) {
      gain.add(view.stress()[k] - (k == 0 ? 0 : view.stress()[k - 1]));
    }
    ObjectNode columns = node.putObject("columns");
    columns.set("run", packing.exact(doubles(models.run())));
    columns.set("record", packing.exact(doubles(models.record())));
    columns.set("step", packing.exact(Arrays.stream(models.step()).asDoubleStream().toArray()));
    columns.set("epoch", packing.exact(models.epoch()));
    columns.set("progress", packing.measured(models.progress()));
    columns.set("trainError", packing.measured(models.trainError()));
    columns.set("testError", packing.measured(models.testError()));
    columns.set("loss", packing.measured(models.loss()));
    ArrayNode coordinates = node.putArray("x");
    for (int k = 0; k < dims; k++) {
      int axis = k;
      coordinates.add(packing.measured(Arrays.stream(models.coordinates()).mapToDouble(x -> x[axis]).toArray()));
    }
    ArrayNode specials = node.putArray("specials");
    for (ReportData.Special special : view.specials()) {
      ObjectNode point = specials.addObject();
      point.put("kind", special.kind().name().toLowerCase(java.util.Locale.ROOT));
      point.put("t", special.t());
      point.set("x", JSON.valueToTree(Arrays.copyOf(special.coordinates(),
          Math.min(dims, special.coordinates().length))));
    }
  }

  private static double[] doubles(int[] values) {
    return Arrays.stream(values).asDoubleStream().toArray();
  }
}
