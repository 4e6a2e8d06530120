// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.util.List;

/**
 * How a sweep ended.
 *
 * @param runs runs of the sweep (of this shard)
 * @param done with all records
 * @param failed diverged
 * @param left neither
 * @param records records of the done runs
 * @param seconds of this call
 * @param dataSeconds loading the data and LibTorch
 * @param trainingSeconds optimiser steps in this call
 * @param recordingSeconds evaluating and writing records in this call
 * @param stopped whether a stop was asked for
 * @param problems one sentence per run that could not be worked on
 */
public record Summary(int runs, int done, int failed, int left, long records, double seconds,
    double dataSeconds, double trainingSeconds, double recordingSeconds, boolean stopped,
    List<String> problems) {
}
