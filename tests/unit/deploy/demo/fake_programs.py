"""TEST DOUBLES of the four programs, for the tests of the demo's own logic only: no network between them, no masking, no
model. They speak through files beside the roster and keep the command line, log events and JSON forms of the real ones.

Called as `fake_programs.py NAME ARGUMENTS...` by small shell wrappers; FAKE_* variables make them misbehave.
"""
import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import time
import tomllib

PHASES = ("advertise_keys", "share_keys", "masked_update", "certify_survivors", "unmask")
DEADLINE = 5.0


def option(arguments, name):
    return arguments[arguments.index(name) + 1]


def log(event, **fields):
    print(json.dumps({"time": "", "level": "info", "event": event, **fields}), file=sys.stderr, flush=True)


def write(path, value):
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(value))
    temporary.replace(path)


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def shared_folder(config):
    folder = pathlib.Path(config["roster"]).parent / "fake"
    folder.mkdir(exist_ok=True)
    return folder


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def coordinator_run(config):
    shared = shared_folder(config)
    roster = tomllib.loads(pathlib.Path(config["roster"]).read_text())
    partners = [partner["id"] for partner in roster["partner"]]
    http.server.ThreadingHTTPServer.allow_reuse_address = True
    server = http.server.ThreadingHTTPServer(("127.0.0.1", config["health_listener"]["port"]), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state_file = shared / "run.json"
    while True:
        state = read(state_file)
        if not state or state["state"] != "running":
            time.sleep(0.02)
            continue
        if os.environ.get("FAKE_COORDINATOR_DIES") and state["rounds_done"] >= 1:
            print("bauta-coordinator: the disk is full", file=sys.stderr)
            sys.exit(3)
        round_no = state["rounds_done"] + 1
        opened = time.monotonic()
        state["round"] = {"round_no": round_no, "attempt": 1, "phase": PHASES[2]}
        write(state_file, state)
        log("phase", phase=PHASES[2], round=round_no)
        uploaded = []
        while len(uploaded) < len(partners) and time.monotonic() < opened + DEADLINE:
            uploaded = [name for name in partners if (shared / f"{round_no}-{name}").exists()]
            time.sleep(0.02)
        for phase in PHASES[3:]:
            state["round"]["phase"] = phase
            write(state_file, state)
            time.sleep(0.1)
        state["rounds_done"] = round_no
        state["dropouts_survived"] += len(partners) - len(uploaded)
        if round_no == state["rounds_total"]:
            state.update(state="finished", model_hash="ab" * 32)
        write(state_file, state)


def client_run(config):
    shared = shared_folder(config)
    name = config["name"]
    (shared / f"{name}.present").touch()
    applied = False
    while True:
        state = read(shared / "run.json")
        if state and state["state"] == "finished" and not applied:
            applied = True
            log("model applied", round=state["rounds_done"], model_hash=state["model_hash"])
        if not state or state["state"] != "running" or state["round"].get("phase") != PHASES[2]:
            time.sleep(0.02)
            continue
        round_no = state["round"]["round_no"]
        done = shared / f"{round_no}-{name}"
        if done.exists():
            time.sleep(0.02)
            continue
        log("upload started", round=round_no)
        time.sleep(2.5 if config["transport"]["upload_bytes_per_second"] else 0.05)
        if read(shared / "run.json")["round"] == state["round"]:
            done.touch()
            log("upload finished", round=round_no)


def operator(arguments):
    token_file = pathlib.Path(option(arguments, "--token-file"))
    shared = token_file.parent / "pki" / "fake"
    if "partners" in arguments:
        return [{"partner_id": path.stem, "present": True} for path in shared.glob("*.present")]
    command = [argument for argument in arguments if not argument.startswith("-")]
    if "create" in command:
        plan = tomllib.loads(pathlib.Path(option(arguments, "--plan")).read_text())
        write(shared / "run.json", {"state": "created", "rounds_done": 0, "rounds_total": plan["round"]["rounds"],
                                    "round": {}, "dropouts_survived": 0, "bytes_per_client_round": 1, "model_hash": ""})
        return {"run_id": "run-1"}
    if "download" in command:
        pathlib.Path(option(arguments, "--out")).write_text("model")
        return None
    state = read(shared / "run.json")
    if "start" in command:
        state["state"] = "running"
        write(shared / "run.json", state)
    return state


def simulate(arguments):
    if arguments[0] == "make-data":
        out = pathlib.Path(option(arguments, "--out"))
        (out / "services").mkdir(parents=True)
        for name in ("books", "cinema", "groceries", "travel"):
            (out / name).mkdir()
            (out / name / "events.csv").write_text("person_id\n")
            (out / "services" / f"{name}.toml").write_text(f'[data]\nevents = "{name}/events.csv"\n[task]\nkind = "propensity"\n')
        return
    services = sorted(path.stem for path in pathlib.Path(option(arguments, "--services")).iterdir())
    run = read(pathlib.Path(option(arguments, "--run")))
    write(pathlib.Path(option(arguments, "--report")),
          {"services": services, "rounds_completed": run["rounds_done"], "dropouts_survived": run["dropouts_survived"]})
    print("table of " + " ".join(services))


def main(name, arguments):
    # As the real ones, the daemons end with 0 on SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    config = tomllib.loads(pathlib.Path(option(arguments, "--config")).read_text()) if "--config" in arguments else None
    if name == "bauta-coordinator":
        if arguments[:2] == ["token", "create"]:
            shared_folder(config)
            print("token-1")
        else:
            coordinator_run(config)
    elif name == "bauta-client":
        if arguments[0] == "evaluate":
            write(pathlib.Path(option(arguments, "--report")), {"name": config["name"]})
        else:
            client_run(config)
    elif name == "bauta":
        answer = operator(arguments)
        if answer is not None:
            print(json.dumps(answer))
    else:
        simulate(arguments)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
