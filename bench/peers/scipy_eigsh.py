# SPDX-License-Identifier: Apache-2.0
"""Eigenpairs of largest magnitude with scipy: scipy_eigsh.py D.npy K TOL --out PAIRS.npy

scipy.sparse.linalg.eigsh(which="LM", tol=TOL) on W = -1/2 L D L in float64, which is formed before the clock starts.
TOL bounds |W v - lambda v| / |lambda| of every pair. D (M, M) float32; PAIRS (2, K) by falling magnitude: eigenvalues,
and |W v - lambda v| / |lambda_1|.
"""
import peer

np, linalg = peer.need("numpy", "scipy.sparse.linalg")
options = peer.arguments(["distances", "pairs", "tolerance"])
w = np.load(options.distances).astype(np.float64)
means = w.mean(0)
w -= means[:, None]
w -= means[None, :] - means.mean()
w *= -0.5


def run():
    values, vectors = linalg.eigsh(w, k=int(options.pairs), which="LM", tol=float(options.tolerance))
    order = np.argsort(-np.abs(values))
    return values[order], vectors[:, order]


def judged(pairs):
    values, vectors = pairs
    return values, np.linalg.norm(w @ vectors - vectors * values, axis=0) / abs(values[0])


peer.measure(options, run, judged)
