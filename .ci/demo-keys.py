# SPDX-License-Identifier: Apache-2.0
"""Checks the JSON of `lightcone demo --json` against the contract: demo-keys.py DEMO.json REPORT.html"""
import json
import os
import sys

with open(sys.argv[1]) as f:
    lines = f.read().splitlines()
assert len(lines) == 1, f"standard output holds {len(lines)} lines, not one JSON object"
demo = json.loads(lines[0])
least = {"runs": 12, "models": 300, "samples": 1000, "classes": 10}
for key, value in least.items():
    assert demo[key] >= value, f"{key} is {demo[key]}, at least {value} is promised"
for key in ("stress", "eigenvalues"):
    assert demo[key] and all(isinstance(x, float) for x in demo[key]), key
for stage in ("data", "training", "recording", "distances", "embedding", "report", "total"):
    assert demo["seconds"][stage] >= 0, stage
assert os.path.samefile(demo["report"], sys.argv[2]) and os.path.getsize(sys.argv[2]) > 10_000, "report"
assert os.path.isdir(demo["store"]), "store"
# A busy machine is no defect of the change, so the time is told and not asserted.
total = demo["seconds"]["total"]
print(f"demo: {demo['runs']} runs, {demo['models']} models in {total:.1f} s"
      + ("" if total < 300 else ", which is more than the 300 s promised for two idle cores"))
