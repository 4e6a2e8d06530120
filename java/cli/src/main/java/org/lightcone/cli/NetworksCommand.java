// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lightcone.lab.network.ImageShape;
import org.lightcone.lab.network.Networks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone networks}: what can be trained. */
@Command(name = "networks", header = "The networks that can be trained, with their sizes.",
    description = "Builds each network once and counts its trainable parameters.",
    footer = {"", "Example:", "  lightcone networks --input 1x28x28"})
final class NetworksCommand extends Verb {
  private static final Pattern SHAPE = Pattern.compile("(\\d{1,5})[x,](\\d{1,5})[x,](\\d{1,5})");

  @Option(names = "--input", paramLabel = "CxHxW", defaultValue = "3x32x32",
      description = "Channels, height and width of an image (default: ${DEFAULT-VALUE}).")
  private String input;

  @Option(names = "--classes", paramLabel = "C", defaultValue = "10",
      description = "Classes (default: ${DEFAULT-VALUE}).")
  private int classes;

  @Override
  Result execute() {
    Matcher m = SHAPE.matcher(input);
    if (!m.matches()) {
      throw usage("--input " + input + ": write channels x height x width, for example 1x28x28");
    }
    if (classes < 2) {
      throw usage("--classes " + classes + ": at least 2 are needed");
    }
    int[] chw = {Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3))};
    ImageShape shape = new ImageShape(chw[0], chw[1], chw[2]);
    ArrayNode json = JSON.createArrayNode();
    List<String> lines = new ArrayList<>();
    lines.add("parameters  network     (input " + input + ", " + classes + " classes)");
    for (String name : Networks.names()) {
      long parameters = Networks.parameters(name, shape, classes);
      ObjectNode entry = json.addObject();
      entry.put("name", name);
      entry.set("input", JSON.valueToTree(chw));
      entry.put("classes", classes);
      entry.put("parameters", parameters);
      lines.add(String.format(Locale.ROOT, "%,10d  %s", parameters, name));
    }
    return new Result(json, lines);
  }
}
