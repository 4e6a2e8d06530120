# SPDX-License-Identifier: Apache-2.0
"""Counts what ran and refuses unexpected skips.

count.py STATUS SKIPS_ALLOWED SUREFIRE_FOLDER VERIFY_LOG CTEST_JUNIT.xml...
STATUS is what the steps before came to; the exit code is 0 only if that is 0 and nothing is wrong here.
"""
import glob
import os
import re
import sys
import xml.etree.ElementTree as ET

status, allowed_file, surefire, verify_log, *sanitized = sys.argv[1:]
with open(allowed_file) as f:
    allowed = {line.split()[0] for line in f if line.strip() and not line.startswith("#")}
passed = failed = 0
skipped = []

reports = glob.glob(os.path.join(surefire, "TEST-*.xml")) + [path for path in sanitized if os.path.exists(path)]
for report in reports:
    for case in ET.parse(report).getroot().iter("testcase"):
        name = case.get("name")
        if report not in sanitized:
            name = case.get("classname") + "#" + name
        if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skipped.append(name)
        elif case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            print("failed:", name)
        else:
            passed += 1

# ctest inside ./mvnw verify: " 1/12 Test  #1: name ....   Passed    0.01 sec"
if os.path.exists(verify_log):
    with open(verify_log, errors="replace") as f:
        for line in f:
            match = re.search(r"\d+/\d+ Test +#\d+: (\S+) \.+ *(\**[A-Za-z][\w ]*)", line)
            if not match:
                continue
            name, outcome = match.groups()
            if outcome.startswith("Passed"):
                passed += 1
            elif outcome.startswith(("***Skipped", "***Not Run")):
                skipped.append(name)
            else:
                failed += 1
                print("failed:", name)

wrong = [name for name in skipped if name not in allowed and name.split("#")[0] not in allowed]
for name in wrong:
    print("skipped, and not on .ci/skips-allowed:", name)
if not reports:
    print("no test report was found")
bad = failed or wrong or not passed or not reports or int(status)
print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
sys.exit(1 if bad else 0)
