"""A client's anonymous memory while it reads its data: the same for ten times the events."""
import datetime
import json
import pathlib
import re
import resource
import subprocess
import time
import unittest

from system_test import SystemTest, slowdown, to_toml

FIRST_DAY = datetime.date(2024, 1, 1)
DAYS = 150
PERSONS = 2000
ITEMS = 500
FEW, MANY = 300_000, 3_000_000
BUDGET_MEGABYTES = 4  # holds neither
TOLERATED_BYTES = 4 << 20  # reading many events of old took 150 MB more than reading few
RSS_ANON = re.compile(r"^RssAnon:\s*(\d+) kB$", re.MULTILINE)


def write_events(path, count):
    """Evenly over days, persons and items; days in order, persons not."""
    a_day = count // DAYS
    template = "".join(f"p{number * 7919 % PERSONS},DAYT{number * 31 % 24:02}:{number * 17 % 60:02}:00Z,"
                       f"{'view' if number % 50 else 'purchase'},i{number * 613 % ITEMS},1.5,web\n"
                       for number in range(a_day))
    with open(path, "w", encoding="ascii") as file:
        file.write("person_id,occurred_at,event_type,item_id,amount,channel\n")
        for day in range(DAYS):
            file.write(template.replace("DAY", str(FIRST_DAY + datetime.timedelta(days=day))))


def peak_anonymous(process):
    """The largest RssAnon seen while the process runs, in bytes."""
    peak = 0
    status = pathlib.Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        found = RSS_ANON.search(status.read_text(encoding="ascii"))
        peak = max(peak, int(found.group(1)) * 1024 if found else 0)
        time.sleep(0.001)
    return peak


class Memory(SystemTest):

    def config_for(self, count):
        """A client's configuration with so many events."""
        folder = self.folder / f"events-{count}"
        folder.mkdir()
        write_events(folder / "events.csv", count)
        (folder / "persons.csv").write_text(
            "person_id,consent\n" + "".join(f"p{number},1\n" for number in range(PERSONS)), encoding="ascii")
        (folder / "items.csv").write_text("item_id,title,category,brand\n" + "".join(
            f"i{number},thing {number},things,\n" for number in range(ITEMS)), encoding="ascii")
        tables = self.federation.client_tables("books")
        tables["data"] = {table: folder / f"{table}.csv" for table in ("events", "items", "persons")}
        tables["data"] |= {"memory_megabytes": BUDGET_MEGABYTES, "scratch": self.folder / "scratch"}
        tables["task"] = {"kind": "propensity", "target": "purchase", "horizon_days": 7, "training_cuts": 3,
                          "cut": str(FIRST_DAY + datetime.timedelta(days=DAYS - 10))}
        file = folder / "client.toml"
        file.write_text(to_toml(tables), encoding="utf-8")
        return file

    def check(self, config, **options):
        command = [self.federation.programs["bauta-client"], "config", "check", "--data", "--config", config]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)

    def assert_scratch_is_empty(self):
        self.assertTrue((self.folder / "scratch").is_dir(), "the events were to go to the disk")
        self.assertEqual([], list((self.folder / "scratch").iterdir()))

    def test_ten_times_the_events_take_no_more_memory(self):
        if slowdown() > 1:
            self.skipTest("a sanitizer keeps memory of its own")
        peaks = {}
        for count in (FEW, MANY):
            with self.check(self.config_for(count)) as process:
                peaks[count] = peak_anonymous(process)
                output = process.stdout.read()
            self.assertEqual(0, process.returncode, output)
            entries = map(json.loads, output.splitlines()[:-1])
            loaded = next(entry for entry in entries if entry["event"] == "data loaded")
            self.assertEqual(count, loaded["events"])
            self.assert_scratch_is_empty()
        print(f"peak anonymous memory: {peaks}")
        self.assertGreater(peaks[FEW], BUDGET_MEGABYTES << 19)
        self.assertLess(peaks[MANY], peaks[FEW] + TOLERATED_BYTES)

    def test_a_disk_without_room_for_the_events_is_one_message_that_names_the_setting(self):
        limit = 3 << 20
        with self.check(self.config_for(FEW),
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) as process:
            output = process.communicate(timeout=60 * slowdown())[0]
        self.assertEqual(1, process.returncode, output)
        self.assertIn("[data] scratch", output)
        self.assertEqual(1, len(output.splitlines()), output)
        self.assert_scratch_is_empty()


if __name__ == "__main__":
    unittest.main()
