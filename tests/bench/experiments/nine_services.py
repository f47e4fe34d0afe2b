"""Measures what nine real services, and six made ones, gain from the shared model: figures for docs/results.md.

One simulated run per seed over the services of deploy/demo/services with the plan of deploy/demo/plan.toml; a seed
changes the plan's model.seed (initial parameters, hash family of the tokens, order of the batches) and the masks.

    cmake --preset release && cmake --build build/release --target bauta-simulate
    python3 tests/bench/experiments/nine_services.py --data DIR
    python3 tests/bench/experiments/results.py

The last of these makes docs/results.md of it. DIR (or BAUTA_DATA) is the folder with grocery/events.csv.gz in it, or
the one with services/ in it. Where it is absent the script says so, writes nothing and ends with status 77. Python's
standard library only.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "deploy/demo"))
sys.dont_write_bytecode = True

from configuration import with_rounds, with_values  # noqa: E402

SERVICES = ROOT / "deploy/demo/services"
PLAN = ROOT / "deploy/demo/plan.toml"
MADE_DATA_SEED = 1  # the demo's own
SKIPPED = 77
# What the page needs of a service's report.
MEASURES = ["auc_local", "auc_shared", "auc_personalised", "auc_served",
            "difference_shared", "difference_personalised", "difference"]
KEPT = ["name", "task", "persons", "events", "test_samples", "test_positives", "served"] + \
    [measure + end for measure in MEASURES for end in ("", "_interval")]


def parser_of(description, out, seeds, rounds):
    """The options of an experiment on the nine services that writes `out`."""
    parser = argparse.ArgumentParser(description=description.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", default=os.environ.get("BAUTA_DATA"), metavar="DIR",
                        help="folder of the nine services (default: BAUTA_DATA)")
    parser.add_argument("--simulate", type=pathlib.Path, default=ROOT / "build/release/bin/bauta-simulate",
                        metavar="FILE")
    parser.add_argument("--seeds", default=seeds, type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--out", type=pathlib.Path, default=out, metavar="FILE")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR",
                        help="where the reports (JSON) stay (default: a new temporary folder)")
    return parser


def find_data(named):
    """The folder with the services in it, or None."""
    for folder in [pathlib.Path(named), pathlib.Path(named) / "services"] if named else []:
        if (folder / "grocery/events.csv.gz").is_file():
            return folder
    return None


def simulate(options, label, data, services, seed, plan, report, text):
    report.unlink(missing_ok=True)
    plan.write_text(text, encoding="utf-8")
    command = [options.simulate, "run", "--data", data, "--plan", plan, "--seed", seed, "--report", report]
    if services:
        command += ["--services", services]
    print(f"{label}, seed {seed}", file=sys.stderr, flush=True)
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def measure(options, keep, label, data, services=None):
    """One run per seed over the same services."""
    runs = []
    for seed in options.seeds:
        text = with_rounds(with_values(PLAN.read_text(encoding="utf-8"), {"model": {"seed": seed}}), options.rounds)
        plan, report = keep / f"{label}-seed{seed}.toml", keep / f"{label}-seed{seed}.json"
        if not (options.resume and report.is_file() and plan.is_file() and plan.read_text(encoding="utf-8") == text):
            simulate(options, label, data, services, seed, plan, report, text)
        found = json.loads(report.read_text(encoding="utf-8"))
        runs.append({"seed": seed, "plan_sha256": hashlib.sha256(text.encode()).hexdigest(),
                     "model_hash": found["model_hash"], "rounds_completed": found["rounds_completed"],
                     "bytes_per_client_round": found["bytes_per_client_round"],
                     "services": [{key: service[key] for key in KEPT} for service in found["services"]]})
    return runs


def main(arguments):
    parser = parser_of(__doc__, ROOT / "docs/figures" / "nine_services.json", "1,2,3", 40)
    parser.add_argument("--resume", action="store_true", help="leave out the runs whose reports are in --keep already")
    options = parser.parse_args(arguments)
    data = find_data(options.data)
    if data is None:
        where = f"not found in {options.data}" if options.data else "not named"
        print(f"skipped: the nine services are {where}; name their folder with --data DIR or BAUTA_DATA",
              file=sys.stderr)
        return SKIPPED
    if not os.access(options.simulate, os.X_OK):
        print(f"{options.simulate} is not there: build bauta-simulate first, or name it with --simulate",
              file=sys.stderr)
        return 1
    keep = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bauta-results-"))
    keep.mkdir(parents=True, exist_ok=True)
    try:
        real = measure(options, keep, "nine", data, SERVICES)
        made_data = keep / "made"
        if options.resume:
            shutil.rmtree(made_data, ignore_errors=True)
        subprocess.run([str(options.simulate), "make-data", "--out", str(made_data), "--seed", str(MADE_DATA_SEED)],
                       check=True, stdout=subprocess.DEVNULL)
        made = measure(options, keep, "made", made_data)
    except subprocess.CalledProcessError as error:
        print(f"a run ended with status {error.returncode}; nothing was written", file=sys.stderr)
        return 1
    truth = json.loads((made_data / "ground_truth.json").read_text(encoding="utf-8"))
    oracle = {name: service["oracle_auc"] for name, service in truth["services"].items()}
    figures = {"rounds": options.rounds, "nine": {"runs": real},
               "made": {"data_seed": MADE_DATA_SEED, "oracle_auc": oracle, "runs": made}}
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"{options.out} written; the reports are in {keep}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
