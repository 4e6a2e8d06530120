# SPDX-License-Identifier: Apache-2.0
"""What every peer shares: its command line, the packages it needs, and how it is timed.

    peer.py's users:  SCRIPT ARGUMENTS... --out ANSWER.npy [--runs K | --serve]

The answer of the first run is written as .npy. With --runs the seconds of K more are printed as one line of JSON. With
--serve the script says {"ready": true, "seconds": s} of the first run and then runs once for every line on standard
input, each time answering {"seconds": s}: so `lightcone bench` puts its own runs between. A package that is not
installed is {"absent": reason}.
"""
import json
import sys
import time


def say(**words):
    print(json.dumps(words), flush=True)


def need(*modules):
    """Imports the packages, or says which is absent and ends."""
    import importlib
    try:
        return [importlib.import_module(m) for m in modules]
    except ImportError as e:
        say(absent=str(e))
        sys.exit(0)


def arguments(names):
    """The script's own arguments by name, and the common options."""
    import argparse
    parser = argparse.ArgumentParser()
    for name in names:
        parser.add_argument(name)
    parser.add_argument("--out", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", action="store_true")
    return parser.parse_args()


def measure(options, run, judged=lambda answer: answer):
    """Runs, writes what is judged of the answer as float64, and times further runs."""
    import numpy

    def timed():
        start = time.perf_counter()
        answer = run()
        return time.perf_counter() - start, answer

    first, answer = timed()
    numpy.save(options.out, numpy.asarray(judged(answer), numpy.float64))
    if not options.serve:
        say(seconds=[timed()[0] for _ in range(options.runs)])
        return
    say(ready=True, seconds=first)
    for _ in sys.stdin:
        say(seconds=timed()[0])
