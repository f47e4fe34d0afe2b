#!/usr/bin/env python3
"""Suite "masking": masked rounds with a thousand and with ten thousand virtual partners (`bauta-simulate scale`), each in
a process of its own: whether the sum is exact, and how much memory the process took at most. Prints one JSON object a
line.

Usage: scale.py BUILD_DIRECTORY
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from coordinator_process import print_line  # noqa: E402

# partners, dimension, share that vanishes, bound on the peak memory in MB
ROUNDS = [(1_000, 100_000, 0.1, 1_500), (10_000, 10_000, 0.05, 3_000)]


def measure(program, partners, dimension, drop):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.json"
        # Ends with an error when the sum is not exact.
        subprocess.run([program, "scale", "--partners", str(partners), "--dimension", str(dimension),
                        "--drop", str(drop), "--graph", "sparse", "--report", file],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.loads(file.read_text())


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__.splitlines()[-1])
    program = pathlib.Path(sys.argv[1]) / "bin/bauta-simulate"
    for partners, dimension, drop, most in ROUNDS:
        report = measure(program, partners, dimension, drop)
        what = (f"one round in simulation, n = {partners:,}, d = {dimension:,}, {100 * drop:.0f} % dropped, "
                f"sparse graph (k = {report['degree']}, t = {report['shamir_threshold']}), sum exact")
        print_line(f"{what}: peak memory", report["peak_megabytes"], "MB", goal=most)
        print_line(f"{what}: elapsed", sum(report["seconds"].values()), "s")
        print_line(f"{what}: sent by one partner", report["bytes_sent_per_partner"], "bytes")
        print_line(f"{what}: received by one partner", report["bytes_received_per_partner"], "bytes")


if __name__ == "__main__":
    main()
