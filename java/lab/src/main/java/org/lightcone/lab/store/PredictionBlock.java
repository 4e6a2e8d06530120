// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.nio.file.Path;

/**
 * A rectangle of a run's predictions inside one file: float32 log-probabilities, little-endian. Record
 * {@code firstRecord + r}, sample {@code firstSample + n} has its C values at byte
 * {@code offset + r * recordStrideBytes + n * C * 4}.
 *
 * @param file the chunk file
 * @param offset first byte
 * @param firstRecord record of the first row
 * @param records rows
 * @param firstSample sample of the first column
 * @param samples columns
 * @param recordStrideBytes bytes from one record to the next
 */
public record PredictionBlock(Path file, long offset, int firstRecord, int records, int firstSample,
    int samples, long recordStrideBytes) {
}
