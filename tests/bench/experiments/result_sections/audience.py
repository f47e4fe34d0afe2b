"""Who will do what a sentence about a held-out category asks for (tests/bench/experiments/audience.cpp)."""
from dataclasses import dataclass

from . import Text, plots
from .estimate import bounded_estimate
from .figures import read_figures, refuse_short_run
from .service import tally
from .tables import seeds_text, shell, table, with_intervals

TITLE = "Audiences from a sentence"
NEEDS = "audience.json"
PROGRAM = "build/release/tests/bench/experiments/audience --data $DIR"
BUILD = "cmake --build build/release --target audience"
COMMAND = shell(BUILD, f"{PROGRAM} --out $FIGURES/{NEEDS}")
DEFAULT_SEEDS = [1]
OURS = "bauta"
REFERENCES = ("rfm_matching", "lookalike", "lookalike_6", "bauta_history")
MEASURES = {"auc": "AUC", "lift_1": "lift at 1 %", "lift_10": "lift at 10 %"}


@dataclass(frozen=True)
class Service:
    name: str
    questions: int
    horizon_days: int
    seeds: list
    scorers: dict       # scorer -> measure -> Estimate
    canary: dict        # scorer -> Estimate of its AUC on exchanged futures
    differences: dict   # reference -> measure -> Estimate of ours minus the reference
    promises_held: int  # how many of `promises` intervals of the expected precision hold the truth
    promises: int


def _service(figures):
    runs = figures["runs"].each()
    names = runs[0]["scorers"].keys()
    if OURS not in names:
        runs[0]["scorers"][OURS].fail("is missing")
    of = [run["scorers"] for run in runs]
    promised = [run["expected_precision"] for run in runs]
    return Service(
        figures["service"].text(), len(figures["questions"].each()), int(figures["horizon_days"].number()),
        [int(run["seed"].number()) for run in runs],
        {name: {key: bounded_estimate([one[name][key] for one in of]) for key in MEASURES} for name in names},
        {name: bounded_estimate([run["canary"][name] for run in runs]) for name in names if
         all(run["canary"].has(name) for run in runs)},
        {name: {key: bounded_estimate([one[OURS][f"{key}_minus_{name}"] for one in of]) for key in MEASURES
                if all(one[OURS].has(f"{key}_minus_{name}") for one in of)} for name in REFERENCES},
        sum(int(one["held"].number()) for one in promised),
        sum(len(one["questions"].each()) if one["questions"].value else 0 for one in promised))


def read(folder):
    figures = read_figures(folder / NEEDS)
    refuse_short_run(figures)
    services = [_service(one) for one in figures["services"].each() if one["runs"].value != []]
    if not services:
        figures["services"].fail("has no service with a sentence")
    return services


def draw(services):
    panels = {service.name: (list(service.scorers), [measured["auc"] for measured in service.scorers.values()])
              for service in services}
    return {"audience.svg": lambda: plots.dot_panels(panels, "AUC, mean over the sentences")}


def _scorer_table(services):
    header = ["service, sentences, days", "scorer", *MEASURES.values(), "canary AUC"]
    rows = []
    for service in services:
        for i, (name, measured) in enumerate(service.scorers.items()):
            rows.append([f"{service.name}, {service.questions}, {service.horizon_days}" if i == 0 else "",
                         f"**{name}**" if name == OURS else name] +
                        [with_intervals(measured[key], digits=3 if key == "auc" else 1) for key in MEASURES] +
                        [with_intervals(service.canary[name]) if name in service.canary else "–"])
    return table(header, rows)


def _difference_table(services):
    header = ["service", "minus", *MEASURES.values()]
    rows = []
    for service in services:
        for i, (name, measured) in enumerate(service.differences.items()):
            rows.append([service.name if i == 0 else "", name] +
                        [with_intervals(measured[key], "+", 3 if key == "auc" else 1) if key in measured else "–"
                         for key in MEASURES])
    return table(header, rows)


def _kinds(services, name):
    return [service.differences[name]["auc"].kind() for service in services if "auc" in service.differences[name]]


def _headline(services):
    against = [f"against {name} {tally(_kinds(services, name))}" for name in REFERENCES]
    return "AUC of bauta's audiences: " + "; ".join(against)


def _weak_spots(services):
    """Where the canary's limits leave out 0.5."""
    off = [f"{name} on {service.name} ({with_intervals(canary)})" for service in services
           for name, canary in service.canary.items() if canary.above(0.5) or canary.below(0.5)]
    if not off:
        return "The canary's 95 % limits hold 0.5 for every scorer."
    count = sum(len(service.canary) for service in services)
    return (f"The canary's 95 % limits leave out 0.5 for {len(off)} of {count} (one in twenty would by chance): "
            f"{', '.join(off)}.")


def text(services, image):
    seeds = services[0].seeds
    command = COMMAND if seeds == DEFAULT_SEEDS else \
        shell(BUILD, f"{PROGRAM} --seeds {','.join(map(str, seeds))} --out $FIGURES/{NEEDS}")
    held, promised = sum(one.promises_held for one in services), sum(one.promises for one in services)
    return Text(_headline(services), f"""{command}

"Who will buy baby food within four weeks?", asked about categories and words that no model saw as a demand while it
was trained. Every scorer orders the persons by what happened before the cut; means over a service's sentences, [95 %,
bootstrap over persons], {seeds_text(seeds)}. Lift is the share of positives among the first 1 % or 10 %, over that
among all.

{_scorer_table(services)}

{image("audience.svg", "AUC of every scorer with its interval, one panel a service")}
* **bauta**: the product's ranker on a model of this service alone. **bauta_history**: the same ranker without the model,
  so what it lacks is what the model adds. **activity**: number of events. **rfm_all**,
  **rfm_matching**: ranks of recency, frequency and amount, of all events or of those demanded. **tfidf**: words in
  common with the history. **lookalike**: logistic regression on all of these, on the labels of one horizon before the
  cut; **lookalike_6** on six such cuts.
* **Canary**: persons have exchanged their futures, so that a scorer that only reads the past is at 0.5 in the mean.
  {_weak_spots(services)}
* Of what past weeks promise for the best tenth, the 95 % interval held the truth for {held} of {promised}
  sentences{' and seeds' if len(seeds) > 1 else ''}.

bauta minus the strongest baselines and minus itself without the model (paired, the same persons drawn for both):

{_difference_table(services)}""")
