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

# The smallest model that a plan can ask for.
PLAN = f"""name = "rate"
[model]
table_rows = 256
token_width = 8
width = 8
[update]
bits = 11
[round]
rounds = {ROUNDS}
deadline_seconds = 600
min_participants = {PARTNERS}
"""


# What the coordinator verifies and signs in a round at least, by docs/protocol.md: a message of everybody in phases 1 to
# 3, a certificate's 7 statements, 6 share holders and its own descriptor; descriptor, four sets and the aggregate.
COORDINATOR_VERIFIES = 3 * PARTNERS + 7 + 6 + 1
COORDINATOR_SIGNS = 6


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
    verifications = measured["verifications"] + COORDINATOR_VERIFIES
    signatures = measured["signatures"] + COORDINATOR_SIGNS
    work = (verifications * measured["verify_seconds"] + signatures * measured["sign_seconds"] +
            measured["agreements"] * measured["agree_seconds"] + measured["new_keys"] * measured["new_key_seconds"])
    counted = (f"{verifications:.0f} verifications, {signatures:.0f} signatures, "
               f"{measured['agreements'] + measured['new_keys']:.0f} X25519")
    print_line(f"CPU time of a round, coordinator and {PARTNERS} agents", 1e3 * measured["cpu_seconds"] / measured["rounds"],
               "ms", f"its public-key work alone: {counted}", 1e3 * work, 2.5)
    print_line("one verification, ECDSA P-256", 1e6 * measured["verify_seconds"], "us")
    print_line("one agreement, X25519", 1e6 * measured["agree_seconds"], "us")


if __name__ == "__main__":
    main()
