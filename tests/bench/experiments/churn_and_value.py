"""Writes docs/churn_and_value.md from docs/figures/churn_and_value.json, which repeat_purchase has written.

    cmake --preset release && cmake --build build/release --target repeat_purchase
    build/release/tests/bench/experiments/repeat_purchase --data DIR --out docs/figures/churn_and_value.json
    python3 tests/bench/experiments/churn_and_value.py

Python's standard library only. Ends with status 1 where a fit from sums is further from the pooled one than it says.
"""
import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
CLOSE = 1e-6  # relative, of every parameter
DATA = {"cdnow_39_weeks": "CDNOW, 39 weeks held out", "cdnow_13_weeks": "CDNOW, the first 13 of them",
        "gift_shop": "gift shop, 13 weeks held out", "cdnow_sample_39_weeks": "CDNOW sample, 39 weeks held out",
        "cdnow_sample_13_weeks": "CDNOW sample, the first 13 of them"}
ROWS = {"bg_nbd": "**BG/NBD + Gamma-Gamma, summed**", "bg_nbd_alone": "the same, each shop alone",
        "expected_purchases": "summed, by expected purchases", "p_alive": "summed, by P(alive)",
        "as_before": "as before: no model",
        "line": "control: line, pooled labels", "line_alone": "control: line, alone",
        "heads": "**neural heads, federated**", "heads_alone": "**neural heads, alone**"}
READ = """## How to read it

* **AUC** is of churn (no purchase in the window), **Gini** of the order by value, normalised: 1 is the right order.
  **Cal. error** and **deciles** are 0 for right sizes (an interval of the former lies somewhat high, for noise adds
  to it); **total** is predicted over actual value, minus 1. Where each shop is alone, a row mixes six models' scores.
* **Everybody sees the same**: days and sums before the cut. The heads get no goods and no texts, which they have in
  the product. Alone and federated, a shop takes the same number of steps, 25 of 64 samples a round, at most 40
  rounds. Alone it takes them in the same pieces, Adam beginning anew in each, where the product's local model is trained
  in one with a falling rate; and the server's rate and tau, which were chosen, serve the federated arm only. So
  *federated − alone* may be partly this.
* **What the heads predict** is 92 days (13 weeks are 91), where an interval of the hazard ends; the next ends at 183
  days, and the calibration period would have room for such labels only at cuts when CDNOW's customers were new. They
  and the line learn from six cuts inside that period; labels end before the test's cut. For CDNOW's 39 weeks they
  give an order only, set against BG/NBD asked for 39 weeks; sizes are compared over 13 weeks, with BG/NBD asked for
  13. BG/NBD needs no labels and no calibration.
* **Validation** is a fifth of the customers at the same six cuts. It chose the plan (11 trials on seed 1,
  [figures/churn_and_value_trials.txt](figures/churn_and_value_trials.txt)), the round that is kept, and calibrates
  shop by shop as `bauta-client score` does. The product cuts validation by time instead; here that would leave cuts
  at which all CDNOW customers are new. The rule for the round (least log loss of the churn head) replaced the
  product's of that time (best AUC of the buying head) after a short run whose held-out figures had been seen: small shops had kept
  rounds in which the churn head was still untrained. The line came after a first full run. Here the heads
  are those of the round that is kept, with its private parts; the product fine-tunes them since.
* **Calibrated on the past**: at inner cuts, where CDNOW's customers are younger and the gift shop's autumn is yet to
  come. No arm is told.
* **The line** (ridge logistic regression on four numbers; value = probability × mean amount × one factor) is a
  control; with pooled labels it is no federated method. Where it does as well as the heads, the gain over BG/NBD is
  that of learning from labels, not of the network.
* **P(alive)** is 1 for every customer without a repeat purchase, by BG/NBD's own formula: a poor order, shown because
  it is often used.
* The shops are staged: cut from one company, so sharing is as easy here as it can be. Rounds are without masks and
  quantisation.
"""
ARMS = ["summed", "summed, two lanes", "summed, one lane"]


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value, form=".3f"):
    text = format(value, form).replace("-", "−")
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def mean(values):
    return sum(values) / len(values)


def bounds(intervals, form):
    """The mean of the seeds' lower ends and that of the upper ones."""
    low, high = (mean(ends) for ends in zip(*intervals))
    return f"[{number(low, form)}, {number(high, form)}]"


class Runs:
    """All seeds of one set of data."""

    def __init__(self, report, data):
        self.runs = [run for run in report["runs"] if run["data"] == data]

    def scores(self, row):
        return [run["all_shops"][row] for run in self.runs]

    def mean(self, row, metric):
        values = [one.get(metric) for one in self.scores(row)]
        return None if None in values else mean(values)

    def cell(self, row, metric, form=".3f"):
        value = self.mean(row, metric)
        if value is None:
            return "–"
        intervals = [one.get(metric + "_interval") for one in self.scores(row)]
        return number(value, form) + ("" if None in intervals else " " + bounds(intervals, form))

    def intervals(self, row, reference, metric):
        found = [one.get("minus", {}).get(reference, {}).get(metric) for one in self.scores(row)]
        return [] if None in found else found

    def log_loss(self, row):
        """With how many seeds' differences to BG/NBD are clear of 0."""
        clear = self.clear(row, "bg_nbd", "log_loss") if self.intervals(row, "bg_nbd", "log_loss") else ""
        return f"{self.cell(row, 'log_loss')} {clear}".strip()

    def verdict(self, row, reference, metric):
        """How many seeds' intervals lie above and below 0."""
        intervals = self.intervals(row, reference, metric)
        return sum(low > 0 for low, _ in intervals), sum(high < 0 for _, high in intervals)

    def clear(self, row, reference, metric):
        above, below = self.verdict(row, reference, metric)
        return "/".join(text for text, count in ((f"{above}+", above), (f"{below}−", below)) if count) or "0"

    def gap(self, row, reference, metric):
        return number(self.mean(row, metric) - self.mean(reference, metric), "+.3f")

    def difference(self, row, reference, metric):
        intervals = self.intervals(row, reference, metric)
        if not intervals:
            return "–"
        gap, clear = self.gap(row, reference, metric), self.clear(row, reference, metric)
        return f"{gap} {bounds(intervals, '+.3f')} {clear}"

    def surely(self, row, reference, metric):
        """In words, with the mean difference."""
        above, below = self.verdict(row, reference, metric)
        word = {above: "higher", below: "lower"}.get(len(self.runs), "open")
        return f"{word} ({self.gap(row, reference, metric)})"


def fit_table(report):
    rows, worst = [], 0.0
    for data in dict.fromkeys(run["data"] for run in report["runs"] if not run["data"].endswith("_13_weeks")):
        for model, name in (("bg_nbd", "BG/NBD"), ("gamma_gamma", "Gamma-Gamma")):
            cells = []
            for arm in ARMS:
                fits = [fit for run in Runs(report, data).runs for fit in run["fits"][model] if fit["arm"] == arm]
                apart = max(fit["largest_relative_difference_to_pooled"] for fit in fits)
                if arm != "summed, one lane":
                    worst = max(worst, apart)
                cells.append(f"{apart:.0e}" + ("" if all(fit["converged"] for fit in fits) else ", not converged"))
            rows.append([DATA[data].split(",")[0], name, *cells])
    return table(["data", "model", "sums as they are", "as integers, two lanes", "as integers, one lane"], rows), worst


def scores_table(runs):
    rows = []
    for row, name in ROWS.items():
        rows.append([name, runs.cell(row, "auc"), runs.difference(row, "bg_nbd", "auc"), runs.log_loss(row),
                     runs.cell(row, "calibration_error"), runs.cell(row, "gini"),
                     runs.difference(row, "bg_nbd", "gini"), runs.cell(row, "value_total_error", "+.2f"),
                     runs.cell(row, "value_relative_error", ".2f")])
    return table(["", "AUC, churn", "minus BG/NBD", "log loss", "cal. error", "Gini, value", "minus BG/NBD", "total",
                  "deciles"], rows)


def versus_table(report, names):
    rows = []
    for row, reference, label in (
            ("heads", "expected_purchases", "heads, federated − expected purchases"),
            ("heads", "line", "heads, federated − line"),
            ("heads_alone", "expected_purchases", "heads, alone − expected purchases"),
            ("heads_alone", "line", "heads, alone − line"), ("heads", "heads_alone", "heads, federated − alone")):
        cells = [label]
        for data in names:
            runs = Runs(report, data)
            cells += [runs.difference(row, reference, "auc"), runs.difference(row, reference, "gini")]
        rows.append(cells)
    header = [""]
    for data in names:
        header += [f"{DATA[data].split(' held')[0]}: AUC", "Gini"]
    return table(header, rows)


def shop_table(report, names):
    rows = []
    for data in names:
        runs = Runs(report, data).runs
        for shop in range(len(runs[0]["shops"]["heads"])):
            row = [DATA[data].split(",")[0], f"{mean([run['shops']['heads'][shop]['customers'] for run in runs]):,.0f}"]
            for metric in ("auc", "log_loss", "gini"):
                for scorer in ("bg_nbd", "heads"):
                    shops = [run["shops"][scorer][shop] for run in runs]
                    pair = [mean([one[arm][metric] for one in shops]) for arm in ("alone", "shared")]
                    row.append(" → ".join(number(value) for value in pair))
            rows.append(row)
    return table(["data", "customers", "AUC, BG/NBD", "AUC, heads", "log loss, BG/NBD", "log loss, heads",
                  "Gini, BG/NBD", "Gini, heads"], rows)


def decile_table(report, names):
    rows = []
    for data in names:
        for scorer in ("bg_nbd", "heads"):
            bins = Runs(report, data).scores(scorer)[0]["value_deciles"]
            rows.append([DATA[data].split(",")[0], ROWS[scorer].strip("*").split(",")[0]] +
                        [f"{one['mean_predicted']:.0f}/{one['mean_actual']:.0f}" for one in bins])
    return table(["data", "model"] + [str(i) for i in range(1, 11)], rows)


def findings(report, names):
    references = {"bg_nbd": "BG/NBD's log odds", "expected_purchases": "its expected purchases", "line": "the line"}
    rows = []
    for data in names:
        runs = Runs(report, data)
        rows.append([DATA[data]] + [f"AUC {runs.surely('heads', reference, 'auc')}, "
                                    f"Gini {runs.surely('heads', reference, 'gini')}" for reference in references])
    return table(["federated heads against"] + list(references.values()), rows)


def customers(report, data):
    return sum(shop["customers"] for shop in Runs(report, data).runs[0]["shops"]["bg_nbd"])


def page(report):
    names = [data for data in DATA if Runs(report, data).runs]
    near = [data for data in names if not data.endswith("39_weeks")]
    fits, worst = fit_table(report)
    seeds = ", ".join(map(str, report["seeds"]))
    tables = "\n\n".join(f"**{DATA[data]}** ({customers(report, data):,} customers)\n\n"
                         f"{scores_table(Runs(report, data))}" for data in names)
    return f"""# Churn and customer value

This page is written by a committed command and not by hand; the figures are in
[figures/churn_and_value.json](figures/churn_and_value.json).

```sh
cmake --preset release && cmake --build build/release --target repeat_purchase
build/release/tests/bench/experiments/repeat_purchase --data DIR --out docs/figures/churn_and_value.json
python3 tests/bench/experiments/churn_and_value.py
```

DIR holds CDNOW and the gift shop; both are cut into six **staged** shops (half of the customers down to a fiftieth;
which customer goes where is a hash of the seed). Seeds {seeds}. Cells: mean over the seeds, [mean of the seeds' 95 %
intervals, bootstrap over customers]. Behind a difference (paired bootstrap), and behind a log loss for its difference
to BG/NBD's, stands how many seeds' intervals lie wholly above (+) or below (−) 0.

**In short.** BG/NBD and Gamma-Gamma fitted from sums are those fitted on pooled data, to {worst:.1e}.
The neural heads are higher or lower than the others where every seed's interval says so, else it is open (mean
difference):

{findings(report, names)}

## Fitted from sums = fitted on pooled data

Largest relative difference of any parameter to the fit on all customers in one place, worst of the seeds:

{fits}

Sums as they are and in two lanes: at most {worst:.1e}, {"below" if worst <= CLOSE else "NOT below"} {CLOSE:.0e}.
One lane is too coarse where the likelihood is nearly flat; that is why a sum takes two.

## Who stops buying, and who is worth how much

{tables}

{versus_table(report, names)}

Shop by shop, the largest first, alone → summed or federated, 13 weeks (mean over the seeds):

{shop_table(report, near)}

Mean predicted/actual value by decile of the prediction, seed {report["seeds"][0]}, summed and federated, 13 weeks:

{decile_table(report, near)}

{READ}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", type=pathlib.Path, default=ROOT / "docs/figures/churn_and_value.json")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs/churn_and_value.md")
    options = parser.parse_args()
    report = json.loads(options.figures.read_text(encoding="utf-8"))
    options.out.write_text(page(report), encoding="utf-8")
    return 0 if fit_table(report)[1] <= CLOSE else 1


if __name__ == "__main__":
    sys.exit(main())
