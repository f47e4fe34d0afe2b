"""Writes the TOML files of the daemons and reads those of the services."""
import datetime
import hashlib
import json
import pathlib
import tomllib

from processes import Failure

DATA_PATHS = ("events", "items", "persons", "database")


def _key(key):
    return key if key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key) else json.dumps(key)


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (str, pathlib.PurePath)):
        # JSON's escapes are TOML's, but for DEL.
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(element) for element in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(element)}" for key, element in value.items()) + "}"
    raise TypeError(f"{type(value).__name__} has no TOML form here")


def to_toml(tables):
    """A dict as TOML text: plain keys first, then a [table] for each dict, one level deep."""
    lines = [f"{_key(key)} = {_value(value)}" for key, value in tables.items() if not isinstance(value, dict)]
    for name, table in tables.items():
        if isinstance(table, dict):
            lines += ["", f"[{_key(name)}]"] + [f"{_key(key)} = {_value(value)}" for key, value in table.items()]
    return "\n".join(lines).lstrip("\n") + "\n"


def read_toml(path):
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Failure(f"{path}: {error}") from None


class Service:
    """One service of the demo: its name and the [data] and [task] tables, paths made absolute."""

    def __init__(self, name, data, task):
        self.name = name
        self.data = data
        self.task = task


def read_service(path, data_folder):
    """A service's TOML. Relative data paths are taken from data_folder. None where its events are not there."""
    tables = read_toml(path)
    for name in ("data", "task"):
        if not isinstance(tables.get(name), dict):
            raise Failure(f"{path}: the table [{name}] is missing")
    data = dict(tables["data"])
    for key in DATA_PATHS:
        if isinstance(data.get(key), str):
            data[key] = str((pathlib.Path(data_folder) / data[key]).resolve())
    events = data.get("events", data.get("database"))
    if events is None or not pathlib.Path(events).is_file():
        return None
    return Service(tables.get("name", pathlib.Path(path).stem), data, dict(tables["task"]))


def find_services(data_folder, fallback_folder):
    """The services whose events lie in data_folder, by its own services/*.toml or else by the fallback's."""
    data_folder = pathlib.Path(data_folder)
    own = data_folder / "services"
    if not data_folder.is_dir():
        raise Failure(f"the data folder {data_folder} does not exist")
    folder = own if sorted(own.glob("*.toml")) else pathlib.Path(fallback_folder)
    services = [read_service(path, data_folder) for path in sorted(folder.glob("*.toml"))]
    services = [service for service in services if service is not None]
    if len(services) < 3:
        raise Failure(f"{data_folder} holds the events of {len(services)} services that {folder}/*.toml describe; "
                      "a federation needs at least 3")
    return services


def with_values(plan_text, values):
    """The plan's text with keys replaced: {"round": {"rounds": 3}}. A key must stand there already, once in its table."""
    lines = plan_text.splitlines()
    table = ""
    wanted = {(name, key): value for name, keys in values.items() for key, value in keys.items()}
    for index, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.split("#")[0].strip().endswith("]"):
            table = stripped.split("#")[0].strip().strip("[]").strip()
        key = stripped.split("=")[0].strip()
        if "=" in stripped and (table, key) in wanted:
            lines[index] = f"{key} = {_value(wanted.pop((table, key)))}"
    if wanted:
        raise Failure("the plan has no key " + ", ".join(f"{name}.{key}" for name, key in wanted))
    return "\n".join(lines) + "\n"


def with_rounds(plan_text, rounds):
    """The plan's text for so many rounds; where the server's rate falls over the rounds, it falls over as many."""
    changes = {"round": {"rounds": rounds}}
    if tomllib.loads(plan_text).get("server", {}).get("decay_rounds"):
        changes["server"] = {"decay_rounds": rounds}
    return with_values(plan_text, changes)


def plan_hash(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
