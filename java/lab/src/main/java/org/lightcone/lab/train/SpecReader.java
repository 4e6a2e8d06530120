// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.lightcone.lab.data.FashionMnist;
import org.lightcone.lab.network.Networks;

/**
 * From YAML to a {@link Spec}. Required: data.name, sweep.network, sweep.optimizer, epochs. Defaults:
 * data.train and data.test all there are; data.source see {@link DataSpec#defaultSource}; record.train and
 * record.test all of data's; sweep.batch 200; sweep.seed 42; checkpoints paper; bn-warmup true.
 */
final class SpecReader {
  private static final int DEFAULT_BATCH = 200;
  private static final long DEFAULT_SEED = 42;

  private final Path dataDir;

  SpecReader(Path dataDir) {
    this.dataDir = dataDir;
  }

  Spec read(YamlNode root) {
    root.mapping("the spec", "data", "record", "sweep", "epochs", "checkpoints", "bn-warmup");
    DataSpec data = data(root.require("the spec", "data"));
    YamlNode sweep = root.require("the spec", "sweep").mapping("sweep", "network", "optimizer", "batch",
        "seed");
    YamlNode record = root.get("record");
    if (record != null) {
      record.mapping("record", "train", "test");
    }
    int recordTrain = count(record, "train", "record train", data.train());
    int recordTest = count(record, "test", "record test", data.test());
    int epochs = (int) root.require("the spec", "epochs").whole("epochs", 1, 1_000_000);
    List<String> networks = distinct(sweep.require("sweep", "network"), "network", this::network);
    List<OptimizerSpec> optimizers = distinct(sweep.require("sweep", "optimizer"), "optimizer",
        this::optimizer);
    List<Integer> batches = sweep.get("batch") == null ? List.of(Math.min(DEFAULT_BATCH, data.train()))
        : distinct(sweep.get("batch"), "batch", n -> (int) n.whole("batch", 2, data.train()));
    List<Long> seeds = sweep.get("seed") == null ? List.of(DEFAULT_SEED)
        : distinct(sweep.get("seed"), "seed", n -> n.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE));
    YamlNode at = root.get("checkpoints");
    Checkpoints checkpoints = at == null ? new Checkpoints.Paper() : checkpoints(at);
    boolean bnWarmup = root.get("bn-warmup") == null || root.get("bn-warmup").bool("bn-warmup");
    for (int batch : batches) {
      // The checkpoints' fit depends on the batch: say so at their line, or at the sweep's when they are
      // implied.
      atLine(at == null ? sweep : at, () -> checkpoints.steps(data.train() / batch, epochs));
    }
    return atLine(root, () -> Spec.sweep(data, recordTrain, recordTest, networks, optimizers, batches,
        seeds, epochs, checkpoints, bnWarmup));
  }

  private DataSpec data(YamlNode node) {
    node.mapping("data", "name", "source", "train", "test");
    YamlNode nameNode = node.require("data", "name");
    String name = nameNode.word("data name");
    if (!name.equals(FashionMnist.NAME)) {
      throw nameNode.error("unknown data set \"" + name + "\"; choose " + FashionMnist.NAME + ".");
    }
    String source = node.get("source") == null ? null : node.get("source").word("data source");
    if (source != null && source.equals("bundled") && dataDir != null) {
      throw node.get("source").error("the source is bundled, but --data-dir names " + dataDir
          + "; drop one of the two.");
    }
    if (source != null && !source.equals("bundled") && !source.equals("full")) {
      throw node.get("source").error("unknown data source \"" + source + "\"; choose bundled or full.");
    }
    boolean bundled = "bundled".equals(source);
    int train = count(node, "train", "data train", bundled ? FashionMnist.BUNDLED_TRAIN
        : FashionMnist.FULL_TRAIN);
    int test = count(node, "test", "data test", bundled ? FashionMnist.BUNDLED_TEST : FashionMnist.FULL_TEST);
    String resolved = source != null ? source : DataSpec.defaultSource(train, test, dataDir != null);
    return atLine(node, () -> new DataSpec(name, resolved, train, test));
  }

  /** A count in [1, all]; all of them when the key, or its whole mapping, is absent. */
  private static int count(YamlNode parent, String key, String what, int all) {
    YamlNode node = parent == null ? null : parent.get(key);
    return node == null ? all : (int) node.whole(what, 1, all);
  }

  private String network(YamlNode node) {
    String name = node.word("network");
    if (!Networks.exists(name)) {
      throw node.error("unknown network \"" + name + "\"; choose one of "
          + String.join(", ", Networks.names())
          + ".");
    }
    return name;
  }

  private OptimizerSpec optimizer(YamlNode node) {
    node.mapping("an optimizer", "name", "lr", "momentum", "weight-decay");
    YamlNode nameNode = node.require("an optimizer", "name");
    String name = nameNode.word("optimizer name");
    if (!OptimizerSpec.NAMES.contains(name)) {
      throw nameNode.error("unknown optimizer \"" + name + "\"; choose one of "
          + String.join(", ", OptimizerSpec.NAMES) + ".");
    }
    double lr = node.require("an optimizer", "lr").number("lr");
    YamlNode momentum = node.get("momentum");
    YamlNode decay = node.get("weight-decay");
    double m = momentum == null ? OptimizerSpec.defaultMomentum(name) : momentum.number("momentum");
    double wd = decay == null ? 0 : decay.number("weight-decay");
    // Check one value at a time, so that the error stands at the line of the one that is wrong.
    atLine(node.get("lr"), () -> OptimizerSpec.of(name, lr));
    if (momentum != null) {
      atLine(momentum, () -> new OptimizerSpec(name, lr, m, 0));
    }
    return atLine(decay == null ? node : decay, () -> new OptimizerSpec(name, lr, m, wd));
  }

  private static Checkpoints checkpoints(YamlNode node) {
    if (node.isText()) {
      if (node.word("checkpoints").equals("paper")) {
        return new Checkpoints.Paper();
      }
    } else if (node.isList()) {
      List<Long> steps = new ArrayList<>();
      for (YamlNode item : node.items("checkpoints")) {
        long step = item.whole("a checkpoint", 0, Long.MAX_VALUE);
        if (!steps.isEmpty() && step <= steps.get(steps.size() - 1)) {
          throw item.error("checkpoints must increase; " + step + " follows " + steps.get(steps.size() - 1)
              + ".");
        }
        steps.add(step);
      }
      return new Checkpoints.Steps(steps);
    } else if (node.isMap()) {
      node.mapping("checkpoints", "per-epoch");
      return new Checkpoints.PerEpoch((int) node.require("checkpoints", "per-epoch")
          .whole("per-epoch", 1, Integer.MAX_VALUE));
    }
    throw node.error("checkpoints must be paper, a list of steps, or {per-epoch: k}.");
  }

  private static <T> List<T> distinct(YamlNode node, String what, Function<YamlNode, T> read) {
    Set<T> values = new LinkedHashSet<>();
    for (YamlNode item : node.items(what)) {
      if (!values.add(read.apply(item))) {
        throw item.error("this " + what + " is in the list twice; keep one.");
      }
    }
    return List.copyOf(values);
  }

  /** Gives the errors of {@code action} the line of {@code node}. */
  private static <T> T atLine(YamlNode node, Supplier<T> action) {
    try {
      return action.get();
    } catch (SpecException e) {
      throw node.error(e.getMessage());
    }
  }
}
