# SPDX-License-Identifier: Apache-2.0
"""All pairwise distances with NumPy in float32: numpy_distances.py METRIC P.npy --out D.npy

METRIC bhattacharyya is the usual form, one GEMM and one logarithm per sample; bhattacharyya-product keeps the running
product of the affinities as mantissa and exponent and takes one logarithm at the end, hellinger-product is
1 - exp(-N bhattacharyya); geodesic and geodesic-l2 take
an arccos per sample; jeffreys is two GEMMs over all samples. Roots and logarithms of P are taken, and transposed,
before the clock starts. P (M, N, C) float32 probabilities, D (M, M).
"""
import peer

(np,) = peer.need("numpy")
options = peer.arguments(["metric", "table"])
p = np.load(options.table)
models, samples, classes = p.shape
s = np.ascontiguousarray(np.sqrt(p).transpose(1, 0, 2))  # (N, M, C)
flat = p.reshape(models, -1)
log = np.log(flat) if options.metric == "jeffreys" else None


def affinities():
    for n in range(samples):
        yield s[n] @ s[n].T


def bhattacharyya():
    total = np.zeros((models, models), np.float32)
    for bc in affinities():
        total -= np.log(bc)
    return total / samples


def bhattacharyya_product():
    product = np.ones((models, models), np.float32)
    exponents = np.zeros((models, models), np.int32)
    for n, bc in enumerate(affinities()):
        product *= bc
        if n % 8 == 7:
            product, exponent = np.frexp(product)
            exponents += exponent
    return -(np.log(product) + exponents * np.log(2)) / samples


def geodesic(square):
    total = np.zeros((models, models), np.float32)
    for bc in affinities():
        angle = np.arccos(np.minimum(bc, 1))
        total += angle * angle if square else angle
    return np.sqrt(total / samples) if square else total / samples


def jeffreys():
    cross = flat @ log.T
    own = np.diagonal(cross)
    return (own[:, None] + own[None, :] - cross - cross.T) / samples


peer.measure(options, {
    "bhattacharyya": bhattacharyya,
    "bhattacharyya-product": bhattacharyya_product,
    "geodesic": lambda: geodesic(False),
    "geodesic-l2": lambda: geodesic(True),
    "jeffreys": jeffreys,
    "hellinger-product": lambda: -np.expm1(-samples * bhattacharyya()),
}[options.metric])
