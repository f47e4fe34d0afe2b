"""What the next-event loss is worth where labels are few (tests/bench/experiments/few_labels)."""
from dataclasses import dataclass

from . import Text, plots
from .estimate import BETTER, WORSE, Estimate, estimate
from .figures import read_figures, refuse_short_run, seeds_of
from .tables import number, seeds_text, shell, table, with_intervals

TITLE = "Few labels: what the next-event loss is worth"
NEEDS = "few_labels.json"
DEFAULT_SEEDS = [1, 2, 3, 4, 5]
PROGRAM = "build/release/tests/bench/experiments/few_labels --data $DIR"
BUILD = "cmake --build build/release --target few_labels"
COMMAND = shell(BUILD, f"{PROGRAM} --out $FIGURES/{NEEDS}")


@dataclass(frozen=True)
class Point:
    labels: int
    with_loss: Estimate
    without: Estimate
    difference: Estimate

    def seeds(self):
        return len(self.difference.values)


@dataclass(frozen=True)
class Data:
    service: str
    seeds: list
    points: list


def _point(labels, nodes):
    return Point(labels, *(estimate([node[key] for node in nodes]) for key in ("with", "without", "difference")))


def read(folder):
    figures = read_figures(folder / NEEDS)
    refuse_short_run(figures)
    runs = figures["runs"]
    of_labels = {}  # a seed whose draw has labels of one class only has no point there
    for run in runs.each():
        for point in run["points"].each():
            of_labels.setdefault(int(point["labels"].number()), []).append(point)
    return Data(figures["service"].text(), seeds_of(runs),
                [_point(labels, of_labels[labels]) for labels in sorted(of_labels)])


def _panel(data):
    def draw(axes):
        for name, key, colour in (("with next-event loss", "with_loss", "blue"), ("without", "without", "grey")):
            plots.curve(axes, [point.labels for point in data.points], [getattr(point, key) for point in data.points],
                        plots.COLOURS[colour], name)
    return draw


def draw(data):
    return {"few_labels.svg": lambda: plots.curve_panels({data.service: _panel(data)}, "labels", "AUC")}


def _labels(point, seeds):
    return f"{point.labels:,}" + (f" ({point.seeds()} of {seeds} seeds)" if point.seeds() < seeds else "")


def text(data, image):
    kinds = [point.difference.kind() for point in data.points]
    headline = (f"the next-event loss helps at {kinds.count(BETTER)} of {len(kinds)} sizes of the label set, harms at "
                f"{kinds.count(WORSE)} (every seed's interval leaves out 0)")
    rows = [[_labels(point, len(data.seeds)), number(point.with_loss.mean()), number(point.without.mean()),
             with_intervals(point.difference, "+"), point.difference.verdict()] for point in data.points]
    header = ["labels", "AUC with the next-event loss", "AUC without", "with − without, and its interval in every seed",
              "verdict"]
    command = COMMAND if data.seeds == DEFAULT_SEEDS else \
        shell(BUILD, f"{PROGRAM} --seeds {','.join(map(str, data.seeds))} --out $FIGURES/{NEEDS}")
    return Text(headline, f"""{command}

{data.service}, conversion labels only on each person's last offer, {seeds_text(data.seeds)}; AUC on later, held-out
samples, mean over the seeds. The model reads the whole history either way; with the next-event loss it also learns from
what happened next in it, which needs no label. The best step is chosen on all validation samples in both arms. The
verdict is on the difference and holds in every seed.

{table(header, rows)}

{image("few_labels.svg", "AUC over the number of labels, with and without the next-event loss")}""".rstrip())
