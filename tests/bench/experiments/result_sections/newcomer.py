"""What the federation is worth to a newcomer (tests/bench/experiments/newcomer.cpp)."""
import math
from dataclasses import dataclass

from . import Text, plots
from .estimate import Estimate, estimate
from .figures import read_figures, read_if_there, refuse_short_run, seeds_of, services_over_seeds
from .tables import difference, each_or_all, number, seeds_text, shell, table, with_intervals

TITLE = "What the federation is worth to a newcomer"
NEEDS = "newcomer.json"
FAMILY = "newcomer_family.json"
DEFAULT_SEEDS = [1, 2, 3]
DEFAULT_NEWCOMERS = ["city_places", "drugstore", "fresh_food", "fuel", "gift_shop", "grocery", "store_visits"]
PROGRAM = "build/release/tests/bench/experiments/newcomer --data $DIR"
BUILD = "cmake --build build/release --target newcomer"
COMMAND = shell(BUILD, f"{PROGRAM} --out $FIGURES/{NEEDS}")
RETAILER = "coupon_mail,drugstore,fresh_food,fuel,grocery,store_visits"
FAMILY_COMMAND = f"{PROGRAM} --family {RETAILER} --out $FIGURES/{FAMILY}"
CLOSE = 0.01


@dataclass(frozen=True)
class Point:
    labels: int        # training and validation labels together
    given: int         # how many were asked for; None where it is all of them
    local: Estimate
    personalised: Estimate
    served: Estimate
    served_minus_no_label: Estimate
    models: list

    def name(self):
        return f"all {self.labels:,}" if self.given is None else f"{self.given:,}"


@dataclass(frozen=True)
class Service:
    name: str
    no_label: Estimate
    full_local: Estimate
    no_label_minus_full_local: Estimate
    points: list

    def is_close(self):
        return self.no_label_minus_full_local.mean() >= -CLOSE

    def labels_to_parity(self):
        """How many labels training alone needs for the AUC of the no-label model, linear in log(labels) between points:
        ("at most" or "about", labels), or None where all are not enough."""
        goal, before = self.no_label.mean(), None
        for point in self.points:
            now = point.local.mean()
            if now >= goal:
                if before is None:
                    return "at most", point.labels
                part = (goal - before.local.mean()) / (now - before.local.mean())
                return "about", math.exp(math.log(before.labels) + part * math.log(point.labels / before.labels))
            before = point
        return None


@dataclass(frozen=True)
class Measured:
    seeds: list
    family: list
    services: list


@dataclass(frozen=True)
class Data:
    alone: Measured
    family: Measured  # None where it is not measured


def _point(nodes, is_last):
    training, validation = int(nodes[0]["training_labels"].number()), int(nodes[0]["validation_labels"].number())
    return Point(training + validation, None if is_last else round(training * 5 / 4),  # a fifth is for validation
                 *(estimate([node[key] for node in nodes])
                   for key in ("local", "personalised", "served", "served_minus_no_label")),
                 [node["choice"]["model"].text() for node in nodes])


def _service(name, nodes):
    points = [node["points"].each() for node in nodes]
    for node, own in zip(nodes, points):
        if len(own) != len(points[0]):
            node["points"].fail("has not as many points as in the first run")
    estimates = {key: estimate([node[key] for node in nodes])
                 for key in ("no_label", "full_local", "no_label_minus_full_local")}
    for key, one in estimates.items():
        if one.mean() is None:
            nodes[0][key].fail("has no AUC in any seed")
    return Service(name, **estimates, points=[_point(column, i + 1 == len(points[0]))
                                              for i, column in enumerate(zip(*points))])


def _measured(figures, with_family):
    refuse_short_run(figures)
    family = figures["family"].texts()
    if bool(family) != with_family:
        figures["family"].fail("must name a family in this file" if with_family else "must be empty in this file")
    return Measured(seeds_of(figures["runs"]), family,
                    [_service(name, nodes) for name, nodes in services_over_seeds(figures["runs"]).items()])


def read(folder):
    family = read_if_there(folder / FAMILY)
    return Data(_measured(read_figures(folder / NEEDS), False), family and _measured(family, True))


def _panel(service):
    def draw(axes):
        labels = [point.labels for point in service.points]
        low, high = service.no_label.envelope()
        axes.axhspan(low, high, color=plots.COLOURS["red"], alpha=0.1, linewidth=0)
        axes.axhline(service.no_label.mean(), color=plots.COLOURS["red"], linestyle="--", linewidth=1.2,
                     label="no label")
        for arm in ("local", "served"):
            plots.curve(axes, labels, [getattr(point, arm) for point in service.points], plots.arm_colour(arm), arm)
    return draw


def _plot(measured):
    panels = {service.name: _panel(service) for service in measured.services}
    return plots.curve_panels(panels, "labels of its own", "AUC")


def draw(data):
    drawn = {"newcomer.svg": lambda: _plot(data.alone)}
    if data.family:
        drawn["newcomer_family.svg"] = lambda: _plot(data.family)
    return drawn


def _command(measured, name):
    options = f" --family {','.join(measured.family)}" if measured.family else ""
    newcomers = [service.name for service in measured.services]
    if newcomers != DEFAULT_NEWCOMERS:
        options += " --newcomers " + ",".join(newcomers)
    if measured.seeds != DEFAULT_SEEDS:
        options += " --seeds " + ",".join(map(str, measured.seeds))
    return shell(BUILD, f"{PROGRAM}{options} --out $FIGURES/{name}")


def _parity(service):
    found = service.labels_to_parity()
    if found is None:
        return f"more than all {service.points[-1].labels:,}"
    return f"{found[0]} {float(f'{found[1]:.2g}'):,.0f}"


def _close(service):
    """The mean decides; beside it whether every seed's interval agrees."""
    gap = service.no_label_minus_full_local
    agree = gap.above(-CLOSE) if service.is_close() else gap.below(-CLOSE)
    return f"{'yes' if service.is_close() else 'no'}, {agree} of {len(gap.values)} seeds"


def _service_table(measured):
    header = ["newcomer", "AUC, no label", "AUC, local with all labels",
              "no label − local, and its interval in every seed", f"within {number(CLOSE, digits=2)}?",
              "labels until training alone is as good"]
    return table(header, [[service.name, number(service.no_label.mean()), number(service.full_local.mean()),
                           with_intervals(service.no_label_minus_full_local, "+"), _close(service), _parity(service)]
                          for service in measured.services])


def _label_table(measured):
    header = ["newcomer", "labels", "local", "personalised", "served", "what is served",
              "served − no label, and its interval in every seed"]
    return table(header, [[service.name if i == 0 else "", point.name(), number(point.local.mean()),
                           number(point.personalised.mean()), number(point.served.mean()), each_or_all(point.models),
                           with_intervals(point.served_minus_no_label, "+")]
                          for service in measured.services for i, point in enumerate(service.points)])


def _family(data, image):
    if data.family is None:
        return f"With relatives left out as well it is not measured yet (`{FAMILY_COMMAND}`)."
    return f"""Of {', '.join(data.family.family)} none helps another: a newcomer of this family gets the
model of the services outside it.

{_command(data.family, FAMILY)}

{_service_table(data.family)}

{image("newcomer_family.svg", "The same where no relative has trained")}
{_label_table(data.family)}"""


def _headline(measured):
    close = sum(service.is_close() for service in measured.services)
    gap = sum(service.no_label_minus_full_local.mean() for service in measured.services) / len(measured.services)
    return (f"without one label of its own, a newcomer comes within {number(CLOSE, digits=2)} AUC of a model trained "
            f"alone on all its labels in {close} of {len(measured.services)} services "
            f"(mean difference {difference(gap)})")


def text(data, image):
    headline = _headline(data.alone)
    if data.family:
        headline += "; with its relatives left out as well: " + \
            f"in {sum(service.is_close() for service in data.family.services)} of {len(data.family.services)}"
    return Text(headline, f"""{_command(data.alone, NEEDS)}

One service after another is left out while the others train together, {seeds_text(data.alone.seeds)}. It then gets
their model and none, some or all of its own labels. AUC on its later test samples, mean over the seeds. **no label**:
the others' model as it is. **local**: trained on those labels alone. **personalised**: the others' model, fine-tuned
on them. **served**: chosen on the newcomer's validation labels.

{_service_table(data.alone)}

"Within" is decided by the mean; beside it stands in how many seeds the whole 95 % interval agrees. The labels until
training alone is as good as no label are interpolated, linear in their logarithm, between the points below.

{image("newcomer.svg", "AUC over the number of labels: local, served, and the others' model without a label")}
Bands go from the lowest to the highest end of the seeds' intervals. Of 100, 1,000 and
10,000 labels a fifth are validation samples (or as many as there are), the rest training samples; the smaller sets are
parts of the larger ones. The plan was chosen on the validation samples of all nine services, the one left out among
them; the bound of 1,000 samples for a newcomer is the design's own and was not chosen by these figures. That of 30
validation samples of a class, under which nobody leaves the incumbent, is this page's own bound for a verdict; it was
taken over into the rule after two newcomers with 20 validation samples had left the shared model for one that was worse on
test samples, one of them beyond chance. So with 100 labels served is no label by rule; what a braver rule would have
gained in other cases (personalised) is not gained.

{_label_table(data.alone)}

### Without relatives

{_family(data, image)}""")
