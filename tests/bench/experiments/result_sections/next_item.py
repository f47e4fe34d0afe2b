"""The short table of docs/next_item.md, which has the whole story."""
from dataclasses import dataclass

from . import Text, plots
from .estimate import Estimate
from .figures import read_figures, refuse_short_run
from .tables import number, seeds_text, shell, table

TITLE = "Next item: five services with a published protocol"
NEEDS = "next_item.json"
COMMAND = shell("cmake --build build/release --target next_item",
                "build/release/tests/bench/experiments/next_item --data $DIR/s3rec --out $FIGURES/next_item.json "
                "--models MODELS --seeds 1,2,3")
# As printed for full ranking by Zhou et al. 2020 (S3-Rec) in the authors' repository; the JSON repeats them.
PUBLISHED = ("GRU4Rec", "SASRec", "S3-Rec")
CONTROL = "two local"
ALONE, SERVED = "alone", "federated"
ROWS = {ALONE: "**alone**", SERVED: "**federated, served**", CONTROL: "*control: mean of two local models*"}
COLOURS = {"GRU4Rec": "sky", "SASRec": "orange", "S3-Rec": "pink", ALONE: "grey", SERVED: "blue", CONTROL: "black"}


@dataclass(frozen=True)
class Service:
    name: str
    published: dict   # method -> (HR@10, NDCG@10)
    hit: dict         # arm -> Estimate
    ndcg: dict
    gain: Estimate    # NDCG@10 of what is served minus that of alone


@dataclass(frozen=True)
class Data:
    seeds: list
    services: list


def _over_persons(figures):
    """The mean of the seeds and one interval for that mean."""
    return Estimate([figures["mean"].number()], [figures["interval"].interval()])


def _service(name, figures):
    return Service(name, {method: figures["published"][method].interval() for method in PUBLISHED},
                   {arm: _over_persons(figures[arm]["hr10"]) for arm in ROWS},
                   {arm: _over_persons(figures[arm]["ndcg10"]) for arm in ROWS},
                   _over_persons(figures["federated minus alone"]["ndcg10"]))


def read(folder):
    figures = read_figures(folder / NEEDS)
    refuse_short_run(figures)
    services = figures["services"]
    return Data([int(seed.number()) for seed in figures["seeds"].each()],
                [_service(name, services[name]) for name in services.keys()])


def _plot(data):
    series = {method: [Estimate([service.published[method][1]], [None]) for service in data.services]
              for method in PUBLISHED}
    for arm in ROWS:
        series[arm] = [service.ndcg[arm] for service in data.services]
    return plots.dot_plot([service.name for service in data.services], series,
                          {name: plots.COLOURS[colour] for name, colour in COLOURS.items()}, "NDCG@10", zero=False)


def draw(data):
    return {"next_item.svg": lambda: _plot(data)}


def _short(value, sign=""):
    """Without the zero before the point, as the published tables have it."""
    return number(value, sign, 4).replace("0.", ".", 1)


def _ends(estimate, sign=""):
    low, high = estimate.intervals[0]
    return f"[{_short(low, sign)}, {_short(high, sign)}]"


def _table(data):
    rows = [[f"{method}, published"] + ["/".join(map(_short, service.published[method])) for service in data.services]
            for method in PUBLISHED]
    for arm, words in ROWS.items():
        rows.append([words] + [f"{_short(service.hit[arm].mean())}/{_short(service.ndcg[arm].mean())}"
                               for service in data.services])
    rows.insert(-1, ["served − alone, NDCG"] + [f"{_short(service.gain.mean(), '+')} {_ends(service.gain, '+')}"
                                               for service in data.services])
    return table(["HR@10/NDCG@10"] + [service.name.replace("_", " ") for service in data.services], rows)


def text(data, image):
    services = data.services
    above = sum(service.ndcg[ALONE].mean() > max(ndcg for _, ndcg in service.published.values())
                for service in services)
    gains = sum(service.gain.above() for service in services)
    control = sum(service.ndcg[CONTROL].mean() >= service.ndcg[SERVED].mean() for service in services)
    meaning = ""
    if 2 * control > len(services):
        meaning = ": the gain of serving is that of any two models, not knowledge of other services"
    headline = (f"alone above the best published row on {above} of {len(services)} services; served above alone, "
                f"beyond what the interval leaves to chance, on {gains}; but the control, a mean of two local models, "
                f"is as good as or better than served on {control}")
    return Text(headline, f"""{COMMAND}

Full ranking over all items of a service, last item test, mean of {seeds_text(data.seeds)}; published rows as printed
by Zhou et al. 2020 (S3-Rec), not trained again by us. MODELS is a folder for the trained models. Protocol, budgets of
tuning and what to make of it: [Next item](next_item.md).

{_table(data)}

{image("next_item.svg", "NDCG@10 of the published methods, alone, served and the control, for each service")}
**The control.** What is served is a mean of a local and a federated model. The mean of two *local* models is as good
as or better than that on {control} of {len(services)} services{meaning}.""")
