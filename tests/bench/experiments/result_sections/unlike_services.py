"""What unlike services gain from one another, arm by arm (tests/bench/experiments/unlike_services.cpp)."""
import math
from dataclasses import dataclass

from . import Text, nine_services, plots, rounding
from .estimate import BETTER, FEWEST_OF_A_CLASS, UNJUDGED, estimate
from .figures import read_figures, read_if_there, refuse_short_run, seeds_of, services_over_seeds
from .service import Service, headline, judged_of, mean_gain
from .tables import difference, each_or_all, joined, number, seeds_text, shell, table, with_intervals

TITLE = "What unlike services gain from one another"
NEEDS = "unlike_services.json"
PERMUTED = "unlike_services_permuted.json"
ARMS = ("recency", "local", "two_local", "average", "average_tuned", "shared", "personalised", "served", "central",
        "central_tuned")
OURS = rounding.OURS
ROUNDED = tuple(rounding.PREFIX + arm for arm in OURS)
PLOTTED = ("two_local", "average_tuned", "personalised", "served", "central_tuned")
DEFAULT_SEEDS = [1, 2, 3]
PROGRAM = "build/release/tests/bench/experiments/unlike_services --data $DIR"
BUILD = "cmake --build build/release --target unlike_services"
COMMAND = shell(BUILD, f"{PROGRAM} --out $FIGURES/{NEEDS}")
PERMUTED_COMMAND = f"{PROGRAM} --permute-labels --out $FIGURES/{PERMUTED}"
# A mean AUC on permuted labels further from 0.5 than this is no chance: single services stray by 0.01 to 0.06.
FURTHEST_OF_PERMUTED = 0.02


@dataclass(frozen=True)
class Measured:
    seeds: list
    settings: list
    services: list

    def judged(self):
        return judged_of(self.services)


@dataclass(frozen=True)
class Data:
    true: Measured
    permuted: Measured  # None where it is not measured
    exchanged: list     # Estimate on exchanged futures of every judged service that has this canary
    masked: list        # {arm: AUC in every seed} of the same services, by the product; None where it is not measured


def _service(name, nodes, optional=False):
    arms = {arm: [node[arm] for node in nodes] for arm in ARMS + ROUNDED 
            if not optional or nodes[0].has(arm)}
    return Service(name, int(nodes[0]["test_samples"].number()), int(nodes[0]["test_positives"].number()),
                   {arm: estimate(figures, "auc", "auc_interval") for arm, figures in arms.items()},
                   {arm: estimate(arms[arm], "difference", "difference_interval") for arm in arms if arm != "local"},
                   [node["choice"]["model"].text() for node in nodes])


def _measured(figures, permuted):
    refuse_short_run(figures)
    if figures["permuted_labels"].flag() != permuted:
        figures["permuted_labels"].fail(f"must be {str(permuted).lower()} in this file")
    services = services_over_seeds(figures["runs"])
    return Measured(seeds_of(figures["runs"]), figures["set"].texts(),
                    [_service(name, nodes, permuted) for name, nodes in services.items()])


def _exchanged(folder, true):
    nodes = services_over_seeds(read_figures(folder / NEEDS)["runs"])
    return [estimate([node["exchanged_futures"] for node in nodes[service.name]]) for service in true.judged()
            if all(node.has("exchanged_futures") for node in nodes[service.name])]


def _masked(folder, true):
    if not (folder / nine_services.NEEDS).is_file():
        return None
    product = nine_services.read(folder)
    names = [[service.name for service in services] for services in (product.nine.services, true.services)]
    if names[0] != names[1] or not set(true.seeds) <= set(product.seeds):
        return None
    runs = [product.seeds.index(seed) for seed in true.seeds]
    return [{arm: [estimate_of.values[run] for run in runs] for arm, estimate_of in service.aucs.items()}
            for service in product.nine.services]


def read(folder):
    permuted = read_if_there(folder / PERMUTED)
    true = _measured(read_figures(folder / NEEDS), False)
    return Data(true, permuted and _measured(permuted, True), _exchanged(folder, true), _masked(folder, true))


def _plot(measured):
    series = {_words(arm): [service.differences[arm] for service in measured.judged()] for arm in PLOTTED}
    return plots.dot_plot([service.name for service in measured.judged()], series,
                          {_words(arm): plots.arm_colour(arm) for arm in PLOTTED},
                          "AUC minus that of the service's own model")


def draw(data):
    return {"unlike_services.svg": lambda: _plot(data.true)}


def _options(measured):
    options = [f"--set {setting}" for setting in measured.settings]
    if measured.seeds != DEFAULT_SEEDS:
        options.append("--seeds " + ",".join(map(str, measured.seeds)))
    return "".join(" " + option for option in options)


def _commands(data):
    commands = [BUILD, f"{PROGRAM}{_options(data.true)} --out $FIGURES/{NEEDS}"]
    if data.permuted:
        all_arms = all(arm in service.aucs for arm in ARMS for service in data.permuted.services)
        arms = "" if all_arms else " --arms local,average,ours,central"
        commands.append(f"{PROGRAM}{_options(data.permuted)}{arms} --permute-labels --out $FIGURES/{PERMUTED}")
    return shell(*commands)


def _mean(values):
    return sum(values) / len(values)


def _words(arm):
    return arm.replace("_", " ")


def _aucs(measured):
    rows = [[service.name, f"{service.positives:,} / {service.samples:,}"] +
            [number(service.aucs[arm].mean()) for arm in ARMS] for service in measured.services]
    judged = measured.judged()
    if judged:
        rows.append([f"mean of the {len(judged)} judged", ""] +
                    [number(_mean([service.aucs[arm].mean() for service in judged])) for arm in ARMS])
    return table(["service", "positive / all test samples", *map(_words, ARMS)], rows)


def _differences(measured):
    """What is served, and what fine-tuning gives, against the service's own model."""
    rows = [[service.name, with_intervals(service.differences["personalised"], "+"), each_or_all(service.models),
             with_intervals(service.differences["served"], "+"), service.verdict()] for service in measured.services]
    judged = measured.judged()
    if judged:
        personalised = _mean([service.differences["personalised"].mean() for service in judged])
        rows.append([f"mean of the {len(judged)} judged", difference(personalised), "", difference(mean_gain(judged)),
                     ""])
    return table(["service", "personalised − local, and its interval in every seed", "what is served",
                  "served − local, and its interval in every seed", "verdict on served"], rows)


def _total(services, arm):
    return sum(service.differences[arm].mean() for service in services)


def sum_is_clear(services):
    """Whether the sum of central − local is above 0 in every seed, beyond the services' intervals taken together."""
    for seed in range(len(services[0].differences["central"].values)):
        gaps = [service.differences["central"] for service in services]
        error = math.sqrt(sum(((gap.intervals[seed][1] - gap.intervals[seed][0]) / 2) ** 2 for gap in gaps))
        if sum(gap.values[seed] for gap in gaps) <= error:
            return False
    return True


def gaining_services(measured):
    """Those of the judged services where central is better than local in the mean."""
    return [service for service in measured.judged() if service.differences["central"].kind() != UNJUDGED
            and service.differences["central"].mean() > 0]


def gap_rows(measured):
    """How much of what pooled data would bring each arm of ours brings."""
    gaining = gaining_services(measured)
    rows = []
    for service in gaining:
        gap = service.differences["central"]
        clear = gap.kind() == BETTER
        rows.append([service.name, with_intervals(gap, "+")] + _shares([service], clear))
    if gaining:
        rows.append([f"sum of these {len(gaining)}", difference(_total(gaining, "central"))] +
                    _shares(gaining, sum_is_clear(gaining)))
    return rows


def _shares(services, clear):
    if not clear:
        return ["not clear"] * len(OURS)
    return [f"{number(100 * _total(services, arm) / _total(services, 'central'), digits=0)} %" for arm in OURS]


def _gap(measured):
    rows = gap_rows(measured)
    if not rows:
        return "One model on everybody's data in one place (central) is better than local for no judged service."
    return f"""Where one model on everybody's data in one place (central) is better than local in the mean of the seeds,
how much of that gap is closed without bringing the data together? The share is (arm − local) / (central − local); *not
clear* stands where central − local is not above 0 in every seed beyond its interval (of the sum: the services' half
intervals added in quadrature). These services are picked for their gap, so the gap is rather too large than too
small.

{table(["service", "central − local, and its interval in every seed", *OURS], rows)}"""


def permuted_rows(measured):
    rows = []
    for arm in ARMS:
        values = [value for service in measured.judged() if arm in service.aucs
                  for value in service.aucs[arm].values if value is not None]
        if values:
            mean = _mean(values)
            near = abs(mean - 0.5) <= FURTHEST_OF_PERMUTED
            rows.append([arm, number(mean), f"{number(min(values))} … {number(max(values))}",
                         "as guessing" if near else "**not as guessing: something leaks**"])
    return rows


def _anchor(title):
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c == "-")


def _looking_ahead(data):
    if not data.exchanged:
        return ""
    means = [one.mean() for one in data.exchanged]
    off = sum(one.above(0.5) + one.below(0.5) for one in data.exchanged)
    count = sum(len(one.values) for one in data.exchanged)
    quiet = abs(_mean(means) - 0.5) <= FURTHEST_OF_PERMUTED
    return f"""

**Canary of the future**: the personalised models on test samples where persons have exchanged all that they did from the
test cut on, and so their labels; a feature that looks ahead would still find them. Of the {len(means)} judged services that ask
about the coming weeks: mean AUC {number(_mean(means))}, {number(min(means))} … {number(max(means))}; {off} of {count} intervals leave out
0.5 (one in twenty would by chance): {"as guessing" if quiet else "**not as guessing: something looks ahead**"}."""


def _permuted(data):
    if data.permuted is None:
        return f"**Canary of the label**: permuted labels are not measured yet (`{PERMUTED_COMMAND}`)."
    header = ["arm", "mean AUC of the judged services", "least … greatest of a service and seed", ""]
    return f"""**Canary of the label**: the same on permuted labels, {seeds_text(data.permuted.seeds)}. Nothing can be learned from
these, so every mean must be about 0.5; further away than {number(FURTHEST_OF_PERMUTED, digits=2)} would mean that a
label itself reaches the model.

{table(header, permuted_rows(data.permuted))}"""


def _unjudged(measured):
    few = [service for service in measured.services if not service.judged()]
    if not few:
        return ""
    return "\n* " + joined(f"{service.name} has {service.positives} positive test samples" for service in few) + \
        f": under {FEWEST_OF_A_CLASS} of a class it is not judged, and counts in no mean and no sum."


def _fine_tuned(measured):
    """The three ways to a model that the service then fine-tunes."""
    judged = measured.judged()
    means = {arm: number(_mean([service.aucs[arm].mean() for service in judged]))
             for arm in ("local", "personalised", "average_tuned", "central_tuned")}
    return (f"fine-tuned by the service, in the mean: ours {means['personalised']}, FedAvg {means['average_tuned']}, "
            f"everybody's data in one place {means['central_tuned']}; alone {means['local']}")


def _headline(measured):
    told = f"{headline(measured.services)}; {_fine_tuned(measured)}" if measured.judged() else headline(measured.services)
    gaining = gaining_services(measured)
    if not gaining or not sum_is_clear(gaining):
        return told
    return (f"{told}; where pooled data would bring something, it closes "
            f"{_shares(gaining, True)[-1]} of that gap")


def _control(measured):
    judged = measured.judged()
    better = [service.name for service in judged
              if service.aucs["two_local"].mean() >= service.aucs["served"].mean()]
    if not better:
        return "the mean of two local models is below what is served on every judged service"
    return (f"the mean of two local models is as good as what is served, or better, on {len(better)} of {len(judged)} "
            f"judged services: {joined(better)}")


def text(data, image):
    return Text(_headline(data.true), f"""{_commands(data)}

The same nine services, {seeds_text(data.true.seeds)}, without masks and their rounding, against the methods one would
compare with. AUC on held-out, later samples, mean over the seeds:

{_aucs(data.true)}

{_differences(data.true)}

{image("unlike_services.svg", "AUC of five arms minus that of the local model, for each service that can be judged")}
* **recency** is no model: whoever was there last comes first. **local**: trained on this service alone. **average**: FedAvg of everything, one model without private parts, the
  plain mean of the updates is the step (with a rate that falls as ours it is worse on validation samples). **shared**: ours, FedAdam over clipped updates with private parts beside; the
  model of the last round. **personalised**: ours, fine-tuned by the service. **served**: chosen among local, shared,
  personalised and mixes on the service's validation samples. **central**: one model on everybody's data in one place,
  which nobody may have; each service takes the step that is best on its validation samples.
* **average tuned** and **central tuned** are FedAvg's and the pooled data's last model, fine-tuned by the service exactly
  as ours: the same steps, rates and choice of the best step. central tuned takes half as many steps more than any other
  arm.
* **two local** is a control: the mean of two local models, of two seeds. It costs twice as much and knows nothing of
  others; {_control(data.true)}.
* Rounds take rounds × local_steps steps on a service's samples, fine-tuning half as many more; local and central take
  as many as both.
* Better or worse: in every seed the 95 % interval of the difference (paired bootstrap over persons) leaves out
  0.{_unjudged(data.true)}

{_gap(data.true)}

{rounding.text(data.true, data.masked, f"[above](#{_anchor(nine_services.TITLE)})")}

{_permuted(data)}{_looking_ahead(data)}""")
