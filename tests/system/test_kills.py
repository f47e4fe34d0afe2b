"""SIGKILL at the worst moments: no round is lost, no key, nonce or mask is used twice."""
import unittest

from system_test import PHASES, SystemTest

SLOW = 12000  # bytes a second: the update of 51 kB takes some seconds


class ClientKilled(SystemTest):
    rounds = 3
    deadline_seconds = 20  # the round of a dead client waits for the phase's end

    def test_a_client_killed_in_the_middle_of_its_upload_is_a_dropout_that_the_round_survives(self):
        self.start_federation(books={"upload_bytes_per_second": SLOW})
        events = self.federation.events_of("coordinator")
        run_id = self.federation.start_run()
        self.wait_for_event(events, lambda entry: entry["event"] == "upload started" and entry["partner"] == "books")
        self.federation.clients["books"].kill()
        before = [(entry["event"], entry.get("partner")) for entry in self.coordinator_events()]
        self.assertNotIn(("upload complete", "books"), before)
        self.wait_for_event(events, lambda entry: entry["event"] == "round finished")
        self.federation.write_client_config("books")
        self.federation.start_client("books")
        status = self.finish_run(run_id)
        self.assertEqual(1, status["dropouts_survived"])
        self.assert_no_round_was_lost(run_id)
        self.assert_nothing_was_used_twice()
        self.stop_all()

    def test_a_client_killed_after_its_upload_and_restarted_stays_in_the_sum(self):
        self.start_federation(books={"upload_bytes_per_second": SLOW})
        events = self.federation.events_of("coordinator")
        run_id = self.federation.start_run()
        self.wait_for_event(events, lambda entry: entry["event"] == "upload complete" and entry["partner"] == "cinema")
        self.federation.clients["cinema"].kill()
        self.federation.start_client("cinema")
        status = self.finish_run(run_id)
        self.assertEqual(0, status["dropouts_survived"])
        self.assert_no_round_was_lost(run_id)
        self.assert_nothing_was_used_twice()
        self.stop_all()


class CoordinatorKilled(SystemTest):
    rounds = 12
    TRIES = 10  # a phase may be over before the kill arrives; then the next round gets another try

    def opens(self, phase, entry):
        """Whether this log entry means that `phase` has begun."""
        index = PHASES.index(phase)
        if index == 0:
            return entry["event"] == "round opened"
        return entry["event"] == "phase closed" and entry["phase"] == PHASES[index - 1]

    def kill_in(self, phase, events):
        """Kills the coordinator in the phase and starts it again; False when the phase was over before."""
        begun = self.wait_for_event(events, lambda entry: self.opens(phase, entry))
        self.federation.coordinator.kill()
        in_time = not any(entry["event"] in ("phase closed", "round finished") and entry.get("phase", phase) == phase
                          and entry["round"] == begun["round"] for entry in events.poll())
        journal = self.journal()
        for key, messages in journal.items():
            known = self.messages.setdefault(key, messages)
            self.assertEqual(known, messages[:len(known)], f"the journal of {key} has changed")
            self.messages[key] = messages
        self.federation.start_coordinator()
        return in_time

    def test_the_coordinator_killed_in_each_phase_resumes_there_and_no_round_is_lost(self):
        self.messages = {}
        self.start_federation()
        events = self.federation.events_of("coordinator")
        run_id = self.federation.start_run()
        missed = []
        for phase in PHASES:
            for attempt in range(self.TRIES):
                if self.federation.show_run(run_id)["state"] != "running":
                    self.fail(f"the run ended before a kill in {phase}; missed so far: {missed}")
                if self.kill_in(phase, events):
                    break
                missed.append((phase, attempt))
        self.finish_run(run_id, 180)
        self.assert_no_round_was_lost(run_id)
        self.assert_nothing_was_used_twice()
        # Keys of phase 1 are fresh in every round and attempt.
        adverts = [content for (_, _, phase, _), contents in self.messages.items() if phase == 1 for content in contents]
        self.assertEqual(len(adverts), len(set(adverts)))
        self.assertGreater(len(adverts), 0)
        self.stop_all()


if __name__ == "__main__":
    unittest.main()
