"""The results page: what it says of figures made by hand, and how it takes files that are absent or broken."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXPERIMENTS = ROOT / "tests/bench/experiments"
sys.path[:0] = [str(EXPERIMENTS), str(pathlib.Path(__file__).resolve().parent)]

import made_figures  # noqa: E402
import results  # noqa: E402
from result_sections import newcomer, plots, rounding, unlike_services  # noqa: E402
from result_sections.estimate import Estimate  # noqa: E402

NO_MATPLOTLIB = "raise ImportError('not here')\n"
FAKE_SIMULATE = '''#!{python}
import json, pathlib, sys
sys.path.insert(0, {here!r})
import made_figures
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
if sys.argv[1] == "make-data":
    out = pathlib.Path(arguments["--out"])
    out.mkdir()
    (out / "ground_truth.json").write_text(json.dumps({{"services": {{"grocery": {{"oracle_auc": 0.9}}}}}}))
else:
    service = dict(made_figures.nine_service("grocery", 0.7, 0.75), rows={{}})
    run = made_figures.nine_run(int(arguments["--seed"]), [service])
    pathlib.Path(arguments["--report"]).write_text(json.dumps(dict(run, seconds=1)))
'''


class Page(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bauta-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.figures = self.folder / "figures"
        self.figures.mkdir()
        self.out = self.folder / "results.md"

    def run_script(self, **environment):
        command = [sys.executable, "-B", EXPERIMENTS / "results.py", "--figures", self.figures, "--out", self.out]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})

    def without_matplotlib(self):
        """PYTHONPATH under which matplotlib cannot be imported: no time goes into plots."""
        (self.folder / "matplotlib.py").write_text(NO_MATPLOTLIB)
        return self.run_script(PYTHONPATH=str(self.folder))

    def page(self, **figures):
        made_figures.write(self.figures, **figures)
        done = self.without_matplotlib()
        self.assertEqual(0, done.returncode, done.stderr)
        return self.out.read_text(encoding="utf-8")

    def refusal(self, **figures):
        made_figures.write(self.figures, **figures)
        done = self.without_matplotlib()
        self.assertEqual(1, done.returncode)
        self.assertFalse(self.out.exists())
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr


class WhatItSays(Page):
    def test_every_experiment_with_figures_gets_its_section(self):
        page = self.page(**{name: made() for name, made in made_figures.ALL.items()})
        for section in results.SECTIONS[:-1]:
            self.assertIn(f"\n## {section.TITLE}\n", page)
            self.assertIn(f"* **{section.TITLE}**: ", page)
        self.assertIn("**Churn and customer value** is not measured yet", page)

    def test_an_experiment_without_figures_is_left_out_and_named_with_its_command(self):
        page = self.page(few_labels=made_figures.few_labels())
        self.assertNotIn("\n## Audiences from a sentence\n", page)
        self.assertIn("**Audiences from a sentence** is not measured yet", page)
        self.assertIn("experiments/audience --data $DIR --out $FIGURES/audience.json", page)

    def test_a_verdict_holds_in_every_seed_and_twenty_positives_give_none(self):
        page = self.page(nine_services=made_figures.nine_services())
        table = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
        rows = {row[0]: row[-1] for row in table}
        self.assertEqual("better", rows["grocery"])
        self.assertEqual("worse", rows["drugstore"])
        self.assertEqual("better in 1 of 3 seeds", rows["fuel"])
        self.assertEqual("cannot be judged", rows["fashion_banner"])
        # (0.05 − 0.04 + 0.02 / 3) / 3; fashion_banner's + 0.1 does not count
        self.assertIn("mean of the differences over the 3 services that can be judged is +0.006.", page)

    def test_the_closed_gap_is_of_gaining_services_only_and_shown_where_it_is_clear(self):
        page = self.page(unlike_services=made_figures.unlike_services())
        lines = page.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("| service | central − local"))
        table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[start + 2:start + 5]]
        self.assertEqual(["grocery", "fuel", "sum of these 2"], [row[0] for row in table])
        self.assertEqual(["−50 %", "75 %", "75 %"], table[0][2:])
        self.assertEqual(["not clear"] * 3, table[1][2:])
        self.assertEqual(["−44 %", "67 %", "67 %"], table[2][2:])
        self.assertIn("fashion_banner has 20 positive test samples", page)

    def test_a_sum_within_its_services_intervals_is_not_clear(self):
        figures = made_figures.unlike_services()
        for run in figures["runs"]:
            run["services"] = [made_figures.unlike_service(name, 0.6, dict.fromkeys(unlike_services.ARMS[2:], 0.608))
                               for name in ("grocery", "fuel")]
        made_figures.write(self.figures, unlike_services=figures)
        # 0.016 is above 0.01 · √2, but 0.014 in one of the seeds is not.
        self.assertTrue(unlike_services.sum_is_clear(unlike_services.read(self.figures).true.services))
        for service in figures["runs"][1]["services"]:
            service["central"]["difference"] = 0.007
        made_figures.write(self.figures, unlike_services=figures)
        self.assertFalse(unlike_services.sum_is_clear(unlike_services.read(self.figures).true.services))

    def test_what_masks_and_rounding_change_is_of_judged_services(self):
        made_figures.write(self.figures, unlike_services=made_figures.unlike_services())
        plain = unlike_services.read(self.figures).true.services
        product = [{arm: list(service.aucs[arm].values) for arm in unlike_services.OURS} for service in plain]
        for service, values in zip(plain, product):
            by = {"fuel": 0.003, "gift_shop": -0.006, "fashion_banner": 0.1}.get(service.name, 0)
            values["shared"][1] += by
        rows = {tuple(row[:2]): row[2:] for row in rounding.rows(plain, product)}
        # 9 judged services and seeds
        self.assertEqual(["−0.0003", "0.0010", "−0.0060", "gift_shop"], rows["shared", "product − plain"])
        self.assertEqual("0.0000", rows["shared", "rounded − plain"][1])
        self.assertEqual("0.0000", rows["served", "product − plain"][1])
        self.assertNotIn(("shared", "product − plain"), [tuple(row[:2]) for row in rounding.rows(plain, None)])

    def test_the_control_of_two_local_models_is_told(self):
        page = " ".join(self.page(unlike_services=made_figures.unlike_services()).split())
        self.assertIn("as good as what is served, or better, on 2 of 3 judged services: fuel and gift_shop", page)

    def test_a_part_is_worth_what_holds_in_every_seed(self):
        page = self.page(ablations=made_figures.ablations())
        self.assertIn("in every seed on one of 2 services: a plain mean instead of DIN's attention; better: without the "
                      "next-event losses.", page)
        self.assertIn("* Without the next-event losses: **better** in every seed for the shared model of gift_shop.", page)
        self.assertNotIn("* Softmax", page)
        self.assertIn("| 1 to 9 events | 4,000 | 0.01000 (25 %) | 0.00200 (5 %) |", page)

    def test_the_canary_is_quiet_at_a_half_and_loud_elsewhere(self):
        quiet = self.page(unlike_services=made_figures.unlike_services(),
                          unlike_services_permuted=made_figures.unlike_services_permuted())
        self.assertIn("| local | 0.500 | 0.490 … 0.510 | as guessing |", quiet)
        self.assertNotIn("something leaks", quiet)
        loud = self.page(unlike_services_permuted=made_figures.unlike_services_permuted(0.53))
        self.assertEqual(len(unlike_services.ARMS), loud.count("something leaks"))

    def test_the_canary_of_the_future_is_quiet_at_a_half_and_loud_elsewhere(self):
        figures = made_figures.unlike_services()
        self.assertIn("mean AUC 0.490, 0.490 … 0.490; 0 of 9 intervals", " ".join(self.page(unlike_services=figures).split()))
        for run in figures["runs"]:
            run["services"][0]["exchanged_futures"] = made_figures.auc(0.6)
            del run["services"][1]["exchanged_futures"]
        page = " ".join(self.page(unlike_services=figures).split())
        self.assertIn("Of the 2 judged services", page)
        self.assertIn("3 of 6 intervals leave out 0.5 (one in twenty would by chance): **not as guessing", page)

    def test_labels_to_parity_are_linear_in_their_logarithm(self):
        made_figures.write(self.figures, newcomer=made_figures.newcomer())
        grocery, fuel, gift_shop = newcomer.read(self.figures).alone.services
        words, labels = grocery.labels_to_parity()  # half way from 100 to 10,000
        self.assertEqual("about", words)
        self.assertAlmostEqual(1000, labels, places=6)
        self.assertIsNone(fuel.labels_to_parity())
        self.assertEqual(("at most", 100), gift_shop.labels_to_parity())

    def test_a_newcomer_is_close_by_its_mean_and_the_seeds_stand_beside_it(self):
        page = self.page(newcomer=made_figures.newcomer())
        self.assertIn("| fuel | 0.745 | 0.750 | −0.005 " + "[−0.009, −0.001] " * 3 + "| yes, 3 of 3 seeds |", page)
        self.assertIn("| no, 3 of 3 seeds | about 1,000 |", page)
        self.assertIn("in 1 of 3 services (mean difference −0.102)", page)

    def test_the_commands_are_those_of_these_figures(self):
        page = self.page(unlike_services=dict(made_figures.unlike_services([4, 5]), set=["training.dropout=0.2"]),
                         newcomer=made_figures.newcomer(), newcomer_family=made_figures.newcomer_family())
        self.assertIn("unlike_services --data $DIR --set training.dropout=0.2 --seeds 4,5 --out", page)
        self.assertIn("newcomer --data $DIR --family fuel,grocery --newcomers grocery,fuel,gift_shop --out", page)

    def test_an_audience_without_a_lift_has_a_dash_and_one_without_sentences_is_left_out(self):
        page = self.page(audience=made_figures.audience())
        self.assertIn("|  | **bauta** | 0.750 [0.730, 0.770] | – | 2.5 [2.2, 2.8] |", page)
        self.assertNotIn("coupon_mail, 0", page)
        self.assertIn("hold 0.5 for every scorer", page)
        self.assertIn("leave out 0.5 for 12 of 12", self.page(audience=made_figures.audience(0.6)))

    def test_the_next_item_table_keeps_the_control(self):
        page = self.page(next_item=made_figures.next_item())
        self.assertIn("| *control: mean of two local models* | .1040/.0520 |", page)
        self.assertIn("not knowledge of other services", page)
        weaker = made_figures.next_item()
        for service in weaker["services"].values():
            service["two local"]["ndcg10"]["mean"] = 0.047
        self.assertNotIn("not knowledge of other services", self.page(next_item=weaker))

    def test_the_next_event_loss_is_judged_at_every_number_of_labels(self):
        page = self.page(few_labels=made_figures.few_labels())
        self.assertIn("| 100 | 0.730 | 0.700 | +0.030 [+0.020, +0.040] [+0.020, +0.040] | better |", page)
        self.assertIn("helps at 1 of 2 sizes of the label set, harms at 0", page)

    def test_a_seed_without_a_point_at_some_number_of_labels_is_named(self):
        figures = made_figures.few_labels()
        figures["runs"][1]["points"].pop(0)
        page = self.page(few_labels=figures)
        self.assertIn("| 100 (1 of 2 seeds) | 0.730 | 0.700 | +0.030 [+0.020, +0.040] | better |", page)
        self.assertIn("| 1,000 | 0.700 |", page)

    def test_an_interval_that_is_missing_in_one_seed_gives_no_verdict(self):
        self.assertEqual("cannot be judged", Estimate([0.1, 0.1], [(0.05, 0.15), None]).verdict())

    def test_the_committed_page_is_that_of_the_committed_figures(self):
        figures, out = ROOT / "docs/figures", ROOT / "docs/results.md"
        self.assertEqual(results.page(results.measured(figures, out), figures, out), out.read_text(encoding="utf-8"),
                         "run python3 tests/bench/experiments/results.py")


class BadFiles(Page):
    def test_a_missing_key_is_named_with_its_file(self):
        figures = made_figures.unlike_services()
        del figures["runs"][1]["services"][0]["central"]["auc"]
        self.assertIn("unlike_services.json: runs[1].services[0].central.auc is missing",
                      self.refusal(unlike_services=figures))

    def test_a_value_of_another_kind_is_named(self):
        figures = made_figures.newcomer()
        figures["runs"][0]["services"][1]["no_label"]["auc"] = "0.7"
        self.assertIn("newcomer.json: runs[0].services[1].no_label.auc is not a number", self.refusal(newcomer=figures))

    def test_what_is_not_json_is_named(self):
        (self.figures / "few_labels.json").write_text("{")
        self.assertIn("few_labels.json: is not JSON", self.refusal())

    def test_seeds_with_other_services_are_refused(self):
        figures = made_figures.nine_services()
        figures["nine"]["runs"][2]["services"].pop()
        self.assertIn("nine.runs[2].services are not the services of the first run",
                      self.refusal(nine_services=figures))

    def test_a_short_run_and_an_exchanged_canary_are_refused(self):
        self.assertIn("short is true", self.refusal(audience=dict(made_figures.audience(), short=True)))
        (self.figures / "audience.json").unlink()
        self.assertIn("permuted_labels must be false",
                      self.refusal(unlike_services=made_figures.unlike_services_permuted()))


class Plots(Page):
    @unittest.skipUnless(plots.can_draw(), "matplotlib is not there")
    def test_the_same_figures_give_the_same_bytes(self):
        made_figures.write_all(self.figures)
        found = []
        for _ in range(2):
            self.assertEqual(0, self.run_script().returncode)
            found.append({path.name: path.read_bytes() for path in self.figures.glob("*.svg")})
        self.assertEqual(found[0], found[1])
        page = self.out.read_text(encoding="utf-8")
        self.assertEqual(8, len(found[0]))
        for name, drawn in found[0].items():
            self.assertIn(f"(figures/{name})", page)
            self.assertNotIn(b"date>", drawn)

    def test_without_matplotlib_plots_stay_as_they_are(self):
        (self.figures / "few_labels.svg").write_text("an older plot")
        made_figures.write(self.figures, few_labels=made_figures.few_labels(), audience=made_figures.audience())
        done = self.without_matplotlib()
        self.assertEqual(0, done.returncode)
        self.assertIn("matplotlib is not there", done.stderr)
        self.assertEqual("an older plot", (self.figures / "few_labels.svg").read_text())
        page = self.out.read_text(encoding="utf-8")
        self.assertIn("(figures/few_labels.svg)", page)
        self.assertNotIn("audience.svg", page)


class NineServices(Page):
    def test_its_runs_become_figures_that_the_page_can_read(self):
        simulate = self.folder / "simulate"
        here = str(pathlib.Path(__file__).resolve().parent)
        simulate.write_text(FAKE_SIMULATE.format(python=sys.executable, here=here))
        simulate.chmod(0o755)
        (self.folder / "data/grocery").mkdir(parents=True)
        (self.folder / "data/grocery/events.csv.gz").touch()
        keep = self.folder / "keep"

        def run_it(*more):
            return subprocess.run([sys.executable, "-B", EXPERIMENTS / "nine_services.py", "--data", self.folder / "data",
                                   "--simulate", simulate, "--out", self.figures / "nine_services.json", "--keep", keep,
                                   *more], check=True, capture_output=True, text=True).stderr
        run_it()
        figures = json.loads((self.figures / "nine_services.json").read_text())
        self.assertEqual(40, figures["rounds"])
        self.assertEqual([1, 2, 3], [run["seed"] for run in figures["nine"]["runs"]])
        self.assertNotIn("rows", figures["nine"]["runs"][0]["services"][0])
        self.assertIn("rounds = 40", (keep / "nine-seed2.toml").read_text())
        page = self.page()
        self.assertIn("| grocery | 400 / 1,000 | 0.700 | 0.650 | 0.710 | 0.750 | 0.900 | mix |", page)
        self.assertIn("\n40 rounds with masks", page)
        (keep / "nine-seed2.json").unlink()
        (keep / "made-seed3.toml").write_text("another plan")
        self.assertEqual(["nine, seed 2", "made, seed 3"],
                         [line for line in run_it("--resume").splitlines() if ", seed" in line])

    def test_lane_widths_still_takes_its_options_from_it(self):
        done = subprocess.run([sys.executable, "-B", EXPERIMENTS / "lane_widths.py", "--help"],
                              capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("--rounds", done.stdout)


if __name__ == "__main__":
    unittest.main()
