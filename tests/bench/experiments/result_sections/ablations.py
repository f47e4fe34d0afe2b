"""What each part of the model and of the rounds is worth (tests/bench/experiments/ablations.cpp)."""
from dataclasses import dataclass

from . import Text, plots
from .estimate import BETTER, WORSE, Estimate, estimate
from .figures import read_figures, refuse_short_run, seeds_of
from .tables import difference, joined, number, seeds_text, shell, table, with_intervals

TITLE = "What each part is worth"
NEEDS = "ablations.json"
DEFAULT_SEEDS = [1, 2, 3]
PROGRAM = "build/release/tests/bench/experiments/ablations --data $DIR"
BUILD = "cmake --build build/release --target ablations"
COMMAND = shell(BUILD, f"{PROGRAM} --out $FIGURES/{NEEDS}")

WHOLE, FEDAVG = "whole", "fedavg"
WORDS = {
    WHOLE: "as the plan says",
    "pooling": "a plain mean instead of DIN's attention",
    "softmax": "softmax instead of sigmoid attention",
    "plain_gru": "GRU instead of AUGRU",
    "no_next_event": "without the next-event losses",
    FEDAVG: "FedAvg's server instead of FedAdam's",
    "no_residuals": "without item residuals",
    "no_private_parts": "without any private part",
}
MODELS = ("shared", "personalised")


@dataclass(frozen=True)
class OfModel:
    all: Estimate
    all_minus_whole: Estimate
    rare: Estimate
    rare_minus_whole: Estimate


@dataclass(frozen=True)
class Variant:
    name: str
    services: dict  # name -> {model: OfModel}
    moves: list     # (least touches, rows, way of a coordinate in the mean of the seeds)

    def words(self):
        return WORDS.get(self.name, self.name)


@dataclass(frozen=True)
class Data:
    seeds: list
    variants: list

    def services(self):
        return list(self.variants[0].services)

    def parts(self):
        return self.variants[1:]

    def named(self, name):
        return next((variant for variant in self.variants if variant.name == name), None)


def _of_model(nodes):
    return OfModel(*(estimate([node[key] for node in nodes])
                     for key in ("all", "all_minus_whole", "rare", "rare_minus_whole")))


def _moves(nodes):
    bins = [node["rows"].each() for node in nodes]
    found = []
    for of_seeds in zip(*bins):
        known = [one["moved"].number() for one in of_seeds if one["moved"].optional() is not None]
        if known:
            found.append((int(of_seeds[0]["touched_at_least"].number()), int(of_seeds[0]["rows"].number()),
                          sum(known) / len(known)))
    return found


def _variant(nodes):
    services = [node["services"].each() for node in nodes]
    return Variant(nodes[0]["name"].text(),
                   {of_seeds[0]["name"].text(): {model: _of_model([one[model] for one in of_seeds])
                                                 for model in MODELS}
                    for of_seeds in zip(*services)}, _moves(nodes))


def read(folder):
    figures = read_figures(folder / NEEDS)
    refuse_short_run(figures)
    runs = figures["runs"]
    variants = [_variant(nodes) for nodes in zip(*(run["variants"].each() for run in runs.each()))]
    if variants[0].name != WHOLE:
        runs.fail(f"do not begin with {WHOLE}")
    return Data(seeds_of(runs), variants)


def draw(data):
    def plot():
        series = {f"{service}, {model}": [part.services[service][model].all_minus_whole for part in data.parts()]
                  for service in data.services() for model in MODELS}
        colours = dict(zip(series, (plots.COLOURS[name] for name in ("sky", "blue", "orange", "red", "pink", "grey"))))
        return plots.dot_plot([part.words() for part in data.parts()], series, colours,
                              "AUC minus that of the model as the plan says")
    return {"ablations.svg": plot}


def _rows(data, service):
    rows = []
    for variant in data.variants:
        row = [variant.words()]
        for model in MODELS:
            found = variant.services[service][model]
            row += [number(found.all.mean()),
                    "" if variant.name == WHOLE else with_intervals(found.all_minus_whole, "+")]
        rows.append(row)
    return rows


def _tables(data):
    header = ["", "AUC, shared", "minus the whole, and its interval in every seed", "AUC, personalised",
              "minus the whole, and its interval in every seed"]
    return "\n\n".join(f"{service}:\n\n{table(header, _rows(data, service))}" for service in data.services())


def verdicts(data):
    """What holds in every seed: (words, service, model, whether it is better without the part)."""
    return [(part.words(), service, model, found.all_minus_whole.kind() == BETTER)
            for part in data.parts() for service, models in part.services.items()
            for model, found in models.items() if found.all_minus_whole.kind() in (BETTER, WORSE)]


def _verdict_lines(data):
    found = verdicts(data)
    if not found:
        return "* No difference leaves out chance in every seed."
    return "\n".join(f"* {words[0].upper() + words[1:]}: {'**better**' if better else 'worse'} in every seed for the "
                     f"{model} model of {service}." for words, service, model, better in found)


def _headline(data):
    needed, harmful = [], []
    for part in data.parts():
        kinds = {models["personalised"].all_minus_whole.kind() for models in part.services.values()}
        if WORSE in kinds:
            needed.append(part.words())
        if BETTER in kinds:
            harmful.append(part.words())
    return (f"of {len(data.parts())} changes to the model and the rounds, these make what a service fine-tunes worse in "
            f"every seed on one of {len(data.services())} services: {joined(needed) or 'none'}; better: "
            f"{joined(harmful) or 'none'}")


def _way(way, often):
    return f"{number(way, digits=5)} ({number(100 * way / often, digits=0)} %)"


def _bins(moves):
    """In words, how often the rows of each bin are touched."""
    ends = [f" to {least - 1:,}" for least, _, _ in moves[1:]] + [" or more"]
    return [f"{least:,}{end} events" for (least, _, _), end in zip(moves, ends)]


def _rare(data):
    whole, fedavg = data.named(WHOLE), data.named(FEDAVG)
    if fedavg is None:
        return ""
    rows = [[service, model, number(whole.services[service][model].rare.mean()),
             number(fedavg.services[service][model].rare.mean()),
             with_intervals(fedavg.services[service][model].rare_minus_whole, "+"),
             fedavg.services[service][model].rare_minus_whole.verdict()]
            for service in data.services() for model in MODELS]
    aucs = table(["service", "model", "FedAdam", "FedAvg", "FedAvg − FedAdam, and its interval in every seed", "verdict"],
                 rows)
    ways = table(["touched by", "rows", "way under FedAdam", "way under FedAvg"],
                 [[events, f"{count:,}", _way(way, whole.moves[-1][2]), _way(other, fedavg.moves[-1][2])]
                  for events, (_, count, way), (_, _, other) in zip(_bins(whole.moves), whole.moves, fedavg.moves)])
    return f"""### Rarely touched rows

FedAdam is said to serve parameters better that few updates touch (Reddi et al. 2021). On the quarter of each service's
test samples whose histories' rows of the token table the events before the cut touch least often (a history without any
item counts as the rarest), AUC in the mean of the seeds:

{aucs}

How far these rows go: root mean square of a coordinate's way from its initial value to the last shared model, in the
mean of the seeds, and in percent of the way of the most touched rows (how often each is touched: {seeds_text(data.seeds[:1])}).

{ways}"""


def _command(data):
    if data.seeds == DEFAULT_SEEDS:
        return COMMAND
    return shell(BUILD, f"{PROGRAM} --seeds {','.join(map(str, data.seeds))} --out $FIGURES/{NEEDS}")


def text(data, image):
    worst = min((found.all_minus_whole.mean() for part in data.parts() for models in part.services.values()
                 for found in models.values()), default=None)
    return Text(_headline(data), f"""{_command(data)}

{joined(data.services())} train together, one asking about an offer, the other about the next weeks, once as the plan says
and once with each part taken away or replaced; {seeds_text(data.seeds)}, without masks. AUC on later, held-out samples, mean
over the seeds. The plan was tuned for the whole (on validation samples of the nine services, docs/adr/0015), which favours it; of
the variants only FedAvg had a choice of its own, a rate that falls or not, on the same samples.

{_tables(data)}

{image("ablations.svg", "AUC of every variant minus that of the whole, for each service and model")}
{_verdict_lines(data)}
* The greatest loss of any part is {difference(worst)} in the mean of the seeds.

{_rare(data)}""".rstrip())
