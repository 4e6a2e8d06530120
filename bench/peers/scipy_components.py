# SPDX-License-Identifier: Apache-2.0
"""Connected regions with scipy: scipy_components.py LABELS.npy --out REGIONS.npy

scipy.ndimage.label with 8 neighbours, once per map and class that the map has. LABELS (A, height, width), held as
uint8; REGIONS (A).
"""
import peer

np, ndimage = peer.need("numpy", "scipy.ndimage")
options = peer.arguments(["labels"])
maps = np.load(options.labels).astype(np.uint8)
eight = np.ones((3, 3))


def run():
    regions = np.zeros(len(maps))
    for k, one in enumerate(maps):
        for label in np.unique(one):
            regions[k] += ndimage.label(one == label, structure=eight)[1]
    return regions


peer.measure(options, run)
