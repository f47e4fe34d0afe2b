"""The demo's own logic, run against test doubles of the programs (fake_programs.py)."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[4]
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "deploy/demo"))

import configuration  # noqa: E402
import processes  # noqa: E402

PLAN = '[model]\ntable_rows = 256\ntoken_width = 16\n[update]\nlane = 32\n[round]\nrounds = 10 # of them\ndeadline_seconds = 600\n'


class TemporaryFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bauta-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)


class Demo(TemporaryFolder):
    def setUp(self):
        super().setUp()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for name in ("bauta-coordinator", "bauta-client", "bauta", "bauta-simulate"):
            program = self.bin / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -B "{HERE}/fake_programs.py" {name} "$@"\n')
            program.chmod(0o755)
        (self.folder / "plan.toml").write_text(PLAN)
        self.work = self.folder / "work"

    def start(self, *options, **variables):
        return subprocess.Popen([sys.executable, "-B", ROOT / "deploy/demo/demo.py", "--bin", self.bin, "--plan",
                                 self.folder / "plan.toml", "--work", self.work, *options], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env={**os.environ, **variables})

    def finish(self, demo, seconds=60):
        try:
            output, errors = demo.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            demo.kill()
            self.fail(f"the demo did not end: {demo.communicate()}")
        return demo.returncode, output, errors

    def assert_no_process_left(self):
        """Every fake carries the work folder in its command line."""
        def left():
            found = []
            for entry in pathlib.Path("/proc").iterdir():
                try:
                    if entry.name.isdigit() and str(self.work).encode() in (entry / "cmdline").read_bytes():
                        found.append(entry.name)
                except OSError:
                    pass
            return found
        processes.wait_until(lambda: not left(), 5, "no process is left")

    def test_the_demo_runs_to_its_end_and_leaves_no_process(self):
        report = self.folder / "out.json"
        code, output, errors = self.finish(self.start("--rounds", "2", "--report", report))
        self.assertEqual((0, ""), (code, errors), output)
        self.assertIn("table of books cinema groceries travel", output)
        self.assertEqual(2, json.loads(report.read_text())["rounds_completed"])
        self.assertIn(f"logs:   {self.work}/logs", output)
        self.assert_no_process_left()

    def test_chaos_kills_what_it_says_at_the_moment_it_says(self):
        code, output, errors = self.finish(self.start("--rounds", "6", "--chaos"), 100)
        self.assertEqual((0, ""), (code, errors), output)
        for line in ("SIGKILL for books in the middle of its upload", "after its upload", "SIGKILL for the coordinator"):
            self.assertIn(line, output)
        self.assertEqual(1, json.loads((self.work / "report.json").read_text())["dropouts_survived"])
        self.assert_no_process_left()

    def test_a_daemon_that_dies_ends_the_demo_with_its_last_words(self):
        code, output, errors = self.finish(self.start("--rounds", "3", FAKE_COORDINATOR_DIES="1"))
        self.assertEqual(1, code, output)
        self.assertIn("demo: bauta-coordinator ended with status 3", errors)
        self.assertIn("the disk is full", errors)
        self.assert_no_process_left()

    def test_an_interrupt_ends_everything(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                shutil.rmtree(self.work, ignore_errors=True)
                demo = self.start("--rounds", "1000")
                processes.wait_until(lambda: list(self.work.glob("pki/fake/1-*")), 30, "the run began")
                demo.send_signal(number)
                self.assertEqual(130, self.finish(demo)[0])
                self.assert_no_process_left()

    def test_daemons_do_not_outlive_a_killed_demo(self):
        demo = self.start("--rounds", "1000")
        processes.wait_until(lambda: list(self.work.glob("pki/fake/1-*")), 30, "the run began")
        demo.kill()
        demo.communicate()
        self.assert_no_process_left()

    def test_keep_leaves_the_daemons_running_and_says_how_to_stop_them(self):
        code, output, errors = self.finish(self.start("--rounds", "1", "--keep"))
        self.assertEqual((0, ""), (code, errors), output)
        line = next(line for line in output.splitlines() if "to stop them: kill -TERM" in line)
        pids = [int(word) for word in line.split("kill -TERM")[1].split()]
        self.assertEqual(5, len(pids))
        for pid in pids:
            os.kill(pid, signal.SIGTERM)  # fails where it is not running
        self.assert_no_process_left()

    def test_bad_options_are_refused_before_anything_starts(self):
        for options, words in ((["--rounds", "0"], "at least 1"), (["--rounds", "2", "--chaos"], "at least 3"),
                               (["--data", "/nonexistent"], "does not exist"),
                               (["--report", "/nonexistent/x.json"], "does not exist")):
            with self.subTest(options=options):
                code, _, errors = self.finish(self.start(*options))
                self.assertNotEqual(0, code)
                self.assertIn(words, errors)
        (self.work / "something").mkdir(parents=True)
        code, _, errors = self.finish(self.start())
        self.assertEqual(1, code)
        self.assertIn("is not empty", errors)


class Configuration(TemporaryFolder):
    def test_written_toml_reads_back_as_it_was(self):
        import datetime
        tables = {"name": 'a "quoted" \\ name\n', "n": 3, "share": 0.25, "on": True, "list": ["a", "b"],
                  "data": {"events": "/x/y.csv", "type_map": {"own name": "purchase"}},
                  "task": {"cut": datetime.datetime(2017, 10, 1, tzinfo=datetime.timezone.utc)}}
        path = self.folder / "x.toml"
        path.write_text(configuration.to_toml(tables))
        self.assertEqual(tables, configuration.read_toml(path))

    def test_plan_values_are_replaced_in_their_own_table_only(self):
        plan = configuration.with_values('rounds = 1\n[round]\nrounds = 2\n[other]\nrounds = 3\n', {"round": {"rounds": 9}})
        self.assertEqual('rounds = 1\n[round]\nrounds = 9\n[other]\nrounds = 3\n', plan)
        with self.assertRaisesRegex(processes.Failure, "no key round.pace"):
            configuration.with_values(plan, {"round": {"pace": 1}})

    def test_services_without_events_in_the_data_folder_are_left_out(self):
        fallback = self.folder / "fallback"
        fallback.mkdir()
        for name in "abcd":
            (fallback / f"{name}.toml").write_text(f'[data]\nevents = "{name}/events.csv"\n[task]\n')
            (self.folder / name).mkdir()
        for name in "abc":
            (self.folder / name / "events.csv").touch()
        services = configuration.find_services(self.folder, fallback)
        self.assertEqual(["a", "b", "c"], [service.name for service in services])
        self.assertEqual(str((self.folder / "a/events.csv").resolve()), services[0].data["events"])
        (self.folder / "c/events.csv").unlink()
        with self.assertRaisesRegex(processes.Failure, "at least 3"):
            configuration.find_services(self.folder, fallback)


class Processes(TemporaryFolder):
    def test_the_event_log_gives_whole_json_lines_once(self):
        path = self.folder / "x.log"
        log = processes.EventLog(path)
        self.assertEqual([], log.poll())
        path.write_text('noise\n{"event":"a"}\n{"event":')
        self.assertEqual(["a"], [entry["event"] for entry in log.poll()])
        with open(path, "a", encoding="utf-8") as file:
            file.write('"b"}\n')
        self.assertEqual(["b"], [entry["event"] for entry in log.poll()])
        self.assertEqual([], log.poll())

    def test_free_ports_are_distinct_and_free(self):
        ports = processes.free_ports(5)
        self.assertEqual(5, len(set(ports)))
        self.assertTrue(all(port in processes.PORTS for port in ports))

    def test_a_daemon_that_ignores_sigterm_is_reported(self):
        daemon = processes.Daemon("stubborn", ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"],
                                  self.folder / "log")
        daemon.start()
        self.addCleanup(daemon.kill)
        processes.wait_until(lambda: (self.folder / "log").read_text(), 10, "the trap is set")
        with self.assertRaisesRegex(processes.Failure, "stubborn did not end within"):
            daemon.stop(seconds=0.3)
        daemon.kill()
        self.assertFalse(daemon.alive())

    def test_a_failing_command_is_reported_with_its_last_line(self):
        with self.assertRaisesRegex(processes.Failure, "ended with status 3: the reason"):
            processes.run(["/bin/sh", "-c", "echo first >&2; echo the reason >&2; exit 3"])


if __name__ == "__main__":
    unittest.main()
