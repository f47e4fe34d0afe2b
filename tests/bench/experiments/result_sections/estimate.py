"""A figure over several seeds: its mean, its intervals, and what they prove."""
from dataclasses import dataclass

# With fewer of either class an AUC says nothing that one could act on.
FEWEST_OF_A_CLASS = 30

BETTER, WORSE, OPEN, UNJUDGED = "better", "worse", "no difference found", "cannot be judged"


def enough_of_both(samples, positives):
    return min(positives, samples - positives) >= FEWEST_OF_A_CLASS


@dataclass(frozen=True)
class Estimate:
    """values[i] and its 95 % interval belong to the i-th seed; None where there is none."""
    values: list
    intervals: list

    def mean(self):
        known = [value for value in self.values if value is not None]
        return sum(known) / len(known) if known else None

    def known_intervals(self):
        return [interval for interval in self.intervals if interval is not None]

    def envelope(self):
        """From the least lower to the greatest upper end of the seeds' intervals, or of the values without them."""
        ends = self.known_intervals() or [(value, value) for value in self.values if value is not None]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def above(self, limit=0):
        """In how many seeds the whole interval is above."""
        return sum(low > limit for low, _ in self.known_intervals())

    def below(self, limit=0):
        return sum(high < limit for _, high in self.known_intervals())

    def kind(self):
        """Of a difference; only what holds in every seed is a verdict."""
        if None in self.intervals or not self.intervals:
            return UNJUDGED
        if self.above() == len(self.intervals):
            return BETTER
        return WORSE if self.below() == len(self.intervals) else OPEN

    def verdict(self):
        """kind() with the seeds by which alone one would have said otherwise."""
        if self.kind() != OPEN:
            return self.kind()
        alone = [(BETTER, self.above()), (WORSE, self.below())]
        return ", ".join(f"{name} in {count} of {len(self.values)} seeds" for name, count in alone if count) or OPEN


def estimate(nodes, key="auc", interval_key="interval"):
    """From the figures of one thing in every seed."""
    return Estimate([node[key].optional() for node in nodes], [node[interval_key].interval() for node in nodes])


def bounded_estimate(nodes):
    """The same of {mean, low, high} objects, or null where there is none."""
    known = [None if node.value is None else node for node in nodes]
    return Estimate([node and node["mean"].number() for node in known],
                    [node and (node["low"].number(), node["high"].number()) for node in known])
