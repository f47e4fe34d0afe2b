"""What masks and the rounding they ask for change (figures of unlike_services and nine_services)."""
from .tables import difference, number, table

OURS = ("shared", "personalised", "served")
PREFIX = "rounded_"


def _mean(values):
    return sum(values) / len(values)


def _rows(arm, comparison, pairs):
    """pairs: (service, one AUC, another) of every judged service and seed."""
    changes = [(one - other, name) for name, one, other in pairs]
    greatest = max(changes, key=lambda change: abs(change[0]))
    return [arm, comparison, difference(_mean([by for by, _ in changes]), digits=4),
            number(_mean([abs(by) for by, _ in changes]), digits=4),
            difference(greatest[0], digits=4), greatest[1]]


def _pairs(services, ones, others):
    """ones(i), others(i): the AUCs in every seed of the i-th service."""
    return [(service.name, one, other) for i, service in enumerate(services) if service.judged()
            for one, other in zip(ones(i), others(i))]


def rows(services, product):
    """`product`: {arm: AUC in every seed} of each of these services by the product, or None."""
    found = []
    for arm in OURS:
        def plain(i, arm=arm):
            return services[i].aucs[arm].values

        def rounded(i, arm=arm):
            return services[i].aucs[PREFIX + arm].values

        def masked(i, arm=arm):
            return product[i][arm]
        found.append(_rows(arm, "rounded − plain", _pairs(services, rounded, plain)))
        if product is not None:
            found.append(_rows(arm, "product − plain", _pairs(services, masked, plain)))
            found.append(_rows(arm, "product − rounded", _pairs(services, masked, rounded)))
    return found


def between_seeds(services):
    """Mean distance of the AUCs of two seeds' personalised models, over judged services; None with one seed."""
    distances = [abs(one - other) for service in services if service.judged()
                 for i, one in enumerate(service.aucs["personalised"].values)
                 for other in service.aucs["personalised"].values[:i]]
    return _mean(distances) if distances else None


def _verdict(services, product):
    """What the rows say: whether the product is worse than what is only rounded, for any model."""
    if product is None:
        return ""
    worse = [arm for arm in OURS
             if _mean([product[i][arm][seed] - value for i, service in enumerate(services) if service.judged()
                       for seed, value in enumerate(service.aucs[PREFIX + arm].values)]) < -0.001]
    said = f"It is below 0 by more than .001 for {', '.join(worse)}" if worse else "It is not below 0 by .001 for any model"
    return (f"{said}; single runs of a model that training makes chaotic cannot tell less (the greatest distances are of "
            "one service and seed each). ")


def text(measured, product, product_section):
    header = ["arm", "comparison", "mean difference of AUC", "mean distance", "greatest", "where"]
    seeds = between_seeds(measured.services)
    beside = f" Two seeds' personalised models are {number(seeds, digits=4)} apart in the mean." if seeds else ""
    missing = "" if product is not None else "\n\nThe product has not been measured on the same services and seeds."
    return f"""**With masks**: the product ({product_section}) adds numbers of finite width up under masks. The masks cancel
exactly (tests compare sums lane by lane); the rounding remains, up or down at random, and training carries a change of
the last bit on to another model of the same kind. *plain* adds the updates as they are, *rounded* rounds them but masks
nothing, *product* rounds and masks, by other random numbers. Were masks to cost anything beyond their rounding, product −
rounded would be below 0 and further from it than rounded − plain. {_verdict(measured.services, product)}Over the judged
services and seeds:

{table(header, rows(measured.services, product))}

{beside.strip()}{missing}""".rstrip()
