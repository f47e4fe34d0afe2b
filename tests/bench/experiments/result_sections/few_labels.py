"""What the next-event loss is worth where labels are few (tests/bench/experiments/few_labels)."""
from dataclasses import dataclass

from . import Text, plots
from .estimate import BETTER, WORSE, Estimate, estimate
from .figures import read_figures, seeds_of
from .tables import number, seeds_text, shell, table, with_intervals

TITLE = "Few labels: what the next-event loss is worth"
NEEDS = "few_labels.json"
COMMAND = shell("cmake --build build/release --target few_labels",
                "build/release/tests/bench/experiments/few_labels --data $DIR --out $FIGURES/few_labels.json")


@dataclass(frozen=True)
class Point:
    labels: int
    with_loss: Estimate
    without: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Data:
    service: str
    seeds: list
    points: list


def _point(nodes):
    labels = [int(node["labels"].number()) for node in nodes]
    if len(set(labels)) > 1:
        nodes[-1]["labels"].fail(f"is {labels[-1]}, in the first run {labels[0]}")
    return Point(labels[0], *(estimate([node[key] for node in nodes]) for key in ("with", "without", "difference")))


def read(folder):
    figures = read_figures(folder / NEEDS)
    runs = figures["runs"]
    points = [run["points"].each() for run in runs.each()]
    for run, own in zip(runs.each(), points):
        if len(own) != len(points[0]):
            run["points"].fail("has not as many points as in the first run")
    return Data(figures["service"].text(), seeds_of(runs), [_point(column) for column in zip(*points)])


def _panel(data):
    def draw(axes):
        for name, key, colour in (("with next-event loss", "with_loss", "blue"), ("without", "without", "grey")):
            plots.curve(axes, [point.labels for point in data.points], [getattr(point, key) for point in data.points],
                        plots.COLOURS[colour], name)
    return draw


def draw(data):
    return {"few_labels.svg": lambda: plots.curve_panels({data.service: _panel(data)}, "labels", "AUC")}


def text(data, image):
    kinds = [point.difference.kind() for point in data.points]
    headline = (f"the next-event loss helps at {kinds.count(BETTER)} of {len(kinds)} sizes of the label set, harms at "
                f"{kinds.count(WORSE)} (every seed's interval leaves out 0)")
    rows = [[f"{point.labels:,}", number(point.with_loss.mean()), number(point.without.mean()),
             with_intervals(point.difference, "+"), point.difference.verdict()] for point in data.points]
    header = ["labels", "AUC with the next-event loss", "AUC without", "with − without, and its interval in every seed",
              "verdict"]
    return Text(headline, f"""{COMMAND}

{data.service}, conversion labels only on each person's last offer, {seeds_text(data.seeds)}; AUC on later, held-out
samples, mean over the seeds. The model reads the whole history either way; with the next-event loss it also learns from
what happened next in it, which needs no label. The verdict is on the difference and holds in every seed.

{table(header, rows)}

{image("few_labels.svg", "AUC over the number of labels, with and without the next-event loss")}""".rstrip())
