#!/usr/bin/env python3
"""Suite "masking": whole masked rounds a second of a real bauta-coordinator process and 10 of the daemon's agents over
mutual TLS on loopback, and what of their CPU time is public-key work. Prints one JSON object a line; leaves nothing
behind.

Usage: round_rate.py BUILD_DIRECTORY
"""
import os
import pathlib
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from coordinator_process import federation_of, print_line, run_to_its_end  # noqa: E402

PARTNERS = 10
ROUNDS = 60
LIMIT_SECONDS = 300

# The smallest model that a plan can ask for, in the smallest lanes.
PLAN = f"""name = "rate"
[model]
table_rows = 256
token_width = 8
width = 8
[update]
bits = 4
[round]
rounds = {ROUNDS}
deadline_seconds = 600
min_participants = {PARTNERS}
"""


# What the coordinator does in a round at least, by docs/protocol.md: it verifies a message of everybody in phases 1 to
# 3, a certificate's 7 statements, 6 share holders and its own descriptor, signs descriptor, four sets, the aggregate
# and everybody's audit, and tries the two keys of everybody for small order.
COORDINATOR = {"verify": 3 * PARTNERS + 7 + 6 + 1, "sign": 6 + PARTNERS, "agree": 2 * PARTNERS, "make_pair": 0}


def measure(build, parent):
    """What round_agents measured, with all state directories in a folder under `parent`."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="bauta-bench-", dir=parent))
    with federation_of(work, build, PARTNERS, PLAN) as federation:
        run_id = federation.start_run("rate")
        return run_to_its_end(
            federation, run_id, [build / "tests/bench/round_agents", federation.ports[0], federation.coordinator.pid,
                                 federation.pki, federation.plan, work / "state"], LIMIT_SECONDS)[0]


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if len(sys.argv) != 2:
        raise SystemExit(__doc__.splitlines()[-1])
    build = pathlib.Path(sys.argv[1]).resolve()
    memory = pathlib.Path("/dev/shm")
    with_disk = measure(build, None)
    measured = measure(build, memory) if os.access(memory, os.W_OK) else with_disk
    rounds = f"whole rounds over mutual TLS, {PARTNERS} agents"
    print_line(f"{rounds}, state in memory", measured["rounds"] / measured["seconds"], "rounds/s", goal=12, more_is_better=True)
    print_line(f"{rounds}, all state on one disk", with_disk["rounds"] / with_disk["seconds"], "rounds/s")
    each = {name: measured[name]["seconds"] / measured[name]["count"] for name in COORDINATOR}
    counts = {name: measured[name]["count"] / measured["rounds"] + COORDINATOR[name] for name in COORDINATOR}
    work = sum(counts[name] * each[name] for name in COORDINATOR)
    counted = (f"{counts['verify']:.0f} verifications, {counts['sign']:.0f} signatures, "
               f"{counts['agree'] + counts['make_pair']:.0f} X25519")
    print_line(f"CPU time of a round, coordinator and {PARTNERS} agents", 1e3 * measured["cpu_seconds"] / measured["rounds"],
               "ms", f"its public-key work alone: {counted}", 1e3 * work, 2.5)
    print_line("one verification, ECDSA P-256", 1e6 * each["verify"], "us")
    print_line("one agreement, X25519", 1e6 * each["agree"], "us")


if __name__ == "__main__":
    main()
