#!/usr/bin/env python3
"""Suite "masking": memory of a real bauta-coordinator process that takes 3 and then 10 uploads of 40 MB at a time over
mutual TLS on loopback, opens the sum and serves it. Prints one JSON object a line; leaves nothing behind.

Usage: coordinator_memory.py BUILD_DIRECTORY
"""
import pathlib
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from coordinator_process import federation_of, print_line, run_to_its_end  # noqa: E402

FEW, MANY = 3, 10
LIMIT_SECONDS = 300
MB = 1e6

# 65536 · 152 and some small tensors: 10^7 parameters in lanes of 32 bits.
PLAN = """name = "memory"
[model]
table_rows = 65536
token_width = 152
[round]
rounds = 1
deadline_seconds = 600
min_participants = {partners}
"""


def measure(build, partners):
    """One round of so many partners; what round_clients measured, and the coordinator's own count of bytes."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="bauta-bench-"))
    with federation_of(work, build, partners, PLAN.format(partners=partners)) as federation:
        run_id = federation.start_run("memory")
        measured, shown = run_to_its_end(
            federation, run_id, [build / "tests/bench/round_clients", federation.ports[0], federation.coordinator.pid,
                                 federation.pki, work], LIMIT_SECONDS)
        measured["bytes_per_client"] = shown["bytes_per_client_round"]
        return measured


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if len(sys.argv) != 2:
        raise SystemExit(__doc__.splitlines()[-1])
    build = pathlib.Path(sys.argv[1]).resolve()
    few, many = measure(build, FEW), measure(build, MANY)
    vector = many["vector_bytes"]
    uploads = f"uploads of {vector / MB:.0f} MB at a time"
    print_line(f"coordinator's peak memory during {MANY} {uploads}", many["peak_uploading"] / MB, "MB",
               f"during {FEW} such uploads", few["peak_uploading"] / MB, 1.3)
    print_line(f"coordinator's peak memory, opening and serving the sum of {MANY}", many["peak_finishing"] / MB, "MB",
               f"of {FEW}", few["peak_finishing"] / MB, 1.3)
    print_line(f"coordinator's memory growth during {MANY} {uploads}",
               (many["peak_uploading"] - many["resident_before"]) / MB, "MB", "one upload", vector / MB, 1.0)
    total = MANY * vector
    print_line(f"coordinator's CPU time per GB, {MANY} {uploads}", many["upload_cpu_seconds"] / (total / 1e9), "s")
    print_line(f"coordinator's peak memory during {MANY} {uploads}, in all", many["peak_uploading"] / MB, "MB", goal=250)
    print_line(f"throughput of {MANY} {uploads}, spooled and verified, clients on the same machine",
               total / MB / many["upload_seconds"], "MB/s", goal=200, more_is_better=True)
    print_line("the same until the sum is opened and in everybody's hands",
               total / MB / (many["upload_seconds"] + many["finish_seconds"]), "MB/s")
    print_line(f"request bodies of one client in a round of {MANY}", many["bytes_per_client"], "bytes",
               "its packed vector", vector, 1.005)


if __name__ == "__main__":
    main()
