# SPDX-License-Identifier: Apache-2.0
"""Distances with scipy's cdist: scipy_distances.py jensen-shannon|disagreement P.npy --out D.npy

jensen-shannon: cdist per sample, squared (cdist gives the root), mean; disagreement: Hamming distance of the argmax, which is
taken before the clock starts.
P (M, N, C) float32, D (M, M).
"""
import peer

np, distance = peer.need("numpy", "scipy.spatial.distance")
options = peer.arguments(["metric", "table"])
p = np.load(options.table)
samples = p.shape[1]
labels = p.argmax(2)


def jensen_shannon():
    total = np.zeros((len(p), len(p)))
    for n in range(samples):
        rows = p[:, n].astype(np.float64)
        total += distance.cdist(rows, rows, "jensenshannon") ** 2
    return total / samples


def disagreement():
    return distance.cdist(labels, labels, "hamming")


peer.measure(options, {"jensen-shannon": jensen_shannon, "disagreement": disagreement}[options.metric])
