// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

/**
 * One model of a run: what was measured at one checkpoint, over the recorded samples of each split.
 *
 * @param index position in the run, from 0; also the row of the prediction arrays
 * @param step optimiser steps done
 * @param epoch epochs done, step / steps per epoch
 * @param trainLoss mean cross-entropy, nats per sample
 * @param trainError share of samples whose most likely class is wrong
 * @param testLoss mean cross-entropy, nats per sample
 * @param testError share of samples whose most likely class is wrong
 * @param seconds training plus recording seconds up to and with this record
 */
public record RunRecord(int index, long step, double epoch, double trainLoss, double trainError,
    double testLoss, double testError, double seconds) {
}
