"""The tables of settings in docs/ against what the programs themselves call their settings and defaults."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

COORDINATOR = """
state_dir = "s"
roster = "r"
signing = {key = "k"}
partner_listener = {certificate = "c", key = "k", ca = "c"}
operator_listener = {certificate = "c", key = "k"}
"""
CLIENT = """
name = "n"
state_dir = "s"
roster = "r"
coordinator = {host = "h", port = 1, ca = "c"}
tls = {certificate = "c", key = "k"}
signing = {key = "k"}
"""
# Which keys there are follows from the kinds of source and task.
CLIENTS = [
    CLIENT + 'data = {events = "e", items = "i", persons = "p"}\n'
             'task = {kind = "propensity", target = "visit", cut = "2025-01-01"}\n',
    CLIENT + 'data = {kind = "sqlite", database = "d", events_sql = "e", items_sql = "i", persons_sql = "p"}\n'
             'task = {kind = "conversion", offer = "impression", target = "click", cut = "2025-01-01"}\n',
]
SHOWN = re.compile(r"^(\S+) = (.*)  # (.*)$")


def shown(program, text):
    """{key: default, or None where the key was set} as `config show` prints it."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "settings.toml"
        file.write_text(text, encoding="utf-8")
        run = subprocess.run([pathlib.Path(os.environ["BAUTA_BIN"]) / program, "config", "show", "--config", file],
                             capture_output=True, text=True, timeout=60, check=False, env={})
    if run.returncode != 0:
        raise AssertionError(run.stderr)
    matches = [SHOWN.match(line) for line in run.stdout.splitlines()]
    return {match.group(1): match.group(2) if match.group(3) == "default" else None for match in matches}


def documented(page, name):
    """{key: default, or None for a required key} of the table that the comment `settings: name` announces."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    table = text.split(f"<!-- settings: {name} -->\n", 1)[1].split("\n\n", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {row[0].strip("`"): None if row[1] == "required" else row[1].strip("`") for row in rows}


class SettingsTables(unittest.TestCase):
    maxDiff = None

    def compare(self, table, *outputs):
        known = {}
        for output in outputs:
            for key, default in output.items():
                known[key] = default if default is not None else known.get(key)
        self.assertEqual(sorted(known), sorted(table))
        for key, default in known.items():
            if default is not None:
                self.assertEqual(default, table[key], key)

    def test_the_coordinators_settings_stand_in_docs_with_their_defaults(self):
        self.compare(documented("operating.md", "coordinator"), shown("bauta-coordinator", COORDINATOR))

    def test_the_clients_settings_stand_in_docs_with_their_defaults(self):
        self.compare(documented("partner_guide.md", "client"), *(shown("bauta-client", text) for text in CLIENTS))


if __name__ == "__main__":
    unittest.main()
