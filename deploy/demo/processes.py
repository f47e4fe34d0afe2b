"""Child processes that cannot outlive their parent, their logs, and free ports. Python's standard library only."""
import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
# Below Linux' ephemeral range: a port from within it could be taken as the local end of some connection, even of
# a client that keeps trying to reach this very port (a TCP self-connect).
PORTS = range(18000, 32000)

_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What went wrong, for a person; `log` names the file that knows more."""

    def __init__(self, message, log=None):
        super().__init__(message)
        self.log = log

    def tail(self, lines=8):
        """The last lines of the log, or an empty list."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return [line.rstrip("\n") for line in file.readlines()[-lines:]]
        except (OSError, TypeError):
            return []


def free_ports(count, address="127.0.0.1"):
    """Distinct ports that nobody listened on a moment ago."""
    ports = []
    for port in random.SystemRandom().sample(PORTS, 400):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise Failure(f"no {count} free ports between {PORTS.start} and {PORTS.stop} on {address}")


class EventLog:
    """Follows the JSON lines that a daemon writes on stderr; what is no JSON is passed over."""

    def __init__(self, path):
        self.path = path
        self._offset = 0
        self._rest = b""

    def poll(self):
        """The events since the last call, each a dict with at least "event"."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self._offset)
                fresh = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        events = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and "event" in entry:
                events.append(entry)
        return events


class Daemon:
    """One long-running program in a session of its own; restarts append to the same log."""

    def __init__(self, name, command, log, outlive_parent=False):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = str(log)
        self.outlive_parent = outlive_parent
        self.process = None
        self.killed = False  # by us, on purpose

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        self.killed = False
        parent = os.getpid()
        tied = not self.outlive_parent

        def in_child():
            if tied:
                _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() != parent:  # the parent died before the request was made
                    os._exit(1)

        environment = {key: value for key, value in os.environ.items() if key != "JOURNAL_STREAM"}
        with open(self.log, "ab") as log:
            try:
                self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                start_new_session=True, preexec_fn=in_child, env=environment)
            except OSError as error:
                raise Failure(f"{self.name} could not be started: {error}") from error

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def check(self):
        """Fails when the program has ended by itself."""
        if not self.alive():
            status = "was never started" if self.process is None else f"ended with status {self.process.returncode}"
            raise Failure(f"{self.name} {status}", self.log)

    def kill(self):
        """SIGKILL, as a power cut would; returns once it is gone."""
        self.killed = True
        if self.alive():
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def signal(self, number=signal.SIGTERM):
        if self.alive():
            self.process.send_signal(number)

    def wait(self, seconds):
        """The exit status; fails when it takes longer."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end within {seconds} s", self.log) from None

    def stop(self, seconds=30):
        """SIGTERM; fails unless it ends with status 0 in time."""
        if not self.alive():
            self.check()
        self.signal()
        status = self.wait(seconds)
        if status != 0:
            raise Failure(f"{self.name} ended with status {status} after SIGTERM", self.log)


def run(command, seconds=60, log=None):
    """Runs a short command; returns its stdout. A failure carries its last line of stderr."""
    command = [str(part) for part in command]
    name = os.path.basename(command[0])
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
                              check=False, errors="replace")
    except subprocess.TimeoutExpired:
        raise Failure(f"{name} did not end within {seconds} s", log) from None
    except OSError as error:
        raise Failure(f"{name} could not be started: {error}") from error
    if log is not None:
        with open(log, "a", encoding="utf-8") as file:
            file.write(done.stderr)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise Failure(f"{' '.join([name] + command[1:])} ended with status {done.returncode}: {said}", log)
    return done.stdout


def wait_until(condition, seconds, what, pause=0.05):
    """Calls condition until it returns something true, and returns that; fails naming `what` when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(pause)
