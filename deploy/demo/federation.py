"""A whole federation on loopback: PKI, configuration files, one coordinator and one client process per service.

Used by the demo and by the system tests. Nothing here waits without a limit, and nothing it starts outlives it unless
asked to.
"""
import json
import os
import pathlib
import time
import urllib.error
import urllib.request

from configuration import plan_hash, read_toml, to_toml
from processes import Daemon, EventLog, Failure, free_ports, run, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("bauta-coordinator", "bauta-client", "bauta", "bauta-simulate")
START_SECONDS = 30
ENDED = ("finished", "failed", "stopped")


def slowdown():
    """How much slower than usual the programs are (sanitizers), as the test runner says."""
    return float(os.environ.get("BAUTA_SLOWDOWN", "1"))


def find_programs(folder):
    """{name: path} of the four programs; names the missing one."""
    programs = {name: pathlib.Path(folder) / name for name in PROGRAMS}
    for name, path in programs.items():
        if not os.access(path, os.X_OK):
            raise Failure(f"{name} is not in {folder}: build it first (cmake --preset release && cmake --build build/release)")
    return programs


class Federation:
    """`services` are configuration.Service; `plan_text` is what all partners pin."""

    def __init__(self, work, programs, services, plan_text, outlive_parent=False):
        self.work = pathlib.Path(work)
        self.programs = programs
        self.services = {service.name: service for service in services}
        self.outlive_parent = outlive_parent
        self.logs = self.work / "logs"
        self.pki = self.work / "pki"
        self.config = self.work / "config"
        self.token_file = self.work / "operator.token"
        self.plan = self.config / "plan.toml"
        self.coordinator = None
        self.clients = {}
        self.ports = None
        for folder in (self.work, self.logs, self.config, self.work / "state"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.plan.write_text(plan_text, encoding="utf-8")

    # Set-up

    def make_pki(self):
        run(["bash", ROOT / "deploy/pki/make_pki.sh", self.pki, "--partners", ",".join(self.services)])

    def coordinator_tables(self):
        partner, operator, health = self.ports
        keys = self.pki / "coordinator"
        return {
            "state_dir": self.work / "state/coordinator",
            "roster": self.pki / "roster.toml",
            "log": {"format": "json"},
            "signing": {"key": keys / "signing.key"},
            "partner_listener": {"address": "127.0.0.1", "port": partner, "certificate": keys / "tls.pem",
                                 "key": keys / "tls.key", "ca": self.pki / "ca.pem"},
            "operator_listener": {"address": "127.0.0.1", "port": operator, "certificate": keys / "operator.pem",
                                  "key": keys / "operator.key"},
            "health_listener": {"address": "127.0.0.1", "port": health},
        }

    def client_tables(self, name, upload_bytes_per_second=0):
        keys = self.pki / "partners" / name
        service = self.services[name]
        return {
            "name": name,
            "state_dir": self.work / "state" / name,
            "roster": self.pki / "roster.toml",
            "log": {"format": "json"},
            "coordinator": {"host": "127.0.0.1", "port": self.ports[0], "ca": self.pki / "ca.pem"},
            "tls": {"certificate": keys / "tls.pem", "key": keys / "tls.key"},
            "signing": {"key": keys / "signing.key"},
            "policy": {"allowed_plans": [plan_hash(self.plan)]},
            "transport": {"upload_bytes_per_second": upload_bytes_per_second},
            "data": service.data,
            "task": service.task,
        }

    def config_file(self, name):
        return self.config / ("coordinator.toml" if name == "coordinator" else f"client-{name}.toml")

    def write_client_config(self, name, **settings):
        self.config_file(name).write_text(to_toml(self.client_tables(name, **settings)), encoding="utf-8")

    def write_coordinator_config(self):
        self.config_file("coordinator").write_text(to_toml(self.coordinator_tables()), encoding="utf-8")

    def prepare(self):
        """PKI, ports and all configuration files."""
        self.make_pki()
        self.ports = free_ports(3)
        self.write_coordinator_config()
        for name in self.services:
            self.write_client_config(name)

    def update_bytes(self):
        """About the size of one client's upload: the token table, which outweighs all other parameters."""
        plan = read_toml(self.plan)
        return plan["model"]["table_rows"] * plan["model"]["token_width"] * plan["update"].get("lane", 32) // 8

    # Processes

    def log_of(self, name):
        return self.logs / f"{name}.log"

    def events_of(self, name):
        return EventLog(self.log_of(name))

    def start_coordinator(self):
        """Starts it and waits until it is ready."""
        if self.coordinator is None:
            self.coordinator = Daemon("bauta-coordinator", [self.programs["bauta-coordinator"], "run", "--config",
                                                            self.config_file("coordinator")],
                                      self.log_of("coordinator"), self.outlive_parent)
        self.coordinator.start()
        wait_until(self.ready, START_SECONDS * slowdown(), "the coordinator became ready")

    def ready(self):
        self.coordinator.check()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[2]}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def create_token(self):
        token = run([self.programs["bauta-coordinator"], "token", "create", "--config", self.config_file("coordinator"),
                     "--name", "demo"], log=self.log_of("commands")).strip()
        if not token or len(token.split()) != 1:
            raise Failure("bauta-coordinator token create printed no token", self.log_of("commands"))
        with open(os.open(self.token_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(token + "\n")

    def start_client(self, name):
        client = self.clients.get(name)
        if client is None:
            client = Daemon(f"client {name}", [self.programs["bauta-client"], "run", "--config", self.config_file(name)],
                            self.log_of(name), self.outlive_parent)
            self.clients[name] = client
        client.start()

    def start_clients(self):
        for name in self.services:
            self.start_client(name)

    def daemons(self):
        return ([self.coordinator] if self.coordinator else []) + list(self.clients.values())

    def kill_all(self):
        for daemon in self.daemons():
            daemon.kill()

    def check_alive(self):
        """Fails when a daemon has ended that nobody killed on purpose."""
        for daemon in self.daemons():
            if not daemon.killed:
                daemon.check()

    def stop_clients(self, seconds=30):
        for client in self.clients.values():
            client.check()
            client.signal()
        for client in self.clients.values():
            client.stop_status = client.wait(seconds * slowdown())
            if client.stop_status != 0:
                raise Failure(f"{client.name} ended with status {client.stop_status} after SIGTERM", client.log)

    def left_over(self):
        """Names of the daemons whose process group still has a member."""
        names = []
        for daemon in self.daemons():
            try:
                os.killpg(daemon.pid, 0)
                names.append(daemon.name)
            except (ProcessLookupError, AttributeError):
                pass
        return names

    # The operator's commands

    def operator_command(self, *arguments):
        return [self.programs["bauta"], "--server", f"https://127.0.0.1:{self.ports[1]}", "--ca", self.pki / "ca.pem",
                "--token-file", self.token_file, "-o", "json", *arguments]

    def operator(self, *arguments, seconds=30):
        """One call of the operator's command; what it printed."""
        return run(self.operator_command(*arguments), seconds=seconds * slowdown(), log=self.log_of("commands"))

    def bauta(self, *arguments):
        """One call of the operator's command; its JSON answer, None where it has none."""
        output = self.operator(*arguments)
        try:
            return json.loads(output) if output.strip() else None
        except ValueError:
            raise Failure(f"bauta {' '.join(map(str, arguments))} printed no JSON: {output[:200]!r}") from None

    def start_run(self, name="demo"):
        answer = self.bauta("runs", "create", "--name", name, "--plan", self.plan)
        run_id = answer["run_id"]
        self.bauta("runs", "start", run_id)
        return run_id

    def present_partners(self):
        """Names of the partners whose clients have lately asked the coordinator for a round."""
        return {partner["partner_id"] for partner in self.bauta("partners", "list") if partner["present"]}

    def wait_for_partners(self, seconds=60):
        """Until every client is there; a run takes in who is present when it begins."""
        absent = set(self.services)

        def all_present():
            self.check_alive()
            absent.difference_update(self.present_partners())
            return not absent

        try:
            wait_until(all_present, seconds * slowdown(), "all clients reached the coordinator", pause=0.2)
        except Failure as failure:
            if failure.log is None and absent:
                name = sorted(absent)[0]
                raise Failure(f"client {name} did not reach the coordinator within {seconds} s", self.log_of(name)) from None
            raise

    def wait_for_model(self, model_hash, seconds=20):
        """Until every client has applied that model's aggregate; returns those that have not (they sat out the end)."""
        logs = {name: self.events_of(name) for name in self.services}

        def all_applied():
            self.check_alive()
            for name in list(logs):
                if any(entry["event"] in ("model applied", "model fetched") and entry.get("model_hash") == model_hash
                       for entry in logs[name].poll()):
                    del logs[name]
            return not logs

        try:
            wait_until(all_applied, seconds * slowdown(), "all clients have the model", pause=0.1)
        except Failure as failure:
            if failure.log is not None:
                raise
        return sorted(logs)

    def download_model(self, model_hash, file):
        self.operator("models", "download", model_hash, "--out", file)

    def show_run(self, run_id):
        return self.bauta("runs", "show", run_id)

    def wait_for_run(self, run_id, seconds, on_status=None, pause=0.3):
        """Polls until the run has ended; calls on_status(status) at every poll. A daemon found dead is a failure."""
        end = time.monotonic() + seconds
        while True:
            status = self.show_run(run_id)
            if on_status:
                on_status(status)
            if status["state"] in ENDED:
                return status
            self.check_alive()
            if time.monotonic() > end:
                raise Failure(f"the run did not end within {seconds:.0f} s: {json.dumps(status)}", self.log_of("coordinator"))
            time.sleep(pause)
