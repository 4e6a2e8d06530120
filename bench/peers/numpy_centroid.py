# SPDX-License-Identifier: Apache-2.0
"""Centroids with NumPy in float64: numpy_centroid.py arithmetic|bhattacharyya P.npy --out Q.npy

bhattacharyya is the fixed point q <- mean of sqrt(p q) / BC(p, q) from the arithmetic mean on, for all samples at once
until none moves by more than 1e-10 of itself. P (M, N, C) float32 probabilities, Q (N, C).
"""
import peer

(np,) = peer.need("numpy")
options = peer.arguments(["mean", "table"])
p = np.load(options.table)


def arithmetic():
    return (p / p.sum(2, keepdims=True, dtype=np.float64)).mean(0)


def bhattacharyya():
    rows = p / p.sum(2, keepdims=True, dtype=np.float64)
    roots = np.sqrt(rows)
    q = rows.mean(0)
    while True:
        s = np.sqrt(q)
        bc = np.einsum("mnc,nc->mn", roots, s)
        after = s * np.einsum("mnc,mn->nc", roots, 1 / bc) / len(p)
        if np.abs(after - q).max() <= 1e-10 * q.max():
            return after
        q = after


peer.measure(options, {"arithmetic": arithmetic, "bhattacharyya": bhattacharyya}[options.mean])
