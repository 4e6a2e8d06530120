// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A YAML value that remembers its file and line, so that every error can name them. Exactly one of {@code
 * text}, {@code list} and {@code map} is set; an empty value has none.
 */
final class YamlNode {
  private final String file;
  private final int line;
  private final String text;
  private final List<YamlNode> list;
  private final Map<String, YamlNode> map;
  private final Map<String, Integer> keyLines = new LinkedHashMap<>();

  private YamlNode(String file, int line, String text, List<YamlNode> list, Map<String, YamlNode> map) {
    this.file = file;
    this.line = line;
    this.text = text;
    this.list = list;
    this.map = map;
  }

  /** Parses one document. */
  static YamlNode parse(String yaml, String file) {
    try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
      if (parser.nextToken() == null) {
        throw new SpecException(file + " line 1: the spec is empty; it needs data, sweep and epochs.");
      }
      YamlNode node = read(parser, file);
      if (parser.nextToken() != null) {
        throw new SpecException(file + " line " + parser.currentTokenLocation().getLineNr()
            + ": a second document begins here; a spec is one YAML document.");
      }
      return node;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      // SnakeYAML indents the places and snippets; what is left says what it was doing and what was wrong.
      String what = e.getOriginalMessage().lines().filter(l -> !l.isBlank() && !l.startsWith(" "))
          .collect(Collectors.joining(", "));
      throw new SpecException(file + " line " + line + ": this is not sound YAML (" + what + ").", e);
    } catch (IOException e) {
      throw new SpecException(file + ": the spec could not be read: " + e.getMessage() + ".", e);
    }
  }

  private static YamlNode read(YAMLParser parser, String file) throws IOException {
    int line = parser.currentTokenLocation().getLineNr();
    if (parser.isCurrentAlias()) {
      throw new SpecException(file + " line " + line + ": references like *" + parser.getText()
          + " are not read in a spec; write the value out.");
    }
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      Map<String, YamlNode> map = new LinkedHashMap<>();
      YamlNode node = new YamlNode(file, line, null, null, map);
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        int keyLine = parser.currentTokenLocation().getLineNr();
        node.keyLines.put(key, keyLine);
        parser.nextToken();
        if (map.put(key, read(parser, file)) != null) {
          throw new SpecException(file + " line " + keyLine + ": the key \"" + key
              + "\" is there twice; keep one.");
        }
      }
      return node;
    }
    if (token == JsonToken.START_ARRAY) {
      List<YamlNode> list = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        list.add(read(parser, file));
      }
      return new YamlNode(file, line, null, list, null);
    }
    return new YamlNode(file, line, token == JsonToken.VALUE_NULL ? null : parser.getText(), null, null);
  }

  int line() {
    return line;
  }

  boolean isText() {
    return text != null;
  }

  boolean isList() {
    return list != null;
  }

  boolean isMap() {
    return map != null;
  }

  /** An error about this value: {@code file line n: message}. */
  SpecException error(String message) {
    return error(line, message);
  }

  private SpecException error(int at, String message) {
    return new SpecException(file + " line " + at + ": " + message);
  }

  /** Checks that this is a mapping with only these keys. */
  YamlNode mapping(String what, String... keys) {
    if (map == null) {
      throw error(what + " must be a mapping with the keys " + String.join(", ", keys) + ", not " + kind()
          + ".");
    }
    Set<String> known = Set.of(keys);
    map.keySet().forEach(key -> {
      if (!known.contains(key)) {
        throw error(keyLines.get(key), "unknown key \"" + key + "\" in " + what + "; it takes "
            + String.join(", ", Arrays.asList(keys)) + ".");
      }
    });
    return this;
  }

  /** The value of a key, or null if it is absent. */
  YamlNode get(String key) {
    return map.get(key);
  }

  /** The value of a key that must be there. */
  YamlNode require(String what, String key) {
    YamlNode value = map.get(key);
    if (value == null) {
      throw error(what + " has no key \"" + key + "\"; add it.");
    }
    return value;
  }

  /** The list's items; a single value counts as a list of one. */
  List<YamlNode> items(String what) {
    if (list == null) {
      if (text == null && map == null) {
        throw error(what + " is empty; give at least one value.");
      }
      return List.of(this);
    }
    if (list.isEmpty()) {
      throw error(what + " is an empty list; give at least one value.");
    }
    return list;
  }

  String word(String what) {
    if (text == null) {
      throw error(what + " must be a word, not " + kind() + ".");
    }
    return text;
  }

  boolean bool(String what) {
    if ("true".equals(text) || "false".equals(text)) {
      return text.equals("true");
    }
    throw error(what + " must be true or false, not " + kind() + ".");
  }

  /** A whole number in [min, max]. */
  long whole(String what, long min, long max) {
    long value;
    try {
      value = Long.parseLong(text == null ? "" : text.replace("_", ""));
    } catch (NumberFormatException e) {
      throw error(what + " must be a whole number, not " + kind() + ".");
    }
    if (value < min || value > max) {
      throw error(what + " must be " + (max == Long.MAX_VALUE ? "at least " + min : "between " + min
          + " and " + max)
          + ", not " + value + ".");
    }
    return value;
  }

  /** A finite number; a range is the caller's to check. */
  double number(String what) {
    try {
      double value = Double.parseDouble(text == null ? "" : text);
      if (Double.isFinite(value) && text.matches("[-+.0-9eE]+")) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one error.
    }
    throw error(what + " must be a number, not " + kind() + ".");
  }

  private String kind() {
    return map != null ? "a mapping" : list != null ? "a list" : text == null ? "nothing"
        : "\"" + text + "\"";
  }
}
