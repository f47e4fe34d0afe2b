"""A coordinator whose administrator doctors the sum of a round, with the real programs: between the verification of the
uploads and the opening of the sum, one spooled upload is changed. The coordinator then opens, applies and signs a sum
that is not the sum of the uploads, and all it publishes agrees with itself.

`put_back` restores the true bytes before any client looks, so that every chunk is under its sender's root and only the
sum is wrong (audit_sum); otherwise the changed chunk is not what its sender signed (audit_proof)."""
import os
import pathlib
import signal
import time

from processes import Failure, wait_until

TURN_SECONDS = 0.1


class Doctor:
    def __init__(self, federation, put_back, announce, slowdown=1):
        self.federation = federation
        self.put_back = put_back
        self.announce = announce
        self.slowdown = slowdown
        self.events = federation.events_of("coordinator")

    def doctor_first_round(self):
        """Starts a run and lets its first round end with a doctored sum; the run's id. All processes run on."""
        clients = list(self.federation.clients.values())
        coordinator = [self.federation.coordinator]
        self.events.poll()
        freeze(clients)
        run_id = self.federation.start_run("doctored")
        self.take_turns(coordinator, clients, lambda event: event["event"] == "phase closed" and event["phase"] == "masked_update")
        victim = sorted((pathlib.Path(self.federation.work) / "state/coordinator/spool").glob("*.upload"))[0]
        original = victim.read_bytes()
        write_in_place(victim, with_moved_lanes(original))
        self.announce(f"doctor: the uploads are verified; in {victim.name} one lane of every word is moved by a step")
        finished = self.take_turns(coordinator, clients, lambda event: event["event"] == "round finished")
        self.announce(f"doctor: the coordinator has signed a sum that leads to the model {finished['model_hash'][:12]}")
        if self.put_back:
            write_in_place(victim, original)
            self.announce("doctor: the true bytes are back, every chunk is under its sender's root again")
        thaw(clients)
        return run_id

    def take_turns(self, coordinator, clients, wanted):
        """Coordinator and clients run one after the other, never together, until the coordinator logs a wanted event:
        returned with the clients frozen."""
        end = time.monotonic() + 600 * self.slowdown
        while time.monotonic() < end:
            time.sleep(TURN_SECONDS)
            freeze(coordinator)
            found = [event for event in self.events.poll() if wanted(event)]
            if not found:
                thaw(clients)
                time.sleep(TURN_SECONDS)
                freeze(clients)
            thaw(coordinator)
            if found:
                return found[0]
        raise Failure("the doctored round did not get on", self.federation.log_of("coordinator"))

    def findings(self, seconds=60):
        """{client: its "audit failed" event}, when all have one; fails when a client applies the sum instead."""
        logs = {name: self.federation.events_of(name) for name in self.federation.clients}
        found = {}

        def all_found():
            self.federation.check_alive()
            for name, log in logs.items():
                for event in log.poll():
                    if event["event"] == "model applied":
                        raise Failure(f"{name} has applied the doctored sum", self.federation.log_of(name))
                    if event["event"] == "audit failed":
                        found[name] = event
            return len(found) == len(logs)

        wait_until(all_found, seconds * self.slowdown, "every client has found the doctored sum", pause=0.05)
        return found


def with_moved_lanes(vector):
    """The lowest lane of every 64-bit word by one step, in whichever direction needs no carry."""
    moved = bytearray(vector)
    moved[::8] = bytes(byte ^ 1 for byte in moved[::8])
    return bytes(moved)


def write_in_place(file, content):
    with open(file, "r+b") as stream:
        stream.write(content)


def freeze(daemons):
    for daemon in daemons:
        os.killpg(daemon.pid, signal.SIGSTOP)
    for daemon in daemons:
        wait_until(lambda pid=daemon.pid: is_stopped(pid), 10, f"{daemon.name} stands still", pause=0.001)


def thaw(daemons):
    for daemon in daemons:
        os.killpg(daemon.pid, signal.SIGCONT)


def is_stopped(pid):
    """All its threads."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            state = (task / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        except OSError:  # a thread that ended
            continue
        if state not in "Tt":
            return False
    return True
