// SPDX-License-Identifier: Apache-2.0
/**
 * The Lightcone engine: models as probability tables (M, N, C), their distances, embedding, progress and
 * geodesics. M models, N samples, C classes, K dimensions; distances in nats per sample.
 *
 * <p>Objects that own memory outside the heap are closed by their user, best with try-with-resources; close is
 * idempotent, throws while a call runs, and every call after it throws {@link java.lang.IllegalStateException}.
 * "Eq" numbers are those of "The training process of many deep networks explores the same low-dimensional manifold"
 * (Mao et al., 2024).
 */
package org.lightcone;
