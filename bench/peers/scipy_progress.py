# SPDX-License-Identifier: Apache-2.0
"""Progress with scipy: scipy_progress.py P.npy LABELS.npy --out S.npy

Two numbers per model and sample by NumPy in float64, then scipy.optimize.minimize_scalar (bounded) per model on
sum_n arccos(a_n sin((1-t) theta) + b_n sin(t theta)) / sin theta. P (M, N, C) float32, LABELS (N), S (M).
"""
import peer

np, optimize = peer.need("numpy", "scipy.optimize")
options = peer.arguments(["table", "labels"])
p = np.load(options.table)
labels = np.load(options.labels)
classes = p.shape[2]
theta = np.arccos(1 / np.sqrt(classes))


def run():
    s = np.sqrt(p, dtype=np.float64)
    a = s.sum(2) / np.sqrt(classes)
    b = np.take_along_axis(s, labels[None, :, None].astype(np.int64), 2)[..., 0]
    out = np.empty(len(p))
    for m in range(len(p)):
        def objective(t):
            cosine = (a[m] * np.sin((1 - t) * theta) + b[m] * np.sin(t * theta)) / np.sin(theta)
            return np.arccos(np.minimum(cosine, 1)).sum()
        out[m] = optimize.minimize_scalar(objective, bounds=(0, 1), method="bounded", options={"xatol": 1e-8}).x
    return out


peer.measure(options, run)
