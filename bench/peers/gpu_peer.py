# SPDX-License-Identifier: Apache-2.0
"""What the peers on a GPU share: inputs made as bench/cuda/device.cpp makes its own kind, timing between synchronisations,
verification in float64 before any time, and a JSON file that is written anew after every row.

A peer that cannot run (a package that is absent, no memory, an error of its own) is a row with the reason.
"""
import json
import os
import statistics
import time


class Report:
    def __init__(self, path, machine):
        self.path = path
        self.document = {"machine": machine, "rows": []}
        self.write()

    def write(self):
        part = self.path + ".part"
        with open(part, "w") as f:
            json.dump(self.document, f, indent=1)
        os.replace(part, self.path)

    def add(self, **row):
        self.document["rows"].append(row)
        self.write()
        print(json.dumps(row), flush=True)


def measure(report, name, shape, work, unit, bound, run, error, synchronise, runs=5):
    """Runs once and judges, then times. error(answer): the largest relative error; bound: what passes."""
    row = dict(kernel=name, M=shape[0], N=shape[1], C=shape[2])
    try:
        wrong = float(error(run()))
        row.update(max_rel_error=wrong, verified=bool(wrong <= bound))  # NaN fails
        if not row["verified"]:
            report.add(**row)
            return
        seconds = []
        for _ in range(runs):
            synchronise()
            begin = time.perf_counter()
            run()
            synchronise()
            seconds.append(time.perf_counter() - begin)
        seconds.sort()
        median = statistics.median(seconds)
        report.add(**row, median_s=median, p10_s=seconds[0], p90_s=seconds[-1], rate=work / median, unit=unit)
    except Exception as e:  # a peer's own failure is a result
        report.add(**row, verified=False, absent=f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}")


def probabilities(models, samples, classes, seed=1):
    """(M, N, C) float32 on the CPU, distances of about 0.1."""
    import numpy as np
    random = np.random.default_rng(seed)
    logits = 3 * random.uniform(-1, 1, (1, samples, classes)) + 1.8 * random.uniform(-1, 1, (models, samples, classes))
    p = np.exp(logits - logits.max(axis=2, keepdims=True))
    return (p / p.sum(axis=2, keepdims=True)).astype(np.float32)


def distance_error(p, pairs=32):
    """Judges D (M, M) by some pairs in float64."""
    import numpy as np
    random = np.random.default_rng(2)
    chosen = random.integers(0, p.shape[0], (pairs, 2))
    chosen = chosen[chosen[:, 0] != chosen[:, 1]]
    root = np.sqrt(p.astype(np.float64) / p.astype(np.float64).sum(axis=2, keepdims=True))
    wanted = np.array([-np.log((root[i] * root[j]).sum(axis=1)).mean() for i, j in chosen])

    def error(d):
        got = np.array([float(d[i, j]) for i, j in chosen])
        return np.max(np.abs(got - wanted) / wanted)
    return error
