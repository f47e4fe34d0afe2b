"""Reading the JSON of an experiment, with errors that name the file and the key."""
import json


class FiguresError(Exception):
    """A file of figures that cannot be used; the message says which, where and why."""


class Figures:
    """A value in a file of figures, which knows where it stands there."""

    def __init__(self, value, file, path=""):
        self.value = value
        self.file = file
        self.path = path

    def fail(self, what):
        raise FiguresError(f"{self.file}: {self.path or 'the top level'} {what}")

    def has(self, key):
        return isinstance(self.value, dict) and key in self.value

    def __getitem__(self, key):
        if not isinstance(self.value, dict):
            self.fail("is not an object")
        inner = Figures(self.value.get(key), self.file, f"{self.path}.{key}" if self.path else key)
        if key not in self.value:
            inner.fail("is missing")
        return inner

    def keys(self):
        if not isinstance(self.value, dict):
            self.fail("is not an object")
        return list(self.value)

    def each(self):
        """The elements of a list that must not be empty."""
        if not isinstance(self.value, list) or not self.value:
            self.fail("is not a list with something in it")
        return [Figures(inner, self.file, f"{self.path}[{i}]") for i, inner in enumerate(self.value)]

    def text(self):
        if not isinstance(self.value, str):
            self.fail("is not a text")
        return self.value

    def texts(self):
        return [inner.text() for inner in self.each()] if self.value != [] else []

    def flag(self):
        if not isinstance(self.value, bool):
            self.fail("is neither true nor false")
        return self.value

    def number(self):
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self.fail("is not a number")
        return self.value

    def optional(self):
        """A number, or None where there is none."""
        return None if self.value is None else self.number()

    def interval(self):
        """(low, high), or None where there is none."""
        if self.value is None:
            return None
        if not isinstance(self.value, list) or len(self.value) != 2:
            self.fail("is not an interval of two numbers")
        return tuple(inner.number() for inner in self.each())


def read_figures(path):
    try:
        return Figures(json.loads(path.read_text(encoding="utf-8")), path)
    except (OSError, UnicodeDecodeError) as error:
        raise FiguresError(f"{path}: cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise FiguresError(f"{path}: is not JSON: {error}") from error


def read_if_there(path):
    return read_figures(path) if path.is_file() else None


def seeds_of(runs):
    return [int(run["seed"].number()) for run in runs.each()]


def services_over_seeds(runs):
    """{name: its figures in every run}; all runs must have the same services."""
    names = [service["name"].text() for service in runs.each()[0]["services"].each()]
    found = {name: [] for name in names}
    for run in runs.each():
        services = run["services"]
        if [service["name"].text() for service in services.each()] != names:
            services.fail("are not the services of the first run")
        for name, service in zip(names, services.each()):
            found[name].append(service)
    return found


def refuse_short_run(figures):
    """A short run only shows that the program runs."""
    if figures["short"].flag():
        figures["short"].fail("is true: these are the figures of a short run, which mean nothing")
