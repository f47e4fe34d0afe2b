"""Runs a daemon under crash_shim.cpp: counts its durable writes, lets it die at one of them, and keeps what it left."""
import collections
import mmap
import pathlib
import re
import shutil
import struct

# As in crash_shim.cpp and unsynced.h.
BEFORE, AFTER, TORN = range(3)
NOTHING, EVERYTHING, SOME = range(3)
SIDES = ("before", "after", "in the middle of")
LOSSES = ("", ", all unsynced lost", ", some unsynced lost")
CONTROL = struct.Struct("<IIIIQQII128s128s256s")
CALLS_AT, CYCLES_AT, TRACING_AT = 24, 32, 36


class Point(collections.namedtuple("Point", "at side loss origin", defaults=(BEFORE, NOTHING, ""))):
    """The `at`-th call after each one that contains `origin`; after the start of the process where that is empty."""

    def __str__(self):
        return f"{SIDES[self.side]} call {self.at} after {self.origin or 'the start'}{LOSSES[self.loss]}"


def place_of(call):
    """'write outbox/12-1.vector.tmp.77.3' -> 'write outbox/N-N.vector.tmp.N.N'."""
    return re.sub(r"\d+", "N", re.sub(r"[0-9a-f]{64}", "HASH", call))


class Injector:
    """The test's side of the shim, for one daemon. `daemon` is a processes.Daemon that has not been started."""

    def __init__(self, daemon, library, state, folder, log_what_is_sent=False):
        self.daemon = daemon
        self.folder = pathlib.Path(folder)
        for name in ("unsynced", "kept") + (("sent",) if log_what_is_sent else ()):
            (self.folder / name).mkdir(parents=True)
        self.trace = self.folder / "trace"
        with open(self.folder / "control", "w+b") as file:
            file.truncate(CONTROL.size)
            self.control = mmap.mmap(file.fileno(), CONTROL.size)
        # env is replaced by the daemon: the shim is in no other process.
        daemon.command = ["env", f"LD_PRELOAD={library}", f"BAUTA_CRASH_STATE={state}",
                          f"BAUTA_CRASH_FOLDER={self.folder}"] + daemon.command

    def arm(self, point, seed=0, ignored_sync=""):
        values = (0, point.side, point.loss, seed, point.at, 0, 0, 0, point.origin.encode(), ignored_sync.encode(), b"")
        CONTROL.pack_into(self.control, 0, *values)
        struct.pack_into("<I", self.control, 0, 1)

    def disarm(self):
        struct.pack_into("<I", self.control, 0, 0)

    @property
    def cycles(self):
        return struct.unpack_from("<I", self.control, CYCLES_AT)[0]

    @property
    def died_at(self):
        return CONTROL.unpack_from(self.control)[-1].rstrip(b"\0").decode()

    def died(self):
        return not self.daemon.alive()

    def restart(self):
        """After a death; what was still unsynced then is settled."""
        if self.daemon.process is not None:
            self.daemon.process.wait()
        shutil.rmtree(self.folder / "unsynced")
        (self.folder / "unsynced").mkdir()
        self.daemon.start()

    def start_trace(self):
        self.trace.write_bytes(b"")
        struct.pack_into("<I", self.control, TRACING_AT, 1)

    def end_trace(self):
        """The calls since start_trace(), "operation path"."""
        struct.pack_into("<I", self.control, TRACING_AT, 0)
        return self.trace.read_text(encoding="utf-8").splitlines()

    def take_kept(self):
        """(file name, bytes) of what was put into its place since the last time, oldest first."""
        kept = []
        for path in sorted((self.folder / "kept").iterdir()):
            kept.append((path.name.split("-", 1)[1], path.read_bytes()))
            path.unlink()
        return kept


def points_of(calls, origin):
    """Every point of a cycle of calls: both sides of each, torn where it writes, with and without a loss of power.

    What is unsynced changes with every call but is lost in the same way at all points between two syncs, hence a loss of
    power only around those.
    """
    points = []
    for at, call in enumerate(calls, 1):
        for side in (BEFORE, TORN, AFTER) if call.startswith("write ") else (BEFORE, AFTER):
            points.append(Point(at, side, NOTHING, origin))
        if call.startswith("sync "):
            points += [Point(at, BEFORE, EVERYTHING, origin), Point(at, AFTER, EVERYTHING, origin),
                       Point(at, BEFORE, SOME, origin)]
    return points
