"""Writes docs/results.md: what nine real services, and six made ones, gain from the shared model.

One simulated run per seed over the services of deploy/demo/services with the plan of deploy/demo/plan.toml; a seed
changes the plan's model.seed (initial parameters, hash family of the tokens, order of the batches) and the masks.

    cmake --preset release && cmake --build build/release --target bauta-simulate
    python3 tests/bench/experiments/nine_services.py --data DIR

DIR (or BAUTA_DATA) is the folder with grocery/events.csv.gz in it, or the one with services/ in it. Where it is absent
the script says so, writes nothing and ends with status 77. Python's standard library only.
"""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "deploy/demo"))
sys.dont_write_bytecode = True

from configuration import with_values  # noqa: E402

SERVICES = ROOT / "deploy/demo/services"
PLAN = ROOT / "deploy/demo/plan.toml"
MADE_DATA_SEED = 1  # the demo's own
SKIPPED = 77
# With fewer of either class an AUC says nothing that one could act on.
FEWEST_OF_A_CLASS = 30

BETTER, WORSE, OPEN, UNJUDGED = "better", "worse", "no difference found", "cannot be judged"


def parser_of(description, page, seeds):
    """The options of an experiment on the nine services that writes `page`."""
    parser = argparse.ArgumentParser(description=description.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", default=os.environ.get("BAUTA_DATA"), metavar="DIR",
                        help="folder of the nine services (default: BAUTA_DATA)")
    parser.add_argument("--simulate", type=pathlib.Path, default=ROOT / "build/release/bin/bauta-simulate", metavar="FILE")
    parser.add_argument("--seeds", default=seeds, type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--out", type=pathlib.Path, default=page, metavar="FILE")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR",
                        help="where the reports (JSON) stay (default: a new temporary folder)")
    return parser


def find_data(named):
    """The folder with the services in it, or None."""
    for folder in [pathlib.Path(named), pathlib.Path(named) / "services"] if named else []:
        if (folder / "grocery/events.csv.gz").is_file():
            return folder
    return None


class Campaign:
    """One run per seed over the same services; `reports[i]` belongs to `seeds[i]`."""

    def __init__(self, options, keep, label, data, services=None):
        self.seeds = options.seeds
        self.plans = []
        self.reports = []
        for seed in options.seeds:
            text = with_values(PLAN.read_text(encoding="utf-8"), {"model": {"seed": seed}, "round": {"rounds": options.rounds}})
            plan = keep / f"plan-seed{seed}.toml"
            plan.write_text(text, encoding="utf-8")
            self.plans.append(hashlib.sha256(text.encode()).hexdigest())
            report = keep / f"{label}-seed{seed}.json"
            command = [options.simulate, "run", "--data", data, "--plan", plan, "--seed", seed, "--report", report]
            if services:
                command += ["--services", services]
            print(f"{label}, seed {seed}", file=sys.stderr, flush=True)
            subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
            self.reports.append(json.loads(report.read_text(encoding="utf-8")))
        self.services = [Service([report["services"][i] for report in self.reports])
                         for i in range(len(self.reports[0]["services"]))]

    def bytes_per_client_round(self):
        return self.reports[0]["bytes_per_client_round"]


class Service:
    """One service over all seeds."""

    def __init__(self, reports):
        first = reports[0]
        self.reports = reports
        self.name = first["name"]
        self.task = first["task"]
        self.persons = first["persons"]
        self.samples = first["test_samples"]
        self.positives = first["test_positives"]

    def values(self, key):
        values = [report[key] for report in self.reports]
        return [value for value in values if value is not None]

    def mean(self, key):
        values = self.values(key)
        return sum(values) / len(values) if values else None

    def kind(self):
        """By the 95 % intervals of all seeds; only what holds in every one of them is a verdict."""
        if min(self.positives, self.samples - self.positives) < FEWEST_OF_A_CLASS:
            return UNJUDGED
        intervals = self.values("difference_interval")
        if len(intervals) < len(self.reports):
            return UNJUDGED
        if all(low > 0 for low, _ in intervals):
            return BETTER
        if all(high < 0 for _, high in intervals):
            return WORSE
        return OPEN

    def verdict(self):
        """As it stands in the table: with the seeds by which alone one would have said otherwise."""
        if self.kind() != OPEN:
            return self.kind()
        seeds = len(self.reports)
        alone = [(BETTER, sum(low > 0 for low, _ in self.values("difference_interval"))),
                 (WORSE, sum(high < 0 for _, high in self.values("difference_interval")))]
        return ", ".join(f"{name} in {count} of {seeds} seeds" for name, count in alone if count) or OPEN

    def served(self):
        """The models chosen on validation samples, seed by seed."""
        return ", ".join(report["served"]["model"] for report in self.reports)

    def alone_served(self):
        """In how many seeds the local model is what is served, so that the difference is 0."""
        return sum(1 for report in self.reports if report["served"]["model"] == "local")


def number(value, sign=""):
    return "–" if value is None else f"{value:{sign}.3f}".replace("-", "−")


def cell(service, key, sign=""):
    """mean (range over the seeds) [interval of the first seed]"""
    values = service.values(key)
    if not values:
        return "–"
    text = number(service.mean(key), sign)
    if len(values) > 1:
        text += f" ({number(min(values), sign)} … {number(max(values), sign)})"
    interval = service.reports[0][key + "_interval"]
    return text + (f" [{number(interval[0], sign)}, {number(interval[1], sign)}]" if interval else "")


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def main_table(campaign, oracle=None):
    header = ["service", "test samples", "of them positive", "AUC alone", "AUC shared", "AUC served", "what is served",
              "served − alone", "verdict"]
    if oracle:
        header.insert(8, "AUC of the oracle")
    rows = []
    for service in campaign.services:
        row = [service.name, f"{service.samples:,}", f"{service.positives:,}", cell(service, "auc_local"),
               number(service.mean("auc_shared")), cell(service, "auc_served"), service.served(),
               cell(service, "difference", "+"), service.verdict()]
        if oracle:
            row.insert(8, number(oracle[service.name]))
        rows.append(row)
    return table(header, rows)


def seed_table(campaign):
    header = ["service"] + [f"seed {seed}" for seed in campaign.seeds]
    rows = []
    for service in campaign.services:
        row = [service.name]
        for report in service.reports:
            interval = report["difference_interval"]
            row.append(number(report["difference"], "+") +
                       (f" [{number(interval[0], '+')}, {number(interval[1], '+')}]" if interval else ""))
        rows.append(row)
    return table(header, rows)


def listed(services, key="difference"):
    return ", ".join(f"{service.name} ({number(service.mean(key), '+')})" for service in services)


def findings(campaign):
    by_verdict = {kind: [service for service in campaign.services if service.kind() == kind]
                  for kind in (BETTER, WORSE, OPEN, UNJUDGED)}
    judged = len(campaign.services) - len(by_verdict[UNJUDGED])
    lines = []
    if by_verdict[BETTER]:
        lines.append(f"* **Better**, in every seed beyond what its interval leaves to chance, {len(by_verdict[BETTER])} of "
                     f"{judged}: {listed(by_verdict[BETTER])}.")
    else:
        lines.append("* **No service is better** in every seed beyond what its interval leaves to chance.")
    if by_verdict[WORSE]:
        lines.append(f"* **Worse**, as surely, {len(by_verdict[WORSE])} of {judged}: {listed(by_verdict[WORSE])}. "
                     "There validation samples chose wrongly.")
    if by_verdict[OPEN]:
        lines.append(f"* **Neither**: chance is not left out in every seed, {len(by_verdict[OPEN])} of {judged}: "
                     f"{listed(by_verdict[OPEN])}.")
        torn = [service for service in by_verdict[OPEN] if service.verdict() != OPEN]
        if torn:
            lines.append("* **Seeds disagree**: one seed by itself would have given another verdict for " +
                         "; ".join(f"{service.name} ({service.verdict()})" for service in torn) + ".")
    if by_verdict[UNJUDGED]:
        lines.append("* **Cannot be judged**: " + ", ".join(
            f"{service.name} has {service.positives} positive test samples of {service.samples:,}"
            for service in by_verdict[UNJUDGED]) + "; figures stand in the table for completeness only.")
    for service in campaign.services:
        if count := service.alone_served():
            lines.append(f"* {service.name}: in {count} of {len(service.reports)} seeds nothing did better on its validation "
                         "samples than its own model, so that is what it serves and the difference is 0.")
    weak = [service for service in campaign.services if service.kind() != UNJUDGED and service.mean("auc_served") < 0.6]
    if weak:
        lines.append("* **Weak in both arms** (a served AUC under 0.6; guessing has 0.5): " + ", ".join(
            f"{service.name} ({number(service.mean('auc_served'))})" for service in weak) + ".")
    judged_services = [service for service in campaign.services if service.kind() != UNJUDGED]
    mean = sum(service.mean("difference") for service in judged_services) / max(1, len(judged_services))
    lines.append(f"* The plain mean of the differences over the {judged} services that can be judged is {number(mean, '+')}.")
    return "\n".join(lines)


def page(options, real, made, oracle):
    seeds = ",".join(map(str, options.seeds))
    command = "python3 tests/bench/experiments/nine_services.py --data DIR"
    if options.seeds != [1, 2, 3] or options.rounds != 10:
        command += f" --seeds {seeds} --rounds {options.rounds}"
    runs = table(["seed", "SHA-256 of the plan", "model, nine services", "model, made services"],
                 [[str(seed), f"`{plan}`", f"`{one['model_hash'][:16]}…`", f"`{two['model_hash'][:16]}…`"]
                  for seed, plan, one, two in zip(options.seeds, real.plans, real.reports, made.reports)])
    return f"""# Results: what a service gains from the shared model

This page is written by a committed command and not by hand:

```sh
cmake --preset release && cmake --build build/release --target bauta-simulate
{command}
```

DIR holds the nine services. They are public data sets in a plain form, but no part of this repository; without them the
second table can still be had (`bash deploy/demo/run.sh`).

## Nine real services

{options.rounds} rounds, {len(options.seeds)} seeds. Each cell: mean over the seeds (least … greatest) [95 % interval of seed {options.seeds[0]}].

{main_table(real)}

{findings(real)}

The difference in every seed, each with its own 95 % interval:

{seed_table(real)}

### How to read it
* **alone**: the model this service trained on its own data. **shared**: the model of the federation by itself. **served**: what
  the service chose on its validation samples among the two, the shared model with the service's private parts beside it
  (personalised), and the mean of its logits with those of the local one (mix); the local model is left only for one that is
  better there by more than a standard error. All on the same held-out samples; held out means later: every label lies after
  the service's test cut.
* **Equal compute.** All take rounds × local_steps steps of the same size on this service's data from the same initial
  parameters; local and shared are represented by the state that did best on the service's *validation* samples, looked at after
  every local_steps steps. The shared model has, of course, also seen what the other services computed.
* **Test samples chose nothing.** Steps, rates, clip and server settings (`deploy/demo/plan.toml`) were chosen on validation
  samples; so were the checkpoints.
* **Intervals** are percentile bootstraps over persons, 1,000 replicates; those of the difference are paired (the same
  persons drawn for both arms). They hold the chance of the test sample, not that of training: for that, compare the
  seeds.
* **A seed** changes the initial parameters, the hash family of the tokens, the order of all batches, and the masks; the
  data and the cuts stay.
* **Verdict**: better or worse only where the interval of the difference leaves out 0 in *every* seed; otherwise
  the table says in how many it does. Under {FEWEST_OF_A_CLASS} samples of a class: no verdict.

### What these figures are not
* **Six of the nine are one retailer's log cut by department** (grocery, drugstore, fresh_food, fuel, coupon_mail,
  store_visits). The people overlap in reality and the company walls between those six are staged; no code here
  ever joins them, but six unrelated companies would have less in common. The README beside the data says more.
* fashion_banner has no person ids in the source: a "person" there is a profile of features.
* No other method is compared here, neither gradient-boosted trees on hand-made features nor training on pooled data.
* No noise is added: this is secure aggregation, not differential privacy ([threat model](threat_model.md)).

## Six made services

The demo's own data (`bauta-simulate make-data --seed {MADE_DATA_SEED}`): six services without a person in common, whose customers share only how
interests work. The **oracle** knows every rate and chance the generator used and, like the model, only what happened
before a sample's cut: nobody can do better on these samples but by luck.

{main_table(made, oracle)}

{findings(made)}

## The runs

{runs}

One client sends {real.bytes_per_client_round():,.0f} bytes in a round of nine. The same seed gives the same model, bit for
bit.
"""


def main(arguments):
    options = parser_of(__doc__, ROOT / "docs/results.md", "1,2,3").parse_args(arguments)
    data = find_data(options.data)
    if data is None:
        where = f"not found in {options.data}" if options.data else "not named"
        print(f"skipped: the nine services are {where}; name their folder with --data DIR or BAUTA_DATA", file=sys.stderr)
        return SKIPPED
    if not os.access(options.simulate, os.X_OK):
        print(f"{options.simulate} is not there: build bauta-simulate first, or name it with --simulate", file=sys.stderr)
        return 1
    keep = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bauta-results-"))
    keep.mkdir(parents=True, exist_ok=True)
    try:
        real = Campaign(options, keep, "nine", data, SERVICES)
        made_data = keep / "made"
        subprocess.run([str(options.simulate), "make-data", "--out", str(made_data), "--seed", str(MADE_DATA_SEED)], check=True,
                       stdout=subprocess.DEVNULL)
        made = Campaign(options, keep, "made", made_data)
    except subprocess.CalledProcessError as error:
        print(f"a run ended with status {error.returncode}; nothing was written", file=sys.stderr)
        return 1
    truth = json.loads((made_data / "ground_truth.json").read_text(encoding="utf-8"))
    oracle = {name: service["oracle_auc"] for name, service in truth["services"].items()}
    options.out.write_text(page(options, real, made, oracle), encoding="utf-8")
    print(f"{options.out} written; the reports are in {keep}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
