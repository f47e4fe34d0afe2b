"""Masked runs of the product: nine real services and six made ones (tests/bench/experiments/nine_services.py)."""
from dataclasses import dataclass

from . import Text, plots
from .estimate import BETTER, FEWEST_OF_A_CLASS, OPEN, UNJUDGED, WORSE, estimate
from .figures import read_figures, seeds_of, services_over_seeds
from .service import Service, headline, judged_of, mean_gain
from .tables import difference, each_or_all, number, shell, table, with_intervals

TITLE = "Nine real services, by the product itself"
NEEDS = "nine_services.json"
COMMAND = shell("cmake --build build/release --target bauta-simulate",
                "python3 tests/bench/experiments/nine_services.py --data $DIR --out $FIGURES/nine_services.json")
DEFAULT_SEEDS = [1, 2, 3]
DEFAULT_ROUNDS = 40
SHOWN = ("shared", "personalised", "served")


@dataclass(frozen=True)
class Campaign:
    services: list
    plans: list
    models: list
    bytes_per_client_round: float


@dataclass(frozen=True)
class Data:
    rounds: int
    seeds: list
    nine: Campaign
    made: Campaign
    oracle: dict
    made_data_seed: int


def _service(name, reports):
    def of(arm):
        key = "difference" if arm == "served" else "difference_" + arm
        return estimate(reports, key, key + "_interval")
    return Service(name, int(reports[0]["test_samples"].number()), int(reports[0]["test_positives"].number()),
                   {arm: estimate(reports, "auc_" + arm, f"auc_{arm}_interval") for arm in ("local", *SHOWN)},
                   {arm: of(arm) for arm in SHOWN}, [report["served"]["model"].text() for report in reports])


def _campaign(figures):
    runs = figures["runs"]
    return Campaign([_service(name, reports) for name, reports in services_over_seeds(runs).items()],
                    [run["plan_sha256"].text() for run in runs.each()],
                    [run["model_hash"].text() for run in runs.each()],
                    runs.each()[0]["bytes_per_client_round"].number())


def read(folder):
    figures = read_figures(folder / NEEDS)
    made = _campaign(figures["made"])
    oracle = figures["made"]["oracle_auc"]
    return Data(int(figures["rounds"].number()), seeds_of(figures["nine"]["runs"]), _campaign(figures["nine"]), made,
                {service.name: oracle[service.name].optional() for service in made.services},
                int(figures["made"]["data_seed"].number()))


def _plot(campaign):
    judged = judged_of(campaign.services)
    series = {arm: [service.differences[arm] for service in judged] for arm in SHOWN}
    return plots.dot_plot([service.name for service in judged], series, {arm: plots.arm_colour(arm) for arm in SHOWN},
                          "AUC minus that of the service's own model")


def draw(data):
    return {"nine_services.svg": lambda: _plot(data.nine), "made_services.svg": lambda: _plot(data.made)}


def _table(campaign, oracle=None):
    header = ["service", "positive / all test samples", "AUC alone", "shared", "personalised", "served",
              "what is served", "served − alone, and its interval in every seed", "verdict"]
    if oracle:
        header.insert(6, "the oracle")
    rows = []
    for service in campaign.services:
        row = [service.name, f"{service.positives:,} / {service.samples:,}"]
        row += [number(service.aucs[arm].mean()) for arm in ("local", *SHOWN)]
        row += [number(oracle[service.name])] if oracle else []
        rows.append(row + [each_or_all(service.models), with_intervals(service.differences["served"], "+"),
                           service.verdict()])
    return table(header, rows)


def _listed(services):
    return ", ".join(f"{service.name} ({difference(service.gain())})" for service in services)


def _findings(campaign):
    of_kind = {kind: [service for service in campaign.services if service.kind() == kind]
               for kind in (BETTER, WORSE, OPEN, UNJUDGED)}
    judged = len(campaign.services) - len(of_kind[UNJUDGED])
    lines = []
    if of_kind[BETTER]:
        lines.append("* **Better**, in every seed beyond what its interval leaves to chance, "
                     f"{len(of_kind[BETTER])} of {judged}: {_listed(of_kind[BETTER])}.")
    else:
        lines.append("* **No service is better** in every seed beyond what its interval leaves to chance.")
    if of_kind[WORSE]:
        lines.append(f"* **Worse**, as surely, {len(of_kind[WORSE])} of {judged}: {_listed(of_kind[WORSE])}. "
                     "There validation samples chose wrongly.")
    if of_kind[OPEN]:
        lines.append(f"* **Neither**: chance is not left out in every seed, {len(of_kind[OPEN])} of {judged}: "
                     f"{_listed(of_kind[OPEN])}.")
    if of_kind[UNJUDGED]:
        lines.append("* **Cannot be judged**: " + ", ".join(
            f"{service.name} has {service.positives} positive test samples of {service.samples:,}"
            for service in of_kind[UNJUDGED]) + "; its figures stand in the table for completeness only.")
    own = [(service, service.models.count("local")) for service in campaign.services if "local" in service.models]
    if own:
        lines.append("* **Its own model is served**, so that the difference is 0: " + ", ".join(
            f"{service.name} in {count} of {len(service.models)} seeds" for service, count in own) + ".")
    weak = [service for service in campaign.services if service.judged() and service.aucs["served"].mean() < 0.6]
    if weak:
        lines.append("* **Weak in both arms** (a served AUC under 0.6; guessing has 0.5): " + ", ".join(
            f"{service.name} ({number(service.aucs['served'].mean())})" for service in weak) + ".")
    lines.append(f"* The plain mean of the differences over the {judged} services that can be judged is "
                 f"{difference(mean_gain(campaign.services))}.")
    return "\n".join(lines)


def _command(data):
    if data.seeds == DEFAULT_SEEDS and data.rounds == DEFAULT_ROUNDS:
        return COMMAND
    seeds = ",".join(map(str, data.seeds))
    return COMMAND.replace(" --out", f" --seeds {seeds} --rounds {data.rounds} --out")


def text(data, image):
    runs = table(["seed", "SHA-256 of the plan", "model, nine services", "model, made services"],
                 [[str(seed), f"`{plan}`", f"`{one[:16]}…`", f"`{two[:16]}…`"]
                  for seed, plan, one, two in zip(data.seeds, data.nine.plans, data.nine.models, data.made.models)])
    body = f"""{_command(data)}

{data.rounds} rounds with masks and all, {len(data.seeds)} seeds; AUC on held-out samples, mean over the seeds.
Verdicts are explained below.

{_table(data.nine)}

{image("nine_services.svg", "AUC of shared, personalised and served minus that of alone, for each judged service")}
{_findings(data.nine)}

### How to read it

* **alone** (the local model): what the service trains on its own data only, for rounds × local_steps × 1.5 steps with
  a learning rate that falls linearly to 0; the best step by its *validation* samples. **shared**: the model of the
  last round as it is. **personalised**: the shared model fine-tuned by the service, all parameters, the private ones
  too, for rounds × local_steps / 2 steps; again the best step on validation. Its steps in the rounds and these are as
  many as alone, on the same data.
* **served**: what the service chose on its validation samples among these three and mixes of the local and the
  personalised model's logits. The local model is the incumbent, left only for one that is better there by more than
  one standard error (`client/training/serving_choice.h`). A service with fewer than 1,000 training samples is a
  newcomer: its incumbent is the shared model, left only by more than two standard errors. With fewer than 30 validation
  samples of either class the incumbent stays.
* **Test samples chose nothing.** Held out means later: every label lies after the service's test cut. Rounds,
  steps, rates and τ (`deploy/demo/plan.toml`) were chosen on validation samples, and so were the best steps and what is
  served.
* **Mixes**: where a mix of local and personalised is served, part of its gain is that of any two models, be the other
  one local, too (see the next item's control). **personalised** against alone compares one model with one.
* **Intervals** are 95 %, percentile bootstraps over persons, 1,000 replicates; those of a difference are paired (the
  same persons drawn for both arms). They hold the chance of the test sample, not that of training: for that, compare
  the seeds.
* **A seed** changes the initial parameters, the hash family of the tokens, the order of all batches, and the masks; the
  data and the cuts stay.
* **Verdict**: better or worse only where the interval of the difference leaves out 0 in *every* seed; otherwise the
  table says in how many it does. Under {FEWEST_OF_A_CLASS} samples of a class: no verdict.
* In the plots a dot is the mean over the seeds; its line goes from the lowest to the highest end of the seeds'
  intervals.

### What these figures are not

* **Six of the nine are one retailer's log cut by department** (grocery, drugstore, fresh_food, fuel, coupon_mail,
  store_visits). The people overlap in reality and the company walls between those six are staged; no code here
  ever joins them, but six unrelated companies would have less in common. The README beside the data says more.
* fashion_banner has no person ids in the source: a "person" there is a profile of features.
* Gradient-boosted trees on hand-made features are not compared here.
* No noise is added: this is secure aggregation, not differential privacy ([threat model](threat_model.md)).

### Six made services

The demo's own data (`bauta-simulate make-data --seed {data.made_data_seed}`): six services without a person in
common, whose customers share only how interests work. The **oracle** knows every rate and chance the generator used
and, like the model, only what happened before a sample's cut: nobody can do better on these samples but by luck.

{_table(data.made, data.oracle)}

{image("made_services.svg", "The same for six made services")}
{_findings(data.made)}

### The runs

{runs}

One client sends {data.nine.bytes_per_client_round:,.0f} bytes in a round of nine. The same seed gives the same
model, bit for bit."""
    return Text(headline(data.nine.services), body)
