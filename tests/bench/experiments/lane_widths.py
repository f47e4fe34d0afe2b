"""Writes docs/lane_widths.md: what 16 and 12 bits a coordinate instead of 32 cost the nine real services.

For every seed the same run several times: same data, initial parameters and batches; only lanes, bits and rotation of
the plan differ. Compared are the held-out AUCs of the shared model.

    cmake --preset release && cmake --build build/release --target bauta-simulate
    python3 tests/bench/experiments/lane_widths.py --data DIR

DIR and the end status as in nine_services.py; a run whose report is in --keep already is not repeated. Python's standard library only.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from nine_services import PLAN, ROOT, SKIPPED, find_data, parser_of  # noqa: E402
from result_sections.estimate import enough_of_both  # noqa: E402
from configuration import with_rounds, with_values  # noqa: E402

# name, [update] of the plan
ARMS = [
    ("32 bits", "bits = 20\nlane = 32\nrange = 0.05\n"),
    ("16 bits, rotated", "bits = 11\nrotation = true\n"),
    ("12 bits, rotated", "bits = 7\nrotation = true\n"),
]
# Student's t, two-sided 95 %, by degrees of freedom.
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}

HEAD = """# What narrow lanes cost

This page is written by a committed command and not by hand:

```sh
cmake --preset release && cmake --build build/release --target bauta-simulate
python3 tests/bench/experiments/lane_widths.py --data DIR
```

DIR holds the nine services of [results.md](results.md). {rounds} rounds, seeds {seeds}. Within a seed all runs have the same
data, initial parameters and batches; they differ in the plan's `[update]` alone: `lane` is what follows from `bits` and the
cohort, `range` with rotation the automatic one ([protocol](protocol.md) §7)."""

READ = """
* **Difference**: AUC of the shared model on held-out samples, minus that of "32 bits" in the same seed; the plain mean over
  the {judged} services that can be judged ({left_out} has too few positive samples). Its interval is Student's over the seeds: it holds the
  chance of rounding and of the seed, not that of the test samples, which are the same in all arms.
* **No cost found** says that the interval holds 0, no more. How large a loss it could hide is its lower end.
* Bytes are all request bodies of one client in one round.
"""


def plan_of(seed, rounds, update):
    text = with_rounds(with_values(PLAN.read_text(encoding="utf-8"), {"model": {"seed": seed}}), rounds)
    clip = re.search(r"^clip *=.*$", text, re.MULTILINE).group(0)
    return re.sub(r"^\[update\]\n.*?(?=^\[|^#)", f"[update]\n{clip}\n{update}\n", text, flags=re.MULTILINE | re.DOTALL)


def run(options, keep, data, seed, arm):
    name, update = ARMS[arm]
    plan, report = keep / f"plan-{arm}-{seed}.toml", keep / f"arm{arm}-seed{seed}.json"
    plan.write_text(plan_of(seed, options.rounds, update), encoding="utf-8")
    if not report.exists():
        print(f"{name}, seed {seed}", file=sys.stderr, flush=True)
        subprocess.run([str(part) for part in [options.simulate, "run", "--data", data, "--plan", plan, "--seed", seed,
                                               "--report", report]], check=True, stdout=subprocess.DEVNULL)
    return json.loads(report.read_text(encoding="utf-8"))


def interval(values):
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = STUDENT[len(values) - 1] * spread / math.sqrt(len(values))
    return mean, mean - half, mean + half


def signed(value):
    return f"{value:+.4f}".replace("-", "−")


def main(arguments):
    options = parser_of(__doc__, ROOT / "docs/lane_widths.md", "1,2,3", 10).parse_args(arguments)
    data = find_data(options.data)
    if data is None:
        print("lane_widths: skipped, there is no folder of the nine services; name it with --data", file=sys.stderr)
        return SKIPPED
    keep = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="bauta-lanes-"))
    keep.mkdir(parents=True, exist_ok=True)
    reports = {(arm, seed): run(options, keep, data, seed, arm) for seed in options.seeds for arm in range(len(ARMS))}
    first = reports[0, options.seeds[0]]["services"]
    judged = [i for i, service in enumerate(first)
              if enough_of_both(service["test_samples"], service["test_positives"])]
    names = [service["name"] for service in first]

    def difference(arm, seed, i):
        return reports[arm, seed]["services"][i]["auc_shared"] - reports[0, seed]["services"][i]["auc_shared"]

    lines = [HEAD.format(rounds=options.rounds, seeds=", ".join(map(str, options.seeds))),
             "",
             "| lanes | bytes per client and round | mean AUC | difference | 95 % interval | |",
             "|---|---:|---:|---:|---|---|"]
    for arm, (name, _) in enumerate(ARMS):
        bytes_sent = reports[arm, options.seeds[0]]["bytes_per_client_round"]
        aucs = [reports[arm, seed]["services"][i]["auc_shared"] for seed in options.seeds for i in judged]
        row = f"| {name} | {bytes_sent:,.0f} | {sum(aucs) / len(aucs):.4f} |"
        if arm > 0:
            means = [sum(difference(arm, seed, i) for i in judged) / len(judged) for seed in options.seeds]
            mean, low, high = interval(means)
            verdict = "no cost found" if low <= 0 <= high else "costs" if high < 0 else "gains"
            row += f" {signed(mean)} | [{signed(low)}, {signed(high)}] | {verdict} |"
        else:
            row += " | | |"
        lines.append(row)
    left_out = ", ".join(name for i, name in enumerate(names) if i not in judged)
    lines.append(READ.format(judged=len(judged), left_out=left_out))
    lines += ["The difference for every service, mean over the seeds [95 % interval]:", "",
              "| service | " + " | ".join(name for name, _ in ARMS[1:]) + " |", "|---|" + "---|" * (len(ARMS) - 1)]
    for i in judged:
        cells = []
        for arm in range(1, len(ARMS)):
            mean, low, high = interval([difference(arm, seed, i) for seed in options.seeds])
            cells.append(f"{signed(mean)} [{signed(low)}, {signed(high)}]")
        lines.append(f"| {names[i]} | " + " | ".join(cells) + " |")
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
