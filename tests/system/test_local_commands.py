"""score, recommend and target of the real client, on the state that a short simulated run leaves."""
import csv
import datetime
import io
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib
import unittest

import tiny_data
from system_test import ROOT, one_line_of, to_toml, with_values

PLAN = {"model": {"table_rows": 256, "token_width": 8, "width": 16},
        "training": {"local_steps": 30, "batch_size": 32}, "round": {"rounds": 2}}
SERVICE = "books"


class LocalCommands(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="bauta-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.bin = pathlib.Path(os.environ["BAUTA_BIN"])
        cls.data = cls.folder / "data"
        tiny_data.make(cls.data)
        (cls.folder / "plan.toml").write_text(
            with_values((ROOT / "deploy/demo/plan.toml").read_text(encoding="utf-8"), PLAN), encoding="utf-8")
        subprocess.run([cls.bin / "bauta-simulate", "run", "--data", cls.data, "--plan", cls.folder / "plan.toml",
                        "--work", cls.folder / "work"], check=True, capture_output=True, timeout=300)
        cls.consenting, cls.refusing = set(), set()  # only who has an event is known
        with open(cls.data / SERVICE / "events.csv", newline="", encoding="utf-8") as file:
            seen = {row["person_id"] for row in csv.DictReader(file)}
        with open(cls.data / SERVICE / "persons.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["consent"] != "1":
                    cls.refusing.add(row["person_id"])
                elif row["person_id"] in seen:
                    cls.consenting.add(row["person_id"])

    def setUp(self):
        self.assertTrue(self.refusing)

    def configuration(self, contact, service=SERVICE, state=None, task=None, events=None):
        tables = tomllib.loads((self.data / f"services/{service}.toml").read_text(encoding="utf-8"))
        data = {key: str(self.data / value) for key, value in tables["data"].items()}
        data.update({"events": str(events)} if events else {})
        file = self.folder / f"client-{self.id()}.toml"
        file.write_text(to_toml({
            "name": service, "state_dir": state or self.folder / "work" / service, "roster": "roster.toml",
            "coordinator": {"host": "localhost", "port": 1, "ca": "ca.pem"}, "tls": {"certificate": "c", "key": "k"},
            "signing": {"key": "k"}, "log": {"format": "json"}, "contact": contact, "data": data,
            "task": {**tables["task"], **(task or {})}}), encoding="utf-8")
        return file

    def run_client(self, *arguments, contact=None, **where):
        return subprocess.run([self.bin / "bauta-client", *arguments, "-c",
                               self.configuration(contact or {"least": 5}, **where)],
                              capture_output=True, text=True, timeout=120, check=False)

    def table(self, *arguments, **where):
        """Rows of the CSV on standard output, and standard error."""
        run = self.run_client(*arguments, **where)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual([], [row for row in self.refusing if row in run.stdout + run.stderr])
        return list(csv.DictReader(io.StringIO(run.stdout, newline=""))), run.stderr

    def refusal(self, *arguments, **where):
        run = self.run_client(*arguments, **where)
        self.assertEqual(1, run.returncode, run.stderr)
        self.assertEqual("", run.stdout)
        return one_line_of(run.stderr)[-1]

    def test_every_consenting_person_gets_a_probability_and_no_other_does(self):
        for task, column in (("propensity", "probability"), ("churn", "churn_probability")):
            rows, said = self.table("score", "--task", task)
            self.assertEqual(self.consenting, {row["person_id"] for row in rows})
            numbers = [float(row[column]) for row in rows]
            self.assertTrue(all(0 < number < 1 for number in numbers), numbers)
            self.assertEqual(sorted(numbers, reverse=True), numbers)
            self.assertRegex(said, r"held-out test samples: calibration error 0\.\d+")

    def test_values_are_amounts(self):
        rows, said = self.table("score", "--task", "value")
        self.assertEqual(self.consenting, {row["person_id"] for row in rows})
        self.assertTrue(all(float(row["expected_amount"]) >= 0 for row in rows))
        self.assertIn("normalised Gini", said)

    def test_scores_go_to_a_file_and_standard_output_stays_empty(self):
        file = self.folder / "scores.json"
        run = self.run_client("score", "--out", file, "-o", "json")
        self.assertEqual((0, ""), (run.returncode, run.stdout), run.stderr)
        report = json.loads(file.read_text(encoding="utf-8"))
        self.assertEqual(len(self.consenting), len(report["persons"]))
        self.assertLessEqual(report["calibration_error"], 1)
        self.assertEqual(0o600, file.stat().st_mode & 0o777)

    def test_a_table_never_replaces_what_is_read_nor_what_is_no_file(self):
        events = self.data / SERVICE / "events.csv"
        before = events.read_bytes()
        self.assertIn("is read by this command", self.refusal("score", "--out", events))
        self.assertIn("is read by this command", self.refusal("target", "customers likely to buy comics",
                                                              "--controls", events))
        self.assertEqual(before, events.read_bytes())
        self.assertIn("own folder", self.refusal("score", "--out", self.folder / "work" / SERVICE / "serving.vectors"))
        self.assertIn("is a directory", self.refusal("score", "--out", self.folder))
        self.assertIn("is no directory", self.refusal("score", "--out", self.folder / "nowhere/scores.csv"))
        same = self.folder / "same.csv"
        self.assertIn("same file", self.refusal("target", "customers likely to buy comics", "--out", same,
                                                "--controls", self.folder / "." / "../" / self.folder.name / "same.csv"))
        target, link, pipe = (self.folder / name for name in ("target.csv", "link.csv", "pipe.csv"))
        target.write_text("old")
        link.symlink_to(target)
        self.assertEqual(0, self.run_client("score", "--out", link).returncode)
        self.assertTrue(link.is_symlink())
        self.assertTrue(target.read_text(encoding="utf-8").startswith("person_id,probability"))
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
            self.assertEqual(0, self.run_client("score", "--out", pipe).returncode)
            self.assertEqual(target.read_text(encoding="utf-8"), reader.stdout.read())
        self.assertTrue(pipe.is_fifo())
        self.assertEqual([], list(self.folder.glob("*.tmp.*")))

    def test_an_event_in_the_future_does_not_move_the_present(self):
        events = self.folder / "future.csv"
        person = sorted(self.consenting)[0]
        lines = (self.data / SERVICE / "events.csv").read_text(encoding="utf-8").splitlines()
        columns = lines[0].split(",")
        row = {"person_id": person, "occurred_at": "2199-01-01T00:00:00Z", "event_type": "purchase"}
        events.write_text("\n".join(lines + [",".join(row.get(name, "") for name in columns)]) + "\n", encoding="utf-8")
        _, said = self.table("score", events=events)
        self.assertIn("lie in the future", said)
        self.assertNotIn(" at 2199", said)
        # Events carry the service's own wall clock, which may be hours ahead.
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)
        events.write_text(events.read_text(encoding="utf-8").replace("2199-01-01T00:00:00Z",
                                                                     soon.strftime("%Y-%m-%dT%H:%M:%SZ")), encoding="utf-8")
        _, said = self.table("score", events=events)
        self.assertNotIn("lie in the future", said)
        self.assertIn(f" at {soon + datetime.timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}", said)

    def test_a_choice_serves_its_own_question_only(self):
        said = self.refusal("score", task={"horizon_days": 3})
        self.assertIn("within 3 days", said)
        self.assertIn("evaluate", said)

    def test_an_evaluation_is_told_beside_what_needs_no_model(self):
        state, report = self.folder / "evaluated", self.folder / "gain.json"
        shutil.copytree(self.folder / "work" / SERVICE, state)
        run = self.run_client("evaluate", "--report", report, state=state)
        self.assertEqual((0, ""), (run.returncode, run.stdout), run.stderr)
        figures = json.loads(report.read_text(encoding="utf-8"))
        for name in ("local", "shared", "personalised", "served", "recency"):
            self.assertRegex(run.stderr, rf"\n  {name}.*{figures['auc_' + name]:.3f} \[")

    def test_only_who_was_known_at_a_time_is_scored_there(self):
        rows, _ = self.table("score", "--at", "2023-01-09")
        with open(self.data / SERVICE / "events.csv", newline="", encoding="utf-8") as file:
            known = {row["person_id"] for row in csv.DictReader(file) if row["occurred_at"] < "2023-01-09"}
        self.assertEqual(known & self.consenting, {row["person_id"] for row in rows})

    def test_an_explanation_names_events_of_that_person_only(self):
        person = sorted(self.consenting)[0]
        with open(self.data / SERVICE / "events.csv", newline="", encoding="utf-8") as file:
            times = {row["occurred_at"] for row in csv.DictReader(file) if row["person_id"] == person}
        rows, said = self.table("score", "--explain", person)
        self.assertTrue(rows)
        self.assertLessEqual({row["occurred_at"] for row in rows}, times)
        self.assertTrue(all(row["item_text"] in tiny_data.WORDS[SERVICE] for row in rows))
        weights = [float(row["weight"]) for row in rows]
        self.assertEqual(sorted(weights, reverse=True), weights)
        self.assertIn("probability", said)
        rows, _ = self.table("recommend", "--top", "2", "--explain", person)
        self.assertEqual({"1", "2"}, {row["rank"] for row in rows})
        self.assertLessEqual({row["occurred_at"] for row in rows}, times)

    def test_nobody_who_refused_is_explained(self):
        self.assertIn("no consenting person", self.refusal("score", "--explain", sorted(self.refusing)[0]))

    def test_recommendations_are_different_items_of_the_service(self):
        rows, said = self.table("recommend", "--top", "3")
        self.assertEqual(self.consenting, {row["person_id"] for row in rows})
        for person in self.consenting:
            own = [row for row in rows if row["person_id"] == person]
            self.assertEqual(["1", "2", "3"], [row["rank"] for row in own])
            self.assertEqual(3, len({row["item_id"] for row in own}))
            self.assertTrue(all(row["item_text"] == tiny_data.WORDS[SERVICE][int(row["item_id"])] for row in own))
        self.assertRegex(said, r"popularity of what is recommended 0\.\d+")
        self.assertRegex(said, r"100\.0 % of the 4 items|75\.0 % of the 4 items")

    def test_new_only_leaves_out_what_was_bought(self):
        with open(self.data / SERVICE / "events.csv", newline="", encoding="utf-8") as file:
            bought = {(row["person_id"], row["item_id"]) for row in csv.DictReader(file)}
        rows, _ = self.table("recommend", "--new-only")
        self.assertTrue(rows)
        self.assertEqual(set(), bought & {(row["person_id"], row["item_id"]) for row in rows})

    def test_an_audience_has_its_size_and_says_what_to_expect(self):
        controls = self.folder / "controls.csv"
        rows, said = self.table("target", "customers likely to buy comics within 14 days", "--size", "15", "--controls",
                                controls, contact={"least": 5, "hold_out": 0.3, "hold_out_key": "spring"})
        persons = [row["person_id"] for row in rows]
        self.assertEqual(15, len(set(persons)))
        self.assertLessEqual(set(persons), self.consenting)
        self.assertIn("3 persons without consent", said)
        self.assertIn("understood as:", said)
        self.assertRegex(said, r"expected precision: \d+\.\d %")
        with open(controls, newline="", encoding="utf-8") as file:
            held_out = {row["person_id"] for row in csv.DictReader(file)}
        self.assertTrue(held_out)
        self.assertEqual(set(), held_out & set(persons))
        self.assertLessEqual(held_out, self.consenting)

    def test_a_report_as_json_holds_the_steps(self):
        run = self.run_client("target", "top 10 customers likely to buy comics", "-o", "json")
        self.assertEqual(0, run.returncode, run.stderr)
        report = json.loads(run.stdout)
        self.assertEqual(10, len(report["audience"]))
        self.assertEqual(len(self.refusing), report["persons_without_consent"])
        self.assertTrue(report["steps"])

    def test_whoever_was_mailed_enough_is_left_out(self):
        _, said = self.table("target", "customers likely to redeem coupons", service="mailer",
                             contact={"least": 1, "most": 100})
        self.assertRegex(said, r"-0 -> \d+ remain: fatigue: contacted 100 times")
        self.assertIn("fatigue", self.refusal("target", "customers likely to redeem coupons", service="mailer",
                                              contact={"least": 1, "most": 1, "days": 30}))

    def test_too_small_an_audience_is_refused_and_nothing_is_written(self):
        file = self.folder / "audience.csv"
        said = self.refusal("target", "customers likely to buy comics", "--size", "5", "--out", file,
                            contact={"least": 20})
        self.assertIn("20", said)
        self.assertFalse(file.exists())
        self.assertIn("zebras", self.refusal("target", "customers likely to buy zebras"))
        self.assertIn("--size", self.refusal("target", "top 10 customers likely to buy comics", "--size", "5"))

    def test_before_a_choice_the_shared_model_is_used_and_said_so(self):
        state = self.folder / "day-0"
        shutil.copytree(self.folder / "work" / SERVICE, state)
        (state / "serving.vectors").unlink()
        rows, said = self.table("score", state=state)
        self.assertEqual(self.consenting, {row["person_id"] for row in rows})
        self.assertIn("used as it is", said)
        self.assertIn("not chosen yet", said)

    def model_files(self):
        models = self.folder / "work" / SERVICE / "models"
        [plan] = models.glob("*.plan.toml")
        return ["--model", models / "current.bauta", "--plan", plan]

    def test_a_newcomer_asks_a_given_model_before_its_first_round_and_first_label(self):
        nothing, no_labels = self.folder / "newcomer", {"cut": "2040-01-01"}
        for command in (["score"], ["score", "--task", "value"], ["recommend", "--top", "1"]):
            rows, said = self.table(*command, *self.model_files(), state=nothing, task=no_labels)
            self.assertEqual(self.consenting, {row["person_id"] for row in rows})
            self.assertIn("no samples of your own yet", said)
            self.assertFalse(nothing.exists())
        rows, said = self.table("score", *self.model_files(), state=nothing, task=no_labels)
        self.assertIn("not calibrated", said)
        self.assertEqual([], [row for row in rows if not 0 < float(row["probability"]) < 1])
        _, said = self.table("score", *self.model_files(), state=nothing)
        self.assertRegex(said, r"held-out test samples: calibration error 0\.\d+")

    def test_a_given_model_goes_with_its_own_plan_only(self):
        model, plan = self.model_files()[:2], self.folder / "other.toml"
        plan.write_text(self.model_files()[3].read_text(encoding="utf-8") + "\n# not the same bytes\n", encoding="utf-8")
        self.assertIn("was made by the plan", self.refusal("score", *model, "--plan", plan))
        self.assertEqual(2, self.run_client("score", *model).returncode)
        damaged = self.folder / "damaged.bauta"
        damaged.write_bytes(model[1].read_bytes()[:-1])
        self.assertIn("damaged.bauta", self.refusal("score", "--model", damaged, *self.model_files()[2:]))

    def test_without_any_model_the_way_to_one_is_named(self):
        state = self.folder / "nothing"
        for command in (["score"], ["recommend"], ["target", "customers likely to buy comics"]):
            said = self.refusal(*command, state=state)
            self.assertIn("no model yet", said)
            self.assertFalse(state.exists())

    def test_a_service_of_offers_needs_the_item(self):
        self.assertIn("--item", self.refusal("score", service="mailer"))
        rows, _ = self.table("score", "--item", "2", service="mailer")
        self.assertTrue(rows)


if __name__ == "__main__":
    unittest.main()
