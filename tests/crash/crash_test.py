"""A federation of real processes whose daemons can be let die at any durable write, and what must hold after it."""
import array
import collections
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))

from system_test import SystemTest, slowdown, to_toml, with_values  # noqa: E402
from processes import Daemon, Failure, wait_until  # noqa: E402
from crash_injector import Injector, place_of  # noqa: E402
from sent_messages import SentMessages  # noqa: E402

# Calls that every cycle of rounds has once: where counting begins.
CLIENT_ORIGIN = "remove outbox/"
COORDINATOR_ORIGIN = "rename sums/"


def fields(message):
    """{number: [bytes]} of a protobuf message's length-delimited fields."""
    found, at = collections.defaultdict(list), 0

    def number():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                return value

    while at < len(message):
        key = number()
        value = number()
        if key & 7 == 2:
            found[key >> 3].append(message[at:at + value])
            at += value
    return found


def sum_of(vectors):
    """Of packed vectors with 32-bit lanes."""
    total = None
    for vector in vectors:
        lanes = array.array("I", vector)
        total = lanes if total is None else array.array("I", [(a + b) & 0xffffffff for a, b in zip(total, lanes)])
    return total.tobytes()


def witness_lines(file):
    """The generations in a client's witness, without a line that was torn."""
    lines = re.findall(rb"^([0-9]{20} [0-9a-f]{32} )([0-9a-f]{9})$", file.read_bytes(), re.MULTILINE)
    return [int(line[:20]) for line, check in lines if hashlib.sha256(line).hexdigest()[:9].encode() == check]


class Broken(AssertionError):
    """What a crash must never lead to."""


class CrashTest(SystemTest):
    """Three services, so that a round needs every one of them: a client that does not come back as it was is seen."""

    rounds = 100000
    deadline_seconds = 100  # of which a client has 10 s to come back in the first phase
    PATIENCE = 25           # seconds for two rounds after a crash
    MOST_VOID = 0           # attempts; who comes back at once costs none
    ORDINARY = ("coordinator not reached",)  # warnings and ends that may be

    def setUp(self):
        super().setUp()
        library = pathlib.Path(os.environ["BAUTA_CRASH_SHIM"])
        self.state = (self.folder / "work/state").resolve()
        self.names = sorted(self.federation.services)
        self.injectors = {}
        for name in ["coordinator"] + self.names:
            program = "bauta-coordinator" if name == "coordinator" else "bauta-client"
            command = [self.federation.programs[program], "run", "--config", self.federation.config_file(name)]
            daemon = Daemon(name, command, self.federation.log_of(name))
            self.injectors[name] = Injector(daemon, library, self.state / name, self.folder.resolve() / "crash" / name,
                                            log_what_is_sent=name != "coordinator")
            if name == "coordinator":
                self.federation.coordinator = daemon
                continue
            self.federation.clients[name] = daemon
            tables = self.federation.client_tables(name)
            tables["transport"].update(retry_first_seconds=0.02, retry_most_seconds=0.2)
            self.federation.config_file(name).write_text(to_toml(tables), encoding="utf-8")
        self.logs = {name: self.federation.events_of(name) for name in self.injectors}
        self.sent = {name: SentMessages(self.injectors[name].folder / "sent") for name in self.names}
        self.opened = 0            # the newest round that was opened
        self.finished = {}         # round -> hash of the model it led to, as the coordinator says
        self.applied = {name: {} for name in self.names}    # round -> hash of the model that the client computed
        self.updates = {name: {} for name in self.names}    # (round, attempt) -> update as it was before it was masked
        self.vectors = {name: {} for name in self.names}    # (round, attempt) -> masked vector in the outbox
        self.sums = {}             # (round, attempt) -> published sum
        self.sums_checked = 0
        self.void = 0              # attempts
        self.keys = {}             # phase-1 message -> the (round, attempt) it was sent in, of all rounds
        self.journal_seen = {}
        self.victim = None         # the injector whose daemon may die just now
        self.stopping = False

    def services(self):
        return super().services()[:3]

    def plan_text(self):
        # The vector has more than one chunk of 64 KiB.
        return with_values(super().plan_text(), {"model": {"table_rows": 1024}})

    def start(self):
        self.federation.start_coordinator()
        self.federation.create_token()
        self.federation.start_clients()
        self.federation.wait_for_partners()
        self.run_id = self.federation.start_run()

    # Looking

    def pump(self):
        """Takes in what the processes wrote meanwhile and checks what can be checked at once."""
        for name, injector in self.injectors.items():
            for file, content in injector.take_kept():
                self.kept(name, file, content)
        for name, sent in self.sent.items():
            sent.poll()
        for name, log in self.logs.items():
            for entry in log.poll():
                self.logged(name, entry)

    def kept(self, name, file, content):
        number, ending = file.rsplit(".", 1)
        key = tuple(int(part) for part in number.replace(".", "-").split("-"))
        if ending == "update":
            self.updates[name][key] = content  # an earlier one of this attempt was lost before it was masked
        elif ending == "vector":
            self.once(self.vectors[name], key, content, f"{name} masked two different vectors in round {key}")
        else:
            self.once(self.sums, key, content, f"two different sums of round {key} were opened")

    def once(self, known, key, value, complaint):
        if known.setdefault(key, value) != value:
            raise Broken(complaint)

    def logged(self, name, entry):
        event = entry["event"]
        if event == "round opened":
            self.opened = max(self.opened, entry["round"])
        elif event == "round finished":
            self.once(self.finished, entry["round"], entry["model_hash"], f"round {entry['round']} finished twice")
        elif event == "model applied":
            self.once(self.applied[name], entry["round"], entry["model_hash"],
                      f"{name} has two models after round {entry['round']}")
        elif event == "attempt void":
            self.void += 1
        elif event in ("attempt over", "model fetched") or entry.get("level") in ("warning", "error"):
            if event not in self.ORDINARY and not self.stopping:
                raise Broken(f"{name}: {entry}")
        if self.void > self.MOST_VOID:
            raise Broken(f"the attempt is void: {entry}")
        if event == "message refused" and entry.get("code") == "conflict":
            raise Broken(f"the coordinator got other bytes under a known key: {entry}")

    def check_rounds(self):
        """The sums of all rounds that are over, and what the clients said in them."""
        self.pump()
        over = min((max(self.applied[name], default=0) for name in self.names), default=0)
        for key in sorted(key for key in self.sums if key[0] <= over):
            round_no = key[0]
            updates = [self.updates[name].get(key) for name in self.names]
            if None in updates:
                raise Broken(f"the sum of round {key} was opened without an update of every partner")
            if self.sums.pop(key) != sum_of(updates):
                raise Broken(f"the published sum of round {key} is not the sum of the updates")
            self.sums_checked += 1
            hashes = {self.applied[name].get(round_no) for name in self.names} | {self.finished.get(round_no)}
            if len(hashes - {None}) > 1:
                raise Broken(f"round {round_no} led to different models: {hashes}")
            for name in self.names:
                self.check_client(name, round_no)
        for known in [self.sums, self.finished, *self.updates.values(), *self.vectors.values(), *self.applied.values()]:
            for key in [key for key in known if (key if isinstance(key, int) else key[0]) < over - 3]:
                del known[key]
        for sent in self.sent.values():
            sent.forget_before(over - 3)

    def check_client(self, name, round_no):
        sent = self.sent[name]
        for key, vector in self.vectors[name].items():
            left = sent.vectors.get(key, b"") if key[0] == round_no else b""
            if vector[:len(left)] != left:
                raise Broken(f"{name} sent another vector in round {key} than it had saved")
        # SurvivorStatement.u3_hash of the signed payloads: one a round, since all its attempts are on one model.
        signed = {fields(fields(body)[1][0])[2][0] for (number, _, what), body in sent.messages.items()
                  if number == round_no and what == "survivors"}
        if len(signed) != 1:
            raise Broken(f"{name} signed {len(signed)} different U3 in round {round_no}")
        for (number, attempt, what), body in sent.messages.items():
            if what == "keys":
                self.once(self.keys, body, (number, attempt), f"{name} used the keys of an attempt in another one")

    def check_journal(self):
        """While the coordinator is down: nothing that was in a journal has changed or gone while its round was kept."""
        journal = self.journal()
        for key, messages in self.journal_seen.items():
            if any(key[:2] == other[:2] for other in journal) and journal.get(key, [])[:len(messages)] != messages:
                raise Broken(f"the journal of {key} has changed")
        self.journal_seen = journal

    def check_witness(self, name):
        """While the client is down: its witness is at most one generation behind its database, never ahead."""
        with tempfile.TemporaryDirectory() as folder:  # reading a database with a log changes it
            for file in (self.state / name).glob("client.db*"):
                shutil.copy(file, folder)
            with contextlib.closing(sqlite3.connect(pathlib.Path(folder) / "client.db")) as database:
                generation = database.execute("SELECT generation FROM incarnation").fetchone()[0]
        whole = witness_lines(self.state / name / "client.generation")
        witness = max(whole) + (len(whole) == 1) if whole else None
        if witness is None or not generation - 1 <= witness <= generation:
            raise Broken(f"the database of {name} is at generation {generation}, its witness at {witness}")

    # Doing

    def wait(self, condition, seconds, what):
        end = time.monotonic() + seconds * slowdown()
        while not condition():
            if time.monotonic() > end:
                raise Broken(f"{what}: not within {seconds} s")
            for injector in self.injectors.values():
                if injector.died() and injector is not self.victim:
                    raise Broken(f"{injector.daemon.name} has ended by itself: {self.last_line(injector.daemon.name)}")
            time.sleep(0.003)
            self.pump()

    def last_line(self, name):
        lines = self.federation.log_of(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else ""

    def round_applied_by_all(self, round_no):
        return all(max(applied, default=0) >= round_no for applied in self.applied.values())

    def rounds_pass(self, count=2):
        """Until every client has applied a round that was opened after now."""
        self.pump()
        target = self.opened + count
        self.wait(lambda: self.round_applied_by_all(target), self.PATIENCE, f"round {target} was applied by everybody")

    def crash(self, name, point, seed=0, again=None, ignored_sync="", while_down=lambda: None):
        """Lets the daemon die at the point, restarts it and waits for two more rounds. With `again` the restarted
        daemon dies a second time. Returns the place, None where the cycle was shorter this time."""
        injector = self.injectors[name]
        injector.arm(point, seed, ignored_sync)
        self.victim = injector
        self.wait(lambda: injector.died() or injector.cycles > 3, self.PATIENCE, f"{name} met {point}")
        injector.disarm()
        if not injector.died():
            self.victim = None
            return None
        place = injector.died_at
        if name == "coordinator":
            self.check_journal()
        else:
            self.check_witness(name)
        while_down()
        if again:
            injector.arm(again, seed, ignored_sync)
        injector.restart()
        if again:
            self.wait(lambda: injector.died() or injector.cycles > 3, self.PATIENCE, f"{name} met {again}")
            injector.disarm()
            if injector.died():
                if name != "coordinator":
                    self.check_witness(name)
                place += ", then " + injector.died_at
                injector.restart()
        self.victim = None
        self.rounds_pass()
        self.check_rounds()
        return place

    def cycle_of(self, name, origin):
        """The calls of a whole cycle, as one without crashes has them."""
        injector = self.injectors[name]
        injector.start_trace()
        self.rounds_pass(4)
        cycles, cycle = [], None
        for call in injector.end_trace():
            if origin in call:
                if cycle is not None:
                    cycles.append(cycle)
                cycle = []
            elif cycle is not None:
                cycle.append(call)
        return max(cycles, key=len)

    def crash_first_start(self, name, point, event):
        """Lets the daemon die in the very first start on an empty state directory; it must come up after that."""
        injector = self.injectors[name]
        injector.daemon.kill()
        shutil.rmtree(self.state / name, ignore_errors=True)
        self.logs[name].poll()
        injector.arm(point, seed=point.at)
        injector.restart()
        came_up = []

        def over():
            came_up.extend(entry for entry in self.logs[name].poll() if entry["event"] == event)
            return came_up or injector.died()

        wait_until(over, self.PATIENCE * slowdown(), f"{name} met {point}", pause=0.003)
        injector.disarm()
        if not injector.died():
            return None
        injector.restart()
        wait_until(over, self.PATIENCE * slowdown(), f"{name} came up", pause=0.003)
        if not came_up:
            raise Broken(f"{name} did not come up again after it died at {injector.died_at}: {self.last_line(name)}")
        return injector.died_at

    def first_calls_of(self, name, event):
        """The calls of the very first start, until the log says `event`."""
        injector = self.injectors[name]
        injector.start_trace()
        injector.daemon.start()
        self.wait_for_event(self.logs[name], lambda entry: entry["event"] == event)
        return injector.end_trace()

    def crash_at_all(self, points, crash):
        """crash(point) for each; says where it died. Almost all must have been met: a cycle is not always as long."""
        places = collections.Counter()
        for point in points:
            try:
                place = crash(point)
            except (AssertionError, Failure) as failure:
                self.fail(f"died {point}: {failure}")
            if place:
                places[place_of(place)] += 1
        self.assertGreater(places.total(), 0.8 * len(points))
        print(f"{places.total()} crashes at {len(places)} places, {self.sums_checked} sums exact:")
        for place, count in places.most_common():
            print(f"  {count:4}  {place}")

    def stop_all(self):
        """Ends everybody and checks what is left on their disks."""
        self.pump()
        self.stopping = True
        super().stop_all()
        self.check_rounds()
        left = collections.Counter()
        for path in self.state.rglob("*"):
            place = place_of(str(path.relative_to(self.state)))
            self.assertNotIn(".tmp.", place)
            left[place] += 1
        for name in self.names:
            self.assertLessEqual(left[f"{name}/outbox/N-N.vector"], 1)
            self.assertLessEqual(left[f"{name}/updates/N-N.update"], 1)
        self.assertLessEqual(left["coordinator/sums/N.N.sum"], 3)
        self.assertLessEqual(left["coordinator/spool/N-N-N.upload"], 3 * len(self.names))
