"""What the system tests share: the real programs as processes on loopback, over tiny made-up data."""
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/demo"))

import tiny_data  # noqa: E402
from configuration import find_services, to_toml, with_values  # noqa: E402,F401
from federation import Federation, find_programs, slowdown  # noqa: E402
from processes import wait_until  # noqa: E402

PHASES = ("advertise_keys", "share_keys", "masked_update", "certify_survivors", "unmask")


class SystemTest(unittest.TestCase):
    """Each test has a folder of its own and at its end no process; where it fails, the logs are printed."""

    maxDiff = None
    logs_at_the_end = ""
    rounds = 2
    deadline_seconds = 60

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bauta-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.federation = Federation(self.folder / "work", find_programs(os.environ["BAUTA_BIN"]), self.services(),
                                     self.plan_text())
        self.addCleanup(self.federation.kill_all)
        self.federation.prepare()

    def services(self):
        """The partners of the federation."""
        tiny_data.make(self.folder / "data")
        return find_services(self.folder / "data", self.folder)

    def plan_text(self):
        return with_values((ROOT / "deploy/demo/plan.toml").read_text(encoding="utf-8"), {
            "model": {"table_rows": 256, "token_width": 8, "width": 8},
            "training": {"local_steps": 5, "batch_size": 16},
            "round": {"rounds": self.rounds, "deadline_seconds": round(self.deadline_seconds * slowdown())}})

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.logs_at_the_end, file=sys.stderr)

    def tearDown(self):
        pieces = []
        for log in sorted((self.folder / "work/logs").glob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            pieces.append(f"--- {log.name}\n" + "\n".join(lines[-25:]))
        self.logs_at_the_end = "\n".join(pieces)

    # Steps

    def start_federation(self, **client_settings):
        """Coordinator, token and all clients, everybody present; client_settings: {name: {setting: value}}."""
        for name, settings in client_settings.items():
            self.federation.write_client_config(name, **settings)
        self.federation.start_coordinator()
        self.federation.create_token()
        self.federation.start_clients()
        self.federation.wait_for_partners()

    def finish_run(self, run_id, seconds=90, on_status=None):
        status = self.federation.wait_for_run(run_id, seconds * slowdown(), on_status, pause=0.1)
        self.assertEqual("finished", status["state"], status)
        self.assertEqual(self.rounds, status["rounds_done"], status)
        return status

    def wait_for_event(self, log, matches, seconds=60):
        """The first new event of the log that matches(entry)."""
        found = []

        def poll():
            found.extend(entry for entry in log.poll() if matches(entry))
            return found

        return wait_until(poll, seconds * slowdown(), "the event was logged", pause=0.005)[0]

    def stop_all(self):
        """SIGTERM to everybody; exit status 0 from everybody."""
        self.federation.stop_clients()
        self.federation.coordinator.stop()
        self.assertEqual([], self.federation.left_over())

    # Checks

    def coordinator_events(self):
        return self.federation.events_of("coordinator").poll()

    def assert_nothing_was_used_twice(self):
        """Had a restarted side sent other bytes under a key it had used, the other side would have refused them."""
        refusals = [entry for entry in self.coordinator_events()
                    if entry["event"] == "message refused" and entry.get("code") == "conflict"]
        self.assertEqual([], refusals)

    def assert_no_round_was_lost(self, run_id):
        """Every round of the run finished exactly once, and each began with the model the one before left."""
        rounds = self.federation.bauta("rounds", run_id)
        finished = [entry for entry in rounds if entry["state"] == "finished"]
        numbers = [entry["round_no"] for entry in finished]
        self.assertEqual(self.rounds, len(finished), rounds)
        self.assertEqual(list(range(min(numbers), min(numbers) + self.rounds)), sorted(numbers))
        finished.sort(key=lambda entry: entry["round_no"])
        for earlier, later in zip(finished, finished[1:]):
            self.assertEqual(earlier["model_hash_after"], later["model_hash_before"])

    def journal(self):
        """{(round_no, attempt, phase, partner): [messages]} of the coordinator's journal; only while it is down."""
        copy = self.folder / "journal"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in (self.folder / "work/state/coordinator").glob("coordinator.db*"):
            shutil.copy(file, copy)
        messages = {}
        with sqlite3.connect(copy / "coordinator.db") as database:
            for round_no, attempt, phase, partner, content in database.execute(
                    "SELECT round_no, attempt, phase, partner, bytes FROM journal WHERE length(bytes) > 0 ORDER BY seq"):
                messages.setdefault((round_no, attempt, phase, partner), []).append(bytes(content))
        database.close()
        return messages


def one_line_of(text):
    """The lines of stderr that are no log entries below error; the tests ask for exactly one."""
    lines = []
    for line in text.splitlines():
        try:
            if json.loads(line).get("level") in ("debug", "info", "warning"):
                continue
        except (ValueError, AttributeError):
            pass
        lines.append(line)
    return lines
