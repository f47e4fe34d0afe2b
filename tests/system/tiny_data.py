"""Four tiny services with made-up customers, enough to train a tiny model in a moment; the same for the same seed."""
import csv
import datetime
import random

START = datetime.datetime(2023, 1, 1)
DAYS = 140
CUT = START + datetime.timedelta(days=120)
HORIZON_DAYS = 14
PERSONS = 60
WORDS = {"books": ("novel", "atlas", "poems", "comics"), "cinema": ("comedy", "thriller", "western", "cartoon"),
         "tea_shop": ("green tea", "black tea", "pot", "biscuits"), "mailer": ("spring", "summer", "autumn", "winter")}


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def stamp(days):
    return (START + datetime.timedelta(seconds=int(days * 86400))).strftime("%Y-%m-%dT%H:%M:%SZ")


def purchases(rng, person, words):
    """Bought at a pace of the person's own, so that the past says something about the future."""
    pace = rng.choice((4.0, 12.0, 40.0))
    at = rng.expovariate(1 / pace)
    while at < DAYS:
        yield (person, stamp(at), "purchase", rng.randrange(len(words)), round(rng.uniform(1, 50), 2), "web")
        at += rng.expovariate(1 / pace)


def mails(rng, person, words):
    """A mail every ten days; who is eager redeems most of them within days."""
    eager = rng.random() < 0.5
    for number, day in enumerate(range(rng.randrange(10), DAYS, 10)):
        item = number % len(words)
        yield (person, stamp(day + 0.25), "mail_sent", item, "", "mail")
        if rng.random() < (0.7 if eager else 0.1):
            yield (person, stamp(day + 0.25 + rng.uniform(0.5, 5)), "coupon_redeemed", item, "", "")


def make(folder, seed=1):
    """Writes FOLDER/<service>/*.csv and FOLDER/services/<service>.toml."""
    (folder / "services").mkdir(parents=True)
    for name, words in WORDS.items():
        rng = random.Random(f"{seed} {name}")
        own = folder / name
        own.mkdir()
        persons = [f"{name}-{number:03}" for number in range(PERSONS)]
        behaviour = mails if name == "mailer" else purchases
        events = [event for person in persons for event in sorted(behaviour(rng, person, words), key=lambda row: row[1])]
        write_csv(own / "persons.csv", ("person_id", "consent"),
                  [(person, 0 if index % 20 == 0 else 1) for index, person in enumerate(persons)])
        write_csv(own / "events.csv", ("person_id", "occurred_at", "event_type", "item_id", "amount", "channel"), events)
        write_csv(own / "items.csv", ("item_id", "title", "category", "brand"),
                  [(index, word, name, "") for index, word in enumerate(words)])
        kind = ('kind = "conversion"\noffer = "mail_sent"\ntarget = "coupon_redeemed"\nhorizon_days = 7\n' if name == "mailer" else
                f'kind = "propensity"\ntarget = "purchase"\nhorizon_days = {HORIZON_DAYS}\ntraining_cuts = 2\nstride_days = 14\n')
        (folder / "services" / f"{name}.toml").write_text(
            f'name = "{name}"\n\n[data]\nevents = "{name}/events.csv"\nitems = "{name}/items.csv"\npersons = "{name}/persons.csv"\n\n'
            f'[task]\n{kind}cut = "{CUT.strftime("%Y-%m-%dT%H:%M:%SZ")}"\n')
