"""Kills a client in the middle of its upload, a client after its upload, and the coordinator in the middle of a round,
each with SIGKILL, each in a round of its own, and makes sure that it really happened at that moment."""
import time

from processes import Failure

# The round's phases as `bauta runs show` names them (coordinator/round/phase.h).
PHASES = ("advertise_keys", "share_keys", "masked_update", "certify_survivors", "unmask", "finished")
UPLOAD = PHASES.index("masked_update")
STAGES = ("kill a client in the middle of its upload", "kill a client after its upload",
          "kill the coordinator in the middle of a round")


def position(status):
    """(round_no, attempt, phase index): grows as the run goes on."""
    current = status.get("round") or {}
    phase = current.get("phase", PHASES[0])
    return (current.get("round_no", 0), current.get("attempt", 0), PHASES.index(phase) if phase in PHASES else -1)


class Chaos:
    """Call step(status) often. `slow` is a client whose upload takes seconds: it is the first victim, and while it
    uploads the round cannot end, which gives the two other kills their moment."""

    def __init__(self, federation, slow, announce, first_round=1):
        self.federation = federation
        self.slow = slow
        self.announce = announce
        self.stage = 0
        self.next_round = first_round  # rounds completed before the next stage may begin
        self.down_since = None         # position at which the slow client was killed, until it is restarted
        self.logs = {name: federation.events_of(name) for name in federation.services}
        self.uploading = {}            # client -> (round, time.monotonic() at which its upload of that round began)
        self.finished = []             # (round, client) of finished uploads, in that order
        self.round_no = 0              # the round that is open as far as the last status tells

    @property
    def done(self):
        return self.stage == len(STAGES) and self.down_since is None

    def missing(self):
        """The kills that have not happened."""
        return list(STAGES[self.stage:])

    def read_logs(self):
        for name, log in self.logs.items():
            for entry in log.poll():
                if entry["event"] == "upload started":
                    self.uploading[name] = (entry["round"], time.monotonic())
                elif entry["event"] == "upload finished":
                    self.uploading.pop(name, None)
                    self.finished.append((entry["round"], name))

    def uploaded(self):
        """The clients that have finished their upload of the open round, first come first."""
        return [name for round_no, name in self.finished if round_no == self.round_no]

    def step(self, status):
        self.round_no = position(status)[0]
        self.read_logs()
        if self.down_since is not None and (position(status)[:2] != self.down_since[:2] or position(status)[2] > UPLOAD):
            self.announce(f"chaos: {self.slow} is started again, its round went on without it")
            self.federation.start_client(self.slow)
            self.down_since = None
            self.next_round = status["rounds_done"] + 1
        if self.stage == len(STAGES) or self.down_since is not None or status["rounds_done"] < self.next_round:
            return
        if status["state"] != "running":
            return
        (self.mid_upload, self.after_upload, self.mid_round)[self.stage](status)

    def slow_is_uploading(self):
        """The slow client is at least half a second into its upload."""
        round_no, since = self.uploading.get(self.slow, (None, 0))
        return round_no == self.round_no and time.monotonic() - since > 0.5

    def mid_upload(self, status):
        if not self.slow_is_uploading():
            return
        self.federation.clients[self.slow].kill()
        self.read_logs()
        if self.slow in self.uploaded():
            self.announce(f"chaos: {self.slow} was faster than the kill, trying again in the next round")
            self.federation.start_client(self.slow)
            self.next_round = status["rounds_done"] + 1
            return
        self.uploading.pop(self.slow, None)
        self.announce(f"chaos: SIGKILL for {self.slow} in the middle of its upload, round {self.round_no}")
        self.down_since = position(status)
        self.stage += 1

    def round_was_open(self, status):
        """After a kill: the slow client had still not finished its upload, so the round it was aimed at was open.
        Otherwise the next round gets another try."""
        self.next_round = status["rounds_done"] + 1
        self.read_logs()
        if self.uploading.get(self.slow, (None, 0))[0] == self.round_no:
            return True
        self.announce("chaos: the round may have been over before the kill, trying again in the next round")
        return False

    def after_upload(self, status):
        victims = [name for name in self.uploaded() if name != self.slow]
        if not victims or not self.slow_is_uploading():
            return
        self.federation.clients[victims[0]].kill()
        open_round = self.round_was_open(status)
        self.federation.start_client(victims[0])
        if open_round:
            self.announce(f"chaos: SIGKILL for {victims[0]} after its upload, round {self.round_no}; started again at once")
            self.stage += 1

    def mid_round(self, status):
        if not self.uploaded() or not self.slow_is_uploading():
            return
        coordinator = self.federation.coordinator
        coordinator.kill()
        open_round = self.round_was_open(status)
        started = time.monotonic()
        self.federation.start_coordinator()
        now = self.federation.show_run(status["run_id"])
        # It resumes in the phase it was killed in, or has gone on from there since.
        if position(now)[0] < self.round_no or now["rounds_done"] < status["rounds_done"]:
            raise Failure(f"the coordinator lost its place: {status['round']} before the kill, {now['round']} after it",
                          coordinator.log)
        if open_round:
            self.announce(f"chaos: SIGKILL for the coordinator in round {self.round_no}, phase {status['round']['phase']}; "
                          f"back after {time.monotonic() - started:.1f} s")
            self.stage += 1
