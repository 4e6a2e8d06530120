// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A run as its run.json describes it.
 *
 * @param id folder name: hash of the canonical spec and the thread count
 * @param label for people, for example {@code fc sgd lr 0.1 batch 100 seed 42}
 * @param network the network's name
 * @param optimizer {@code sgd}, {@code sgdn} or {@code adam}
 * @param status where it stands; a run.json that says running without a living writer reads as STOPPED
 * @param reason why it failed or stopped; empty otherwise
 * @param threads the LibTorch threads it was trained with (they change bits)
 * @param seeds init, order, augmentation, label-noise
 * @param records whole records when run.json was written; {@link Store#records} counts what is there now
 * @param trainingSeconds seconds in optimiser steps
 * @param recordingSeconds seconds in evaluation and writing records
 * @param spec the canonical spec
 * @param json all of run.json
 */
public record RunInfo(String id, String label, String network, String optimizer, Status status, String reason,
    int threads, Map<String, Long> seeds, int records, double trainingSeconds,
    double recordingSeconds, JsonNode spec, JsonNode json) {
}
