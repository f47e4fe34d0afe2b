"""The plan of docs/protocol.md §3: its keys and what an absent one means (None: it follows from others, §7). Bounds are left to the first implementation:
whoever pins a plan's hash has had it checked."""
import tomllib

from wire_format import Refused

DEFAULTS = {
    "model": {"kind": "behaviour", "seed": 1, "table_rows": 8192, "token_width": 16, "width": 32, "history": 100},
    "training": {"local_steps": 200, "batch_size": 64, "learning_rate": 0.002},
    "server": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.99, "tau": 0.001, "decay_rounds": 0},
    "update": {"clip": 1.0, "rotation": False, "range": None, "bits": 20, "lane": None},
    "round": {"rounds": 10, "deadline_seconds": 600, "min_participants": 3, "over_selection": 1.0, "max_colluding": 0.25,
              "max_attempts": 10, "mask_work_gigabytes": 1.0, "expected_dropout": 0.1},
}


def parse_plan(text):
    """{table: {key: value}} with every key of DEFAULTS."""
    given = tomllib.loads(text.decode())
    given.pop("name")
    for table, keys in given.items():
        unknown = set(keys) - set(DEFAULTS.get(table, {}))
        if unknown:
            raise Refused(f"the plan's [{table}] has keys that are not known: {unknown}")
    return {table: {**keys, **given.get(table, {})} for table, keys in DEFAULTS.items()}
