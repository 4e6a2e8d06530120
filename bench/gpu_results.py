# SPDX-License-Identifier: Apache-2.0
"""gpu_results.py OUTDIR: one file <GPU name>-<commit>.json of what the stages of gpu.sh left there: the rows of bench.json,
to each the peers of the same sizes, and those of java.json."""
import glob
import json
import os
import re
import sys


def load(path):
    try:
        with open(path) as f:
            return json.load(f)
    except (OSError, ValueError):
        return None


def main():
    out = sys.argv[1]
    result = load(os.path.join(out, "bench.json"))
    if result is None:
        sys.exit("gpu_results.py: there is no bench.json")
    java = load(os.path.join(out, "java.json"))
    if java:
        result["rows"] += java["rows"]
    peers = load(os.path.join(out, "peers.distances.json"))
    for row in result["rows"]:
        for peer in peers["rows"] if peers and row["kernel"] == "bhattacharyya" else []:
            if all(peer[k] == row[k] for k in "MNC") and peer["verified"] and row["verified"] and "near" not in row["mode"]:
                row["peers"].append({"name": peer["kernel"], "median_s": peer["median_s"],
                                     "speedup": peer["median_s"] / row["median_s"], "max_rel_error": peer["max_rel_error"]})
    eigh = load(os.path.join(out, "peers.eigh.json"))
    result["other_peers"] = [p for f in (peers, eigh) if f for p in f["rows"]
                             if f is eigh or not p.get("verified")]
    result["stages"] = [load(p) for p in sorted(glob.glob(os.path.join(out, "*.result.json")))]
    name = re.sub(r"[^a-z0-9]+", "-", result["machine"].lower()).strip("-")
    path = os.path.join(out, f"{name}-{result['commit']}.json")
    with open(path, "w") as f:
        json.dump(result, f, indent=2)
    print(path)


if __name__ == "__main__":
    main()
