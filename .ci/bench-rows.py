# SPDX-License-Identifier: Apache-2.0
"""Checks the JSON of `lightcone bench --json` against the contract: every row verified. bench-rows.py BENCH.json"""
import json
import sys

with open(sys.argv[1]) as f:
    lines = f.read().splitlines()
assert len(lines) == 1, f"standard output holds {len(lines)} lines, not one JSON object"
bench = json.loads(lines[0])
for key in ("machine", "commit", "compiler", "ceilings", "rows"):
    assert bench[key], key
kernels = set()
for row in bench["rows"]:
    name = f"{row['kernel']} ({row['mode']}) {row['M']}, {row['N']}, {row['C']}, {row['isa']}, threads {row['threads']}"
    assert row["verified"], f"{name}: {row.get('skipped', 'wrong')}"
    assert row["rate"] > 0 and row["p10_s"] <= row["median_s"] <= row["p90_s"], name
    kernels.add(row["kernel"])
print(f"bench: {len(bench['rows'])} rows of {', '.join(sorted(kernels))}, all verified")
