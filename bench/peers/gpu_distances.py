# SPDX-License-Identifier: Apache-2.0
"""Bhattacharyya distances on a GPU by others' means: gpu_distances.py --json FILE [--seconds S] [--device cuda|cpu]

torch bmm + log_ (as much at once as makes 2 GB of affinities), the same under torch.compile, a fused Triton kernel and a
CuPy RawKernel, both float32 with a log for every pair-sample. float32 throughout: 1e-4 of a distance passes.
"""
import argparse
import time

import gpu_peer

BOUND = 1e-4


def torch_bmm(torch, s):
    """s (N, M, C) -> (M, M)."""
    samples, models, _ = s.shape
    batch = max(1, (2 << 30) // (4 * models * models))

    def run(step=None):
        total = torch.zeros(models, models, device=s.device)
        for begin in range(0, samples, batch):
            some = s[begin:begin + batch]
            if step is None:
                total -= torch.bmm(some, some.transpose(1, 2)).log_().sum(0)
            else:
                total -= step(some)
        return total / samples
    return run


def triton_fused(torch, s):
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(s_ptr, d_ptr, models, samples, classes: tl.constexpr, block: tl.constexpr):
        i = tl.program_id(0) * block + tl.arange(0, block)
        j = tl.program_id(1) * block + tl.arange(0, block)
        if tl.program_id(1) >= tl.program_id(0):
            total = tl.zeros((block, block), tl.float32)
            for n in range(samples):
                bc = tl.zeros((block, block), tl.float32)
                for c in tl.static_range(classes):
                    line = s_ptr + (n * classes + c).to(tl.int64) * models
                    a = tl.load(line + i, mask=i < models, other=1.0)
                    b = tl.load(line + j, mask=j < models, other=1.0)
                    bc += a[:, None] * b[None, :]
                total -= tl.log(bc)
            inside = (i < models)[:, None] & (j < models)[None, :]
            tl.store(d_ptr + i[:, None].to(tl.int64) * models + j[None, :], total / samples, mask=inside)

    samples, models, classes = s.shape
    lines = s.permute(0, 2, 1).contiguous()  # (N, C, M)
    d = torch.zeros(models, models, device=s.device)
    blocks = (models + 63) // 64

    def run():
        kernel[(blocks, blocks)](lines, d, models, samples, classes, 64)
        return d
    return run


CUPY_SOURCE = r"""
extern "C" __global__ void distances(const float* s, float* d, int models, int samples, int classes) {
  __shared__ float a[64], b[64];  // a line of the tile's rows and columns
  if (blockIdx.x < blockIdx.y) return;
  const int x = threadIdx.x, y = threadIdx.y, t = y * 16 + x;
  const int i0 = blockIdx.y * 64, j0 = blockIdx.x * 64;
  float total[4][4] = {};
  for (int n = 0; n < samples; ++n) {
    float bc[4][4] = {};
    for (int c = 0; c < classes; ++c) {
      const float* line = s + ((long long)n * classes + c) * models;
      __syncthreads();
      if (t < 64) a[t] = i0 + t < models ? line[i0 + t] : 1.0f;
      else if (t < 128) b[t - 64] = j0 + t - 64 < models ? line[j0 + t - 64] : 1.0f;
      __syncthreads();
      for (int r = 0; r < 4; ++r)
        for (int k = 0; k < 4; ++k) bc[r][k] += a[y * 4 + r] * b[x * 4 + k];
    }
    for (int r = 0; r < 4; ++r)
      for (int k = 0; k < 4; ++k) total[r][k] -= __logf(bc[r][k]);
  }
  for (int r = 0; r < 4; ++r)
    for (int k = 0; k < 4; ++k)
      if (i0 + y * 4 + r < models && j0 + x * 4 + k < models)
        d[(long long)(i0 + y * 4 + r) * models + j0 + x * 4 + k] = total[r][k] / samples;
}
"""


def cupy_raw(s):
    import cupy
    kernel = cupy.RawKernel(CUPY_SOURCE, "distances")
    samples, models, classes = s.shape
    lines = cupy.ascontiguousarray(cupy.asarray(s).transpose(0, 2, 1))
    d = cupy.zeros((models, models), cupy.float32)
    blocks = (models + 63) // 64

    def run():
        kernel((blocks, blocks), (16, 16), (lines, d, models, samples, classes))
        cupy.cuda.Device().synchronize()
        return d
    return run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="sizes for a dry run")
    options = parser.parse_args()
    import numpy as np
    import torch
    cuda = options.device == "cuda"
    synchronise = torch.cuda.synchronize if cuda else lambda: None
    report = gpu_peer.Report(options.json, torch.cuda.get_device_name(0) if cuda else "cpu, a dry run")
    begin = time.perf_counter()
    shapes = [(70, 40, 3)] if options.tiny else [(4096, 5000, 10), (792, 2000, 1000), (4096, 1000, 100), (16384, 2048, 10)]
    for shape in shapes:
        models, samples, classes = shape
        p = gpu_peer.probabilities(*shape)
        error = upper(gpu_peer.distance_error(p))
        root = np.ascontiguousarray(np.sqrt(p).transpose(1, 0, 2))
        s = torch.from_numpy(root).to(options.device)
        work = models * (models - 1) / 2 * samples

        def row(name, make, runs=5):
            if time.perf_counter() - begin > options.seconds:
                return
            try:
                run = make()
            except Exception as e:
                report.add(kernel=name, M=models, N=samples, C=classes, verified=False,
                           absent=f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}")
                return
            gpu_peer.measure(report, name, shape, work, "pair-samples", BOUND, run, error, synchronise, runs)

        def compiled():
            step = torch.compile(lambda some: torch.bmm(some, some.transpose(1, 2)).log().sum(0))
            plain = torch_bmm(torch, s)
            return lambda: plain(step)

        row("torch bmm + log_", lambda: torch_bmm(torch, s))
        row("torch.compile", compiled, 3)
        if classes <= 100:  # the classes are unrolled
            row("triton fused", lambda: triton_fused(torch, s), 3)
        row("cupy RawKernel", lambda: cupy_raw(root), 3)
        del s


def upper(error):
    """The judge of whole matrices, for peers that fill the upper triangle alone."""
    class Symmetric:
        def __init__(self, d):
            self.d = d

        def __getitem__(self, at):
            i, j = at
            return self.d[min(i, j), max(i, j)]
    return lambda d: error(Symmetric(d))


if __name__ == "__main__":
    main()
