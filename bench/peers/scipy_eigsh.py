# SPDX-License-Identifier: Apache-2.0
"""Eigenvalues of largest magnitude with scipy: scipy_eigsh.py D.npy K --out LAMBDA.npy

scipy.sparse.linalg.eigsh(which="LM", tol=1e-6) on W = -1/2 L D L in float64, which is formed before the clock starts.
D (M, M) float32; LAMBDA (K) by falling magnitude.
"""
import peer

np, linalg = peer.need("numpy", "scipy.sparse.linalg")
options = peer.arguments(["distances", "pairs"])
w = np.load(options.distances).astype(np.float64)
means = w.mean(0)
w -= means[:, None]
w -= means[None, :] - means.mean()
w *= -0.5


def run():
    values, _ = linalg.eigsh(w, k=int(options.pairs), which="LM", tol=1e-6)
    return values[np.argsort(-np.abs(values))]


peer.measure(options, run)
