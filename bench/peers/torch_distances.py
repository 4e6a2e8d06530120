# SPDX-License-Identifier: Apache-2.0
"""Bhattacharyya distances with torch: torch_distances.py bhattacharyya P.npy --out D.npy

torch.bmm over as many samples at once as make 256 MB of affinities, log, sum. P (M, N, C) float32, D (M, M).
"""
import os

import peer

np, torch = peer.need("numpy", "torch")
options = peer.arguments(["metric", "table"])
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
s = torch.from_numpy(np.load(options.table)).sqrt().permute(1, 0, 2).contiguous()  # (N, M, C)
samples, models, _ = s.shape
batch = max(1, (1 << 28) // (4 * models * models))


def run():
    total = torch.zeros(models, models)
    for begin in range(0, samples, batch):
        some = s[begin:begin + batch]
        total -= torch.bmm(some, some.transpose(1, 2)).log_().sum(0)
    return (total / samples).numpy()


peer.measure(options, run)
