"""The demo: one coordinator and one client process per service train one model in masked rounds, then the table.

Started by deploy/demo/run.sh, which builds the programs. Python's standard library only.
"""
import argparse
import collections
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from chaos import STAGES, Chaos  # noqa: E402
from configuration import find_services, with_rounds, with_values  # noqa: E402
from doctor import Doctor  # noqa: E402
from federation import ROOT, Federation, find_programs, slowdown  # noqa: E402
from processes import Failure, run, wait_until  # noqa: E402

# A chaos run ends phases of a dead client by their deadlines, so these must be short.
CHAOS_ROUND_SECONDS = 40
CHAOS_UPLOAD_SECONDS = 4


def parse(arguments):
    parser = argparse.ArgumentParser(prog="deploy/demo/run.sh", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        help="folder of the services' data (default: data made on the spot, with a known truth)")
    parser.add_argument("--rounds", type=int, default=40, metavar="N", help="rounds to train (default 40)")
    parser.add_argument("--chaos", action="store_true",
                        help="kill a client in the middle of its upload, one after it, and the coordinator once")
    parser.add_argument("--doctor", nargs="?", const="sum", choices=("sum", "upload"), metavar="WHAT",
                        help="let the coordinator's administrator doctor the sum of a round (or an upload, which stays changed) "
                             "and show how the clients' audit finds it; trains nothing else")
    parser.add_argument("--keep", action="store_true", help="leave the daemons running at the end")
    parser.add_argument("--report", type=pathlib.Path, metavar="FILE", help="where the report (JSON) goes")
    parser.add_argument("--work", type=pathlib.Path, metavar="DIR", help="working folder (default: a new temporary one)")
    parser.add_argument("--no-install", action="store_true", help="install no packages (acted on by run.sh)")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin", help=argparse.SUPPRESS)
    parser.add_argument("--plan", type=pathlib.Path, default=HERE / "plan.toml", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.doctor and (options.chaos or options.keep):
        parser.error("--doctor goes with neither --chaos nor --keep")
    if options.chaos and options.rounds < len(STAGES):
        parser.error(f"--chaos needs at least {len(STAGES)} rounds, one for each kill")
    return options


class Screen:
    """One progress line that rewrites itself on a terminal and is written once a round elsewhere."""

    WIDTH = 30

    def __init__(self, out=sys.stdout):
        self.out = out
        self.terminal = out.isatty()
        self.shown = None

    def say(self, text):
        if self.shown is not None and self.terminal:
            self.out.write("\r\x1b[K")
            self.shown = None
        print(text, file=self.out, flush=True)

    def progress(self, done, total, phase, seconds):
        filled = self.WIDTH * done // total
        bar = "#" * filled + "." * (self.WIDTH - filled)
        if self.terminal:
            self.shown = f"[{bar}] round {min(done + 1, total)}/{total}  {phase.replace('_', ' '):<18} {seconds:5.0f} s"
            self.out.write("\r\x1b[K" + self.shown)
            self.out.flush()
        elif done != self.shown:
            self.shown = done
            print(f"[{bar}] {done}/{total} rounds  {seconds:5.0f} s", file=self.out, flush=True)

    def end_progress(self):
        if self.terminal and self.shown is not None:
            print(file=self.out)
        self.shown = None


def make_data(programs, folder):
    run([programs["bauta-simulate"], "make-data", "--out", folder, "--seed", "1"], seconds=300 * slowdown())
    return folder


def upload_rate(federation):
    """Bytes a second at which an upload of this plan takes about CHAOS_UPLOAD_SECONDS."""
    return max(1, federation.update_bytes() // CHAOS_UPLOAD_SECONDS)


def train(federation, screen, options):
    """Runs the training run to its end; its final status with the seconds it took."""
    chaos = None
    if options.chaos:
        slow = sorted(federation.services)[0]
        chaos = Chaos(federation, slow, screen.say, first_round=1 if options.rounds > len(STAGES) else 0)
    started = time.monotonic()
    run_id = federation.start_run()

    def on_status(status):
        current = status.get("round") or {}
        screen.progress(status["rounds_done"], status["rounds_total"], current.get("phase", ""), time.monotonic() - started)
        if chaos:
            chaos.step({**status, "run_id": run_id})

    limit = (options.rounds * 1200 + 600) * slowdown()
    status = federation.wait_for_run(run_id, limit, on_status, pause=0.1 if chaos else 0.3)
    screen.end_progress()
    if status["state"] != "finished":
        raise Failure(f"the run {status['state']}: {status.get('reason', 'no reason given')}", federation.log_of("coordinator"))
    if chaos and not chaos.done:
        raise Failure("the run ended before all the chaos could happen; missing: " + ", ".join(chaos.missing() or ["a restart"]))
    if chaos and status.get("dropouts_survived", 0) < 1:
        raise Failure("a client was killed in its upload and yet the run counts no dropout", federation.log_of("coordinator"))
    return {**status, "run_id": run_id, "seconds": round(time.monotonic() - started, 1)}


def evaluate(federation, screen):
    """One report file per service, two evaluations at a time."""
    folder = federation.work / "services"
    folder.mkdir(exist_ok=True)
    waiting = collections.deque(federation.services)
    running = {}
    deadline = time.monotonic() + 1800 * slowdown()
    try:
        while waiting or running:
            while waiting and len(running) < 2:
                name = waiting.popleft()
                with open(federation.log_of(name), "ab") as log:
                    running[name] = subprocess.Popen(
                        [str(federation.programs["bauta-client"]), "evaluate", "--config", str(federation.config_file(name)),
                         "--report", str(folder / f"{name}.json")], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            for name, process in list(running.items()):
                if process.poll() is None:
                    continue
                del running[name]
                if process.returncode != 0:
                    raise Failure(f"the evaluation of {name} ended with status {process.returncode}", federation.log_of(name))
            if time.monotonic() > deadline:
                raise Failure("the evaluations did not end within 30 minutes: " + ", ".join(running))
            time.sleep(0.1)
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    screen.say(f"held-out evaluation of {len(federation.services)} services done")
    return folder


def show_doctored_sum(federation, screen, what):
    doctor = Doctor(federation, what == "sum", screen.say, slowdown())
    doctor.doctor_first_round()
    found = doctor.findings()
    for name in sorted(found):
        screen.say(f"{name}: audit failed, check={found[name]['check']}: {found[name]['reason']}")
    screen.say(f"all {len(found)} clients have refused the sum and trust the run no more; none has applied it")
    name = sorted(found)[0]
    command = [str(federation.programs["bauta-client"]), "audit", "--round", str(found[name]["round"]), "--config",
               str(federation.config_file(name))]
    audit = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600 * slowdown(), check=False)
    screen.say(f"what {name} says when asked to audit the whole round:")
    screen.say("  " + audit.stderr.strip().splitlines()[-1])
    if audit.returncode != 1:
        raise Failure(f"the audit of the whole round ended with status {audit.returncode}", federation.log_of(name))
    file = sorted((federation.work / "state" / name / "evidence").glob("*.evidence"))[0]
    command = [str(federation.programs["bauta-client"]), "evidence", "verify", str(file), "--roster", str(federation.pki / "roster.toml")]
    judged = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * slowdown(), check=False)
    screen.say(f"what anybody finds who has the federation's roster and the file that {name} kept, {file.name}:")
    screen.say("  " + (judged.stdout + judged.stderr).strip().splitlines()[-1])
    if judged.returncode != 0:
        raise Failure(f"the evidence was judged with status {judged.returncode}", federation.log_of(name))
    federation.stop_clients()
    federation.coordinator.stop()
    wait_until(lambda: not federation.left_over(), 5, "all processes gone")


def print_kept(federation, screen):
    pids = " ".join(str(daemon.pid) for daemon in federation.daemons())
    partner, operator, health = federation.ports
    screen.say("the daemons are left running (--keep):")
    for daemon in federation.daemons():
        screen.say(f"  {daemon.name}: pid {daemon.pid}")
    screen.say(f"  partners    https://127.0.0.1:{partner}")
    screen.say(f"  operator    https://127.0.0.1:{operator}   token in {federation.token_file}, CA {federation.pki / 'ca.pem'}")
    screen.say(f"  health      http://127.0.0.1:{health}/healthz /readyz /metrics")
    screen.say(f"  for example: {federation.programs['bauta']} --server https://127.0.0.1:{operator} "
               f"--ca {federation.pki / 'ca.pem'} --token-file {federation.token_file} runs list")
    screen.say(f"  to stop them: kill -TERM {pids}")


def demo(options, work, screen):
    programs = find_programs(options.bin)
    screen.say(f"working folder: {work}")
    data = options.data
    if data is None:
        data = make_data(programs, work / "data")
    services = find_services(data, HERE / "services")
    plan = with_rounds(options.plan.read_text(encoding="utf-8"), options.rounds)
    if options.chaos:
        plan = with_values(plan, {"round": {"deadline_seconds": CHAOS_ROUND_SECONDS}})
    federation = Federation(work, programs, services, plan, outlive_parent=options.keep)
    kept = False
    try:
        federation.prepare()
        if options.chaos:
            federation.write_client_config(sorted(federation.services)[0], upload_bytes_per_second=upload_rate(federation))
        screen.say(f"{len(services)} services: {', '.join(federation.services)}")
        federation.start_coordinator()
        federation.create_token()
        federation.start_clients()
        federation.wait_for_partners()
        screen.say("coordinator and clients are up; every link is TLS 1.3 with both certificates checked")
        if options.doctor:
            show_doctored_sum(federation, screen, options.doctor)
            return
        status = train(federation, screen, options)
        behind = federation.wait_for_model(status["model_hash"])
        if behind:
            screen.say(f"without the last model, so compared by an earlier one: {', '.join(behind)}")
        run_file = work / "run.json"
        run_file.write_text(json.dumps(status, indent=2) + "\n", encoding="utf-8")
        model = work / "model.bauta"
        federation.download_model(status["model_hash"], model)
        if not options.keep:
            federation.stop_clients()
        reports = evaluate(federation, screen)
        report = options.report or work / "report.json"
        table = run([programs["bauta-simulate"], "report", "--run", run_file, "--services", reports, "--report", report],
                    seconds=120)
        if options.keep:
            kept = True
        else:
            federation.coordinator.stop()
            wait_until(lambda: not federation.left_over(), 5, "all processes gone")
        screen.say("")
        screen.say(table.rstrip())
        screen.say("")
        screen.say(f"model:  {model}")
        screen.say(f"report: {report}")
        screen.say(f"logs:   {federation.logs}")
        if kept:
            print_kept(federation, screen)
    finally:
        if not kept:
            federation.kill_all()


def on_signal(number, frame):
    raise KeyboardInterrupt


def main(arguments):
    options = parse(arguments)
    screen = Screen()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    own_work = options.work is None
    work = pathlib.Path(tempfile.mkdtemp(prefix="bauta-demo-")) if own_work else options.work.resolve()
    options.report = options.report.resolve() if options.report else None
    try:
        if options.report and not options.report.parent.is_dir():
            raise Failure(f"the folder of the report, {options.report.parent}, does not exist")
        if not own_work:
            work.mkdir(parents=True, exist_ok=True)
            if any(work.iterdir()):
                raise Failure(f"the working folder {work} is not empty; name a new one with --work")
        demo(options, work, screen)
        return 0
    except Failure as failure:
        screen.end_progress()
        print(f"demo: {failure}", file=sys.stderr)
        if failure.log:
            print(f"demo: the last lines of {failure.log}:", file=sys.stderr)
            for line in failure.tail():
                print(f"  {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        screen.end_progress()
        print(f"demo: stopped; all processes are gone, what was done is in {work}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:]))
