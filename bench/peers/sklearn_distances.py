# SPDX-License-Identifier: Apache-2.0
"""Squared Euclidean distances with scikit-learn: sklearn_distances.py hellinger|euclidean P.npy --out D.npy

sklearn.metrics.pairwise.euclidean_distances over all samples and classes, of sqrt(P) and halved for hellinger, of P for
euclidean; per sample. P (M, N, C) float32, D (M, M).
"""
import peer

np, pairwise = peer.need("numpy", "sklearn.metrics.pairwise")
options = peer.arguments(["metric", "table"])
p = np.load(options.table)
samples = p.shape[1]
hellinger = options.metric == "hellinger"
rows = (np.sqrt(p) if hellinger else p).reshape(len(p), -1)
scale = samples * (2 if hellinger else 1)
peer.measure(options, lambda: pairwise.euclidean_distances(rows, squared=True) / scale)
