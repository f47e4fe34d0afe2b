#!/usr/bin/env python3
"""Suite "training": samples a second of DIN, DIEN and a two-tower model, composed of Bauta's layers, beside the same
models in PyTorch: same shapes, batches, optimiser and distributions of ids and lengths, same number of threads, or
fewer for PyTorch where it is faster so. Prints one JSON object a line.

Usage: training.py BUILD_DIRECTORY [--peers DIR]

DIR (or $BAUTA_PEERS) holds the PyTorch programs torch_din.py and torch_two_tower.py. Without them or without Debian's
python3-torch the figures stand alone.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from coordinator_process import print_line  # noqa: E402

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages
REPEATS = 5  # ours and theirs in turn, so that other work on the machine slows both
LIMIT_SECONDS = 900
BLAS = """
import torch
torch.mm(torch.ones(64, 64), torch.ones(64, 64))
print(torch.__version__, *{line.split()[-1] for line in open("/proc/self/maps") if "blas" in line})
"""

# What the scripts call samples a second, each its own way.
THEIR_RATE = ("samples_per_s_median", "pairs_per_s_median")
THEIR_CPU_RATE = ("samples_per_cpu_s_median", "pairs_per_cpu_s")

# name, program and steps of ours, program and steps of theirs, goal for the ratio
MODELS = [
    ("DIN, batches of 256", "din", 100, ["torch_din.py", "--model", "din"], 25, 2),
    ("DIEN, batches of 256", "dien", 60, ["torch_din.py", "--model", "dien"], 5, 5),
    ("two towers with InfoNCE, batches of 1,024", "two-tower", 60, ["torch_two_tower.py"], 15, 2),
]


def run(command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, timeout=LIMIT_SECONDS,
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"training: {command[0]} ended with status {done.returncode}")
    return done.stdout


def describe_torch():
    """PyTorch's version and whether it multiplies by OpenBLAS; None where it is not installed."""
    done = subprocess.run([PYTHON, "-c", BLAS], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    version, *libraries = done.stdout.split()
    print(f"training: PyTorch {version} with {' '.join(libraries) or 'no BLAS'}", file=sys.stderr)
    return version, any("openblas" in library for library in libraries)


def peer_of(folder):
    """How PyTorch is called in the table and whether the comparison is fair; None, with a message, without a peer."""
    if not folder or not all((pathlib.Path(folder) / model[3][0]).is_file() for model in MODELS):
        print("training: no PyTorch programs (--peers or $BAUTA_PEERS): nothing to compare with", file=sys.stderr)
        return None
    torch = describe_torch()
    if torch is None:
        print("training: python3-torch is not installed: nothing to compare with", file=sys.stderr)
        return None
    version, openblas = torch
    if not openblas:
        print("training: PyTorch does not use OpenBLAS (libopenblas0-pthread): no goals", file=sys.stderr)
    return f"PyTorch {version}, {'OpenBLAS' if openblas else 'NOT OpenBLAS'}", openblas


def median(measured, *names):
    """The median of the first of `names` that the objects have."""
    name = next(name for name in names if name in measured[0])
    return statistics.median(one[name] for one in measured)


def measure(ours, theirs):
    """What each printed, `theirs` empty without a peer."""
    mine, peers = [], []
    for _ in range(REPEATS):
        mine.append(json.loads(run(ours)))
        if theirs:
            peers.append(json.loads(run(theirs)))
    return mine, peers


def threads_of(count):
    return f"{count} thread{'s' if count > 1 else ''}"


def report(name, threads, mine, peers, peer, goal):
    """`peers` are PyTorch's runs by their number of threads, up to `threads`."""
    compared, fair = peer or (None, False)
    best = max(peers, key=lambda count: median(peers[count], *THEIR_RATE)) if peers else None
    if best:
        compared += f", {threads_of(best)}"
    rows = [(f"{name}, {threads_of(threads)}", "samples_per_s", THEIR_RATE, goal if fair else None),
            ("  a second of CPU time of all its threads", "samples_per_cpu_s", THEIR_CPU_RATE, None)]
    for title, own, their, bound in rows:
        other = median(peers[best], *their) if best else None
        print_line(title, median(mine, own), "samples/s", compared, other, bound, more_is_better=True)
    print_line("  useful arithmetic a second of CPU time, two operations a multiply-add",
               2e-9 * median(mine, "multiply_adds_per_cpu_s"), "GFLOP/s", "sgemm 512^3 on one core, Eigen",
               2e-9 * median(mine, "sgemm_multiply_adds_per_s"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--peers", default=os.environ.get("BAUTA_PEERS"))
    options = parser.parse_args()
    peer = peer_of(options.peers)
    program = options.build / "tests/bench/bench_training"
    differing = 0
    for name, model, steps, script, peer_steps, goal in MODELS:
        parameters, peers = set(), {}
        for threads in (1, 2):
            theirs = [PYTHON, pathlib.Path(options.peers) / script[0], *script[1:], "--emb", "sparse", "--threads",
                      threads, "--steps", peer_steps] if peer else []
            mine, measured = measure([program, model, threads, steps], theirs)
            if measured:
                peers[threads] = measured
            report(name, threads, mine, peers, peer, goal)
            parameters |= {one["parameters"] for one in mine}
        differing += len(parameters) - 1
    print_line(f"trained parameters that differ in any bit, {REPEATS} runs with 1 and {REPEATS} with 2 threads a model",
               differing, "vectors", goal=0)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
