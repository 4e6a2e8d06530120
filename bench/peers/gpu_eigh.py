# SPDX-License-Identifier: Apache-2.0
"""All eigenpairs of a dense centred matrix on a GPU: gpu_eigh.py --json FILE [--seconds S] [--device cuda|cpu] [--tiny]

torch.linalg.eigh and cupy.linalg.eigh in float64, at orders that a dense solver takes; judged by the largest
|W v - lambda v| / |lambda_1| of the 50 pairs of largest magnitude. What a block Krylov method is compared with: it finds
those 50 alone.
"""
import argparse
import time

import gpu_peer

BOUND = 1e-6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    import numpy as np
    import torch
    cuda = options.device == "cuda"
    report = gpu_peer.Report(options.json, torch.cuda.get_device_name(0) if cuda else "cpu, a dry run")
    begin = time.perf_counter()
    for models in [120] if options.tiny else [2048, 8192, 16384]:
        random = np.random.default_rng(3)
        x = random.standard_normal((models, 12)) * np.sqrt([9, 6, 4, 3, 2, 1.5, 1, 0.8, 0.5, 0.3, 0.2, 0.1])
        sign = np.array([1, -1, 1, 1, -1, 1, 1, 1, -1, 1, 1, 1])
        norms = (sign * x * x).sum(1)
        d = np.abs(norms[:, None] + norms[None, :] - 2 * (x * sign) @ x.T)
        w = -0.5 * (d - d.mean(0) - d.mean(0)[:, None] + d.mean())

        def error(answer):
            values, vectors = (np.asarray(a.cpu() if hasattr(a, "cpu") else a.get()) for a in answer)
            order = np.argsort(-np.abs(values))[:50]
            residual = w @ vectors[:, order] - vectors[:, order] * values[order]
            return np.linalg.norm(residual, axis=0).max() / np.abs(values[order[0]])

        def torch_run():
            at = torch.from_numpy(w).to(options.device)
            return lambda: torch.linalg.eigh(at)

        def cupy_run():
            import cupy
            at = cupy.asarray(w)

            def run():
                answer = cupy.linalg.eigh(at)
                cupy.cuda.Device().synchronize()
                return answer
            return run

        for name, make in [("torch eigh", torch_run), ("cupy eigh", cupy_run)]:
            if time.perf_counter() - begin > options.seconds:
                return
            try:
                run = make()
            except Exception as e:
                report.add(kernel=name, M=models, N=50, C=0, verified=False,
                           absent=f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}")
                continue
            gpu_peer.measure(report, name, (models, 50, 0), 1, "embeddings", BOUND, run, error,
                             torch.cuda.synchronize if cuda else lambda: None, 1 if models > 8192 else 3)


if __name__ == "__main__":
    main()
