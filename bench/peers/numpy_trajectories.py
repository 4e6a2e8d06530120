# SPDX-License-Identifier: Apache-2.0
"""Distances of re-indexed runs (Eq 5) with NumPy in float32: numpy_trajectories.py P.npy PLACES.npy R C --out D.npy

Points on the geodesics between the checkpoints of each run, and at each of them one GEMM and one logarithm per sample.
P (M, N C) probabilities, PLACES (R T, 3) of lower and upper checkpoint and fraction, D (R, R).
"""
import peer

(np,) = peer.need("numpy")
options = peer.arguments(["table", "places", "runs", "classes"])
table = np.load(options.table)
runs, classes = int(options.runs), int(options.classes)
p = table.reshape(len(table), -1, classes)
roots = np.sqrt(p / p.sum(2, keepdims=True)).astype(np.float32)
places = np.load(options.places).reshape(runs, -1, 3)


def run():
    total = np.zeros((runs, runs))
    for k in range(places.shape[1]):
        before, after = roots[places[:, k, 0].astype(int)], roots[places[:, k, 1].astype(int)]
        f = places[:, k, 2].astype(np.float32)[:, None]
        theta = np.arccos(np.minimum((before * after).sum(2), 1))
        tiny = theta < 1e-4
        sine = np.sin(np.where(tiny, 1, theta))
        a = np.where(tiny, 1 - f, np.sin((1 - f) * theta) / sine)
        b = np.where(tiny, f, np.sin(f * theta) / sine)
        points = (a[..., None] * before + b[..., None] * after).transpose(1, 0, 2)
        for s in points:
            total -= np.log(s @ s.T)
    return total / places.shape[1] / p.shape[1]


peer.measure(options, run)
