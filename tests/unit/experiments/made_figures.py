"""Figures by hand in the format of every experiment. They mean nothing; they only ever go into a temporary folder."""
import json


def runs(seeds, **same):
    """The same in every run, but none shares an object with another, so that a test can alter one."""
    return [json.loads(json.dumps({"seed": seed, **same})) for seed in seeds]


def auc(value, half=0.02):
    return {"auc": value, "interval": [value - half, value + half]}


def nine_service(name, local, served, positives=400, model="mix"):
    report = {"name": name, "task": "propensity", "persons": 900, "events": 9000, "test_samples": 1000,
              "test_positives": positives, "served": {"model": model}}
    for arm, value in (("local", local), ("shared", local - 0.05), ("personalised", local + 0.01), ("served", served)):
        report["auc_" + arm] = value
        report[f"auc_{arm}_interval"] = [value - 0.02, value + 0.02]
        if arm != "local":
            key = "difference" if arm == "served" else "difference_" + arm
            report[key] = value - local
            report[key + "_interval"] = [value - local - 0.01, value - local + 0.01]
    return report


def nine_run(seed, services):
    return {"seed": seed, "plan_sha256": f"{seed}" * 64, "model_hash": "a" * 64, "rounds_completed": 40,
            "bytes_per_client_round": 712578.0, "services": services}


def nine_services():
    def services(seed):
        return [nine_service("grocery", 0.70, 0.75), nine_service("drugstore", 0.70, 0.66, model="shared"),
                nine_service("fuel", 0.60, 0.62 if seed == 1 else 0.60, model="mix" if seed == 1 else "local"),
                nine_service("fashion_banner", 0.5, 0.6, positives=20)]
    made = [nine_service("made_cinema", 0.7, 0.7, model="local")]
    return {"rounds": 40, "nine": {"runs": [nine_run(seed, services(seed)) for seed in (1, 2, 3)]},
            "made": {"data_seed": 1, "oracle_auc": {"made_cinema": 0.826},
                     "runs": [nine_run(seed, made) for seed in (1, 2, 3)]}}


def unlike_service(name, local, others, positives=400, half=0.01):
    service = {"name": name, "test_samples": 1000, "test_positives": positives,
               "choice": {"model": "mix", "local_share": 0.5}}
    others = {"recency": others["average"], "two_local": local, "average_tuned": others["average"], "central_tuned": others["central"], **others,
              **{"rounded_" + arm: others[arm] for arm in ("shared", "personalised", "served")}}
    service["exchanged_futures"] = auc(0.49)
    for arm, value in {"local": local, **others}.items():
        service[arm] = {"validation_auc": value, "auc": value, "auc_interval": [value - half, value + half],
                        "log_loss": 0.5}
        if arm != "local":
            service[arm]["difference"] = value - local
            service[arm]["difference_interval"] = [value - local - half, value - local + half]
    return service


def arms(*aucs):
    return dict(zip(("average", "shared", "personalised", "served", "central"), aucs))


def unlike_services(seeds=(1, 2, 3)):
    services = [
        unlike_service("grocery", 0.70, arms(0.65, 0.68, 0.73, 0.73, 0.74)),
        unlike_service("fuel", 0.60, arms(0.55, 0.60, 0.60, 0.60, 0.605)),
        unlike_service("gift_shop", 0.80, arms(0.7, 0.78, 0.8, 0.8, 0.76)),
        unlike_service("fashion_banner", 0.5, arms(0.9, 0.9, 0.9, 0.9, 0.9),
                       positives=20)]
    return {"short": False, "set": [], "permuted_labels": False, "runs": runs(seeds, services=services)}


def unlike_services_permuted(mean=0.5):
    same = arms(*[mean] * 5)
    services = [unlike_service("grocery", mean + 0.01, same), unlike_service("fuel", mean - 0.01, same)]
    return {"short": False, "set": [], "permuted_labels": True, "runs": runs((1,), services=services)}


def newcomer(family=()):
    def point(labels, local):
        return {"training_labels": labels - labels // 5, "validation_labels": labels // 5, "local": auc(local),
                "personalised": auc(0.71), "served": auc(0.72), "choice": {"model": "personalised", "local_share": 0.0},
                "served_minus_no_label": auc(0.02, 0.01), "served_minus_local": auc(0.72 - local, 0.01)}

    def service(name, no_label, points):
        return {"name": name, "test_samples": 1000, "no_label": auc(no_label), "full_local": auc(0.75),
                "no_label_minus_full_local": auc(no_label - 0.75, 0.004), "points": points}
    services = [service("grocery", 0.70, [point(100, 0.60), point(10_000, 0.80), point(20_000, 0.75)]),
                service("fuel", 0.745, [point(100, 0.60), point(500, 0.70)]),
                service("gift_shop", 0.5, [point(100, 0.60), point(20_000, 0.75)])]
    return {"short": False, "family": list(family), "runs": runs((1, 2, 3), services=services)}


def newcomer_family():
    return newcomer(["fuel", "grocery"])


def few_labels():
    points = [{"labels": labels, "with": auc(0.7 + gain), "without": auc(0.7), "difference": auc(gain, 0.01)}
              for labels, gain in ((100, 0.03), (1000, 0.0))]
    return {"short": False, "service": "coupon_mail", "runs": runs((1, 2), points=points)}


def ablations():
    def model(value, gain, half):
        return {"all": auc(value), "all_minus_whole": auc(gain, half), "rare": auc(value),
                "rare_minus_whole": auc(gain, half)}

    def variant(name, gain, way):
        rows = [{"touched_at_least": 1, "rows": 4000, "moved": way}, {"touched_at_least": 10, "rows": 100, "moved": 0.04},
                {"touched_at_least": 100, "rows": 0, "moved": None}]
        half = 0.01 if gain else 0.0
        services = [{"name": name, **{of: model(0.7 + gain, gain, half) for of in ("shared", "personalised")}}
                    for name in ("coupon_mail", "gift_shop")]
        return {"name": name, "set": [], "services": services, "rows": rows}
    variants = [variant("whole", 0, 0.01), variant("pooling", -0.03, 0.01), variant("softmax", 0.001, 0.01),
                variant("no_next_event", 0.02, 0.01), variant("fedavg", -0.005, 0.002)]
    return {"short": False, "runs": runs((1, 2, 3), variants=variants)}


def audience(canary=0.5):
    def bounded(value, half=0.02):
        return {"mean": value, "low": value - half, "high": value + half}

    def scorer(value):
        one = {"auc": bounded(value), "lift_1": None, "lift_10": bounded(2.5, 0.3)}
        for reference in ("rfm_matching", "lookalike", "lookalike_6", "bauta_history"):
            one["auc_minus_" + reference] = bounded(value - 0.7, 0.01)
            one["lift_10_minus_" + reference] = bounded(0.1, 0.3)
        return one
    names = {"activity": 0.6, "rfm_matching": 0.65, "lookalike": 0.7, "lookalike_6": 0.7, "bauta_history": 0.7, "bauta": 0.75}
    run = {"seed": 1, "scorers": {name: scorer(value) for name, value in names.items()},
           "expected_precision": {"scorer": "bauta", "held": 1, "questions": [{"holds": True}, {"holds": False}]},
           "canary": {name: bounded(canary) for name in names}}
    services = [{"service": name, "horizon_days": 28, "questions": [{"held_out": "BABY FOODS"}] * 2, "runs": [run]}
                for name in ("grocery", "gift_shop")]
    return {"experiment": "audience", "short": False,
            "services": services + [{"service": "coupon_mail", "horizon_days": 28, "questions": [], "runs": []}]}


def next_item():
    def figure(value):
        return {"mean": value, "interval": [value - 0.002, value + 0.002], "seeds": [value]}

    def arm(value):
        return {"hr10": figure(2 * value), "ndcg10": figure(value)}
    service = {"published": {"GRU4Rec": [0.0283, 0.0137], "SASRec": [0.0605, 0.0318], "S3-Rec": [0.0647, 0.0327]},
               "alone": arm(0.046), "federated": arm(0.05), "two local": arm(0.052),
               "federated minus alone": arm(0.004)}
    return {"short": False, "seeds": [1, 2, 3], "services": {"Beauty": service, "Yelp": service}}


ALL = {made.__name__: made for made in (nine_services, unlike_services, unlike_services_permuted, newcomer,
                                        newcomer_family, few_labels, ablations, audience, next_item)}


def write(folder, **figures):
    """name=value: folder/name.json."""
    for name, value in figures.items():
        (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


def write_all(folder):
    write(folder, **{name: made() for name, made in ALL.items()})
