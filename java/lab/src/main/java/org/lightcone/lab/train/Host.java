// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Stream;

/** What run.json says about the machine and the libraries: nothing that names a person or a computer. */
final class Host {
  private Host() {
  }

  /** {@code {"os", "arch", "cpu", "cores"}}. */
  static ObjectNode facts() {
    return JsonNodeFactory.instance.objectNode().put("os", System.getProperty("os.name"))
        .put("arch", System.getProperty("os.arch")).put("cpu", cpu())
        .put("cores", Runtime.getRuntime().availableProcessors());
  }

  /** {@code {"lightcone", "libtorch", "java"}}. */
  static ObjectNode versions() {
    return JsonNodeFactory.instance.objectNode()
        .put("lightcone", version("org.lightcone", "lightcone-lab"))
        .put("libtorch", version("org.bytedeco", "pytorch"))
        .put("java", System.getProperty("java.version"));
  }

  /** The version that Maven wrote into a jar; "unknown" for classes outside one. */
  static String version(String group, String artifact) {
    String name = "/META-INF/maven/" + group + "/" + artifact + "/pom.properties";
    try (InputStream in = Host.class.getResourceAsStream(name)) {
      if (in == null) {
        return "unknown";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String cpu() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
      return lines.filter(l -> l.startsWith("model name")).map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst().orElse("unknown");
    } catch (IOException | RuntimeException e) {
      return "unknown";
    }
  }
}
