// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lightcone.lab.data.Hash;
import org.lightcone.lab.network.Networks;

/**
 * Everything that decides one run's bits, except the number of threads.
 *
 * @param data the images
 * @param recordTrain recorded train samples, the first n of the fixed order
 * @param recordTest recorded test samples, the first n of the fixed order
 * @param network a name of {@link Networks}
 * @param optimizer the optimiser
 * @param batch samples per step; the rest of an epoch that fills no batch is left out
 * @param seed stands for {@link Seeds#of}
 * @param epochs passes over the train images
 * @param checkpoints when to record
 * @param bnWarmup whether batch-norm statistics are set by a few forward passes before the first record
 */
public record RunSpec(DataSpec data, int recordTrain, int recordTest, String network,
    OptimizerSpec optimizer, int batch, long seed, int epochs, Checkpoints checkpoints, boolean bnWarmup) {
  public RunSpec {
    if (!Networks.exists(network)) {
      throw new SpecException("unknown network \"" + network + "\"; choose one of "
    + String.join(", ", Networks.names()) + ".");
    }
    range("record train", recordTrain, data.train());
    range("record test", recordTest, data.test());
    range("batch", batch, data.train());
    range("epochs", epochs, 1_000_000);
    if (batch < 2) {
      throw new SpecException("batch must be at least 2, batch normalisation needs a spread; not " + batch
          + ".");
    }
    checkpoints.steps(data.train() / batch, epochs);
  }

  private static void range(String what, int value, int most) {
    if (value < 1 || value > most) {
      throw new SpecException(what + " must be between 1 and " + most + ", not " + value + ".");
    }
  }

  /** floor(train / batch). */
  public int stepsPerEpoch() {
    return data.train() / batch;
  }

  /** All steps. */
  public long steps() {
    return (long) stepsPerEpoch() * epochs;
  }

  /** The recorded steps. */
  public long[] recordedSteps() {
    return checkpoints.steps(stepsPerEpoch(), epochs);
  }

  /** For people: network, optimiser, rate, batch, seed. */
  public String label() {
    StringBuilder label = new StringBuilder(network + " " + optimizer.name() + " lr "
        + plain(optimizer.lr()));
    if (optimizer.momentum() != OptimizerSpec.defaultMomentum(optimizer.name())) {
      label.append(" momentum ").append(plain(optimizer.momentum()));
    }
    if (optimizer.weightDecay() != 0) {
      label.append(" wd ").append(plain(optimizer.weightDecay()));
    }
    return label.append(" batch ").append(batch).append(" seed ").append(seed).toString();
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9 ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** The spec as JSON with all keys in a fixed order: what run.json holds and what the id is a hash of. */
  public ObjectNode canonical() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putObject("data").put("name", data.name()).put("source", data.source()).put("train", data.train())
        .put("test", data.test());
    json.putObject("record").put("train", recordTrain).put("test", recordTest);
    json.put("network", network);
    json.putObject("optimizer").put("name", optimizer.name()).put("lr", optimizer.lr())
        .put("momentum", optimizer.momentum()).put("weight-decay", optimizer.weightDecay());
    json.put("batch", batch).put("seed", seed).put("epochs", epochs);
    json.put("checkpoints", checkpoints.canonical()).put("bn-warmup", bnWarmup);
    return json;
  }

  /** SHA-256 of {@link #canonical}, in hex. */
  public String hash() {
    return new Hash().text(canonical().toString()).hex();
  }

  /**
   * The run's id: 16 hex digits of SHA-256 over the canonical spec and the thread count, which changes bits.
   */
  public String id(int threads) {
    return new Hash().text(canonical().toString()).number(threads).hex().substring(0, 16);
  }
}
