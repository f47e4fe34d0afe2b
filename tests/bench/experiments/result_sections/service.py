"""One service whose models are compared with the one it trains alone."""
from dataclasses import dataclass

from .estimate import BETTER, OPEN, UNJUDGED, WORSE, enough_of_both
from .tables import difference


@dataclass(frozen=True)
class Service:
    name: str
    samples: int
    positives: int
    aucs: dict         # arm -> Estimate
    differences: dict  # arm but local -> Estimate of its AUC minus that of local
    models: list       # what was served, seed by seed

    def judged(self):
        return enough_of_both(self.samples, self.positives) and self.differences["served"].kind() != UNJUDGED

    def kind(self):
        return self.differences["served"].kind() if self.judged() else UNJUDGED

    def verdict(self):
        return self.differences["served"].verdict() if self.judged() else UNJUDGED

    def gain(self):
        """Mean AUC of what is served minus that of local."""
        return self.differences["served"].mean()


def judged_of(services):
    return [service for service in services if service.judged()]


def mean_gain(services):
    gains = [service.gain() for service in judged_of(services)]
    return sum(gains) / len(gains) if gains else None


def tally(kinds):
    return (f"better for {kinds.count(BETTER)} of {len(kinds)} services, worse for {kinds.count(WORSE)}, "
            f"open for {kinds.count(OPEN)}")


def headline(services):
    judged = judged_of(services)
    kinds = [service.kind() for service in judged]
    text = (f"what is served against the service's own model: {tally(kinds)}; "
            f"mean difference of AUC {difference(mean_gain(services))}")
    if len(judged) < 3:
        return text
    most = max(judged, key=lambda service: abs(service.gain()))
    return f"{text}, without {most.name} {difference(mean_gain([one for one in judged if one is not most]))}"
