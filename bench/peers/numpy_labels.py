# SPDX-License-Identifier: Apache-2.0
"""Label maps with NumPy: numpy_labels.py argmax P.npy | agreement LABELS.npy --out OUT.npy

argmax: P (M, N, C) float32 to int32 labels (M N); agreement: LABELS (A, P), held as uint8, to the equal labels of all
pairs (A, A), one comparison and one count per pair.
"""
import peer

(np,) = peer.need("numpy")
options = peer.arguments(["operation", "table"])
table = np.load(options.table)
if options.operation == "agreement":
    table = table.astype(np.uint8)


def argmax():
    return table.argmax(-1).astype(np.int32).ravel()


def agreement():
    count = np.empty((len(table), len(table)))
    for i in range(len(table)):
        for j in range(i, len(table)):
            count[i, j] = count[j, i] = np.count_nonzero(table[i] == table[j])
    return count


peer.measure(options, {"argmax": argmax, "agreement": agreement}[options.operation])
