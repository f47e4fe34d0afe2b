"""Lies and rosters between real processes: what is left of a lie convicts on another machine, and only partners' signatures
change a roster."""
import json
import re
import subprocess
import unittest

from system_test import SystemTest, to_toml, wait_until, slowdown


class Command(SystemTest):
    def call(self, program, *arguments):
        return subprocess.run([self.federation.programs[program], *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)

    def client(self, name, *arguments):
        return self.call("bauta-client", *arguments, "--config", self.federation.config_file(name))


class Equivocation(Command):
    rounds = 2
    deadline_seconds = 30

    def test_a_coordinator_that_forgets_a_round_and_gives_it_another_cohort_is_convicted_by_its_own_signatures(self):
        names = list(self.federation.services)
        present, away = names[:3], names[3]
        self.federation.start_coordinator()
        self.federation.create_token()
        for name in present:
            self.federation.start_client(name)
        wait_until(lambda: self.federation.present_partners() == set(present), 60 * slowdown(), "three are there", pause=0.2)
        logs = {name: self.federation.events_of(name) for name in present}
        self.federation.start_run()
        for name in present:
            self.wait_for_event(logs[name], lambda entry: entry["event"] == "invited")
        self.federation.coordinator.kill()

        # The same key on an empty state: it counts its rounds from the first again, and takes in a fourth partner.
        tables = self.federation.coordinator_tables()
        tables["state_dir"] = self.folder / "work/state/other"
        self.federation.config_file("coordinator").write_text(to_toml(tables))
        self.federation.start_coordinator()
        self.federation.create_token()
        self.federation.start_client(away)
        self.federation.wait_for_partners()
        self.federation.start_run()
        kept = self.wait_for_event(logs[present[0]], lambda entry: entry["event"] == "evidence kept")
        self.assertIn("two different cohorts for round 1", kept["proves"])
        self.assertIn(kept["file"], self.client(present[0], "evidence", "list").stdout)

        roster = self.federation.pki / "roster.toml"
        verified = self.call("bauta-client", "evidence", "verify", kept["file"], "--roster", roster)
        self.assertEqual(0, verified.returncode, verified.stderr)
        self.assertIn("PROVEN: the coordinator signed two different cohorts for round 1", verified.stdout)

        other_roster = self.folder / "other.toml"
        other_roster.write_text(roster.read_text() + "\n")
        refused = self.call("bauta-client", "evidence", "verify", kept["file"], "--roster", other_roster)
        self.assertEqual(1, refused.returncode)
        self.assertIn("another roster", refused.stdout)
        whole = (self.folder / kept["file"]).read_bytes()
        tampered = self.folder / "tampered.evidence"
        tampered.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
        self.assertEqual(1, self.call("bauta-client", "evidence", "verify", tampered).returncode)
        tampered.write_bytes(whole[:len(whole) // 2])
        self.assertEqual(2, self.call("bauta-client", "evidence", "verify", tampered).returncode)


class RosterChange(Command):
    rounds = 1

    def propose(self, text):
        file = self.folder / "next.toml"
        file.write_text(text)
        return file

    def test_a_weight_changes_by_the_partners_signatures_and_rounds_go_on_under_the_new_roster(self):
        names = list(self.federation.services)
        for name in names:  # each has a roster of its own, as on its own machine
            roster = self.folder / f"{name}-roster.toml"
            roster.write_text((self.federation.pki / "roster.toml").read_text())
            tables = self.federation.client_tables(name)
            tables["roster"] = roster
            self.federation.config_file(name).write_text(to_toml(tables))
        self.federation.start_coordinator()
        self.federation.create_token()
        self.federation.start_clients()
        self.federation.wait_for_partners()
        self.finish_run(self.federation.start_run())

        current = (self.federation.pki / "roster.toml").read_text()
        weights = re.sub(r"^weight = .*$", "", current, flags=re.MULTILINE)
        proposed = self.propose("version = 2\n" + weights.rstrip() + "\nweight = 0.5\n")
        signatures = []
        for name in names[:3]:  # beside the running daemons
            looked = self.client(name, "roster", "sign", proposed)
            self.assertIn("weight changes from 1 to 0.5", looked.stdout, looked.stderr)
            signatures.append(self.folder / f"{name}.signature")
            signed = self.client(name, "roster", "sign", proposed, "--out", signatures[-1])
            self.assertEqual(0, signed.returncode, signed.stderr)
        running = self.client(names[0], "roster", "apply", proposed, *signatures)
        self.assertEqual(1, running.returncode)
        self.assertIn("in use", running.stderr)
        self.stop_all()

        too_few = self.client(names[0], "roster", "apply", proposed, *signatures[:2])
        self.assertEqual(1, too_few.returncode)
        self.assertIn("3 of the 4 partners", too_few.stderr)
        config = self.federation.config_file("coordinator")
        self.assertEqual(1, self.call("bauta-coordinator", "roster", "apply", proposed, signatures[0], "--config", config).returncode)
        for done in [self.call("bauta-coordinator", "roster", "apply", proposed, *signatures, "--config", config)] + [
                self.client(name, "roster", "apply", proposed, *signatures) for name in names]:
            self.assertEqual(0, done.returncode, done.stderr)

        # Who exchanges the file by hand does not start.
        mine = self.folder / f"{names[0]}-roster.toml"
        changed = mine.read_text()
        mine.write_text(current)
        refused = self.client(names[0], "run")
        self.assertEqual(1, refused.returncode)
        self.assertIn("roster trust", refused.stderr)
        mine.write_text(changed)

        plan = self.federation.plan
        plan.write_text(re.sub(r"^seed = .*$", "seed = 4711", plan.read_text(), count=1, flags=re.MULTILINE))
        for name in names:
            allowed = self.client(name, "plan", "allow", plan)
            self.assertEqual(0, allowed.returncode, allowed.stderr)
        self.federation.start_coordinator()
        self.federation.start_clients()
        self.federation.wait_for_partners()
        self.finish_run(self.federation.start_run("second"))
        shown = json.dumps(self.client(names[0], "status").stdout)
        self.assertIn("roster apply version 2", shown)
        self.stop_all()


if __name__ == "__main__":
    unittest.main()
