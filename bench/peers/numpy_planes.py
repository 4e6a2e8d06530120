# SPDX-License-Identifier: Apache-2.0
"""Points of planes with NumPy: numpy_planes.py IMAGES.npy GRID.npy S --out POINTS.npy

x1 + s u + t w for the grid of every triplet, u and w in float64 and the points in float32. IMAGES (3 T, D), GRID (T, S
+ T'): the coordinates s and then t of each plane; POINTS (T S T', D).
"""
import peer

(np,) = peer.need("numpy")
options = peer.arguments(["images", "grid", "s"])
images = np.load(options.images)
grid = np.load(options.grid)
count = int(options.s)
out = np.empty((len(grid), count, grid.shape[1] - count, images.shape[1]), np.float32)


def run():
    for q, st in enumerate(grid):
        x, y, z = images[3 * q: 3 * q + 3]
        u = (y - x) / np.linalg.norm(y - x)
        w = (z - x) - (u @ (z - x)) * u
        w /= np.linalg.norm(w)
        along = (x + st[:count, None] * u).astype(np.float32)
        across = (st[count:, None] * w).astype(np.float32)
        np.add(along[:, None], across[None], out=out[q])
    return out


peer.measure(options, run)
