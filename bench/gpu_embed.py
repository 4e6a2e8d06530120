# SPDX-License-Identifier: Apache-2.0
"""gpu_embed.py OUT.json WORK SCALE JAVA...: the eigenpair row: 50 dimensions of random walks by `lightcone distances` and
`lightcone embed` on the GPU and on the CPU. Verified: eigenvalues of the two within twice the tolerance of the largest, and
the residuals that the command measures with a product of its own."""
import json
import os
import subprocess
import sys

import numpy as np

TOLERANCE = 1e-6


def main():
    out, work, scale, *java = sys.argv[1:]
    models = {"tiny": 300, "small": 4096}.get(scale, 16384)
    dims = 6 if scale == "tiny" else 50
    samples, classes = 100, 10
    random = np.random.default_rng(11)
    # Walks of 50 steps from a common start.
    steps = random.standard_normal((models, samples, classes)).astype(np.float32) * 0.2
    logits = np.concatenate([steps[k:k + 50].cumsum(axis=0) for k in range(0, models, 50)])
    table = os.path.join(work, "table.npy")
    np.save(table, logits)

    def lightcone(*arguments):
        done = subprocess.run([*java, *arguments, "--json"], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    tiles = os.path.join(work, "d.tiles")
    if os.path.exists(tiles):
        os.remove(tiles)
    lightcone("distances", "--predictions", table, "--kind", "logits", "--device", "cuda", "--out", tiles)
    runs = {}
    for device in ("cuda", "cuda", "cpu"):  # the first of a process pays for its start each time: all do
        runs.setdefault(device, []).append(lightcone(
            "embed", "--distances", tiles, "--dims", str(dims), "--tolerance", str(TOLERANCE), "--device", device,
            "--out", os.path.join(work, f"x-{device}.npy")))
    cuda, cpu = runs["cuda"][-1], runs["cpu"][0]
    error = np.max(np.abs(np.array(cuda["eigenvalues"]) - np.array(cpu["eigenvalues"]))) / abs(cpu["eigenvalues"][0])
    residual = max(cuda["residuals"])
    verified = bool(error <= 2 * TOLERANCE and residual <= TOLERANCE * 1.001 and cuda["device"] == "cuda")
    seconds = sorted(r["seconds"] for r in runs["cuda"])
    row = {"kernel": "eigenpairs", "mode": f"K = {dims}, residual {TOLERANCE}, matrix on the device; with upload and Eq 12",
           "M": models, "N": samples, "C": classes, "median_s": seconds[len(seconds) // 2], "p10_s": seconds[0],
           "p90_s": seconds[-1], "rate": 1 / seconds[len(seconds) // 2], "unit": "embeddings", "max_rel_error": error,
           "verified": verified, "passes": cuda["passes"], "dense": cuda["dense"],
           "peers": [{"name": "lightcone embed --device cpu", "median_s": cpu["seconds"],
                      "speedup": cpu["seconds"] / seconds[len(seconds) // 2], "max_rel_error": max(cpu["residuals"])}]}
    with open(out, "w") as f:
        json.dump({"rows": [row]}, f, indent=2)
    print(json.dumps(row))
    sys.exit(0 if verified else 1)


if __name__ == "__main__":
    main()
