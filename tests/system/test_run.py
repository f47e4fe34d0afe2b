"""A whole run with real processes."""
import subprocess
import unittest
import urllib.request

from system_test import SystemTest, slowdown


class WholeRun(SystemTest):
    def test_four_services_train_two_rounds_and_everybody_ends_with_status_0(self):
        self.start_federation()
        status = self.finish_run(self.federation.start_run())
        self.assertEqual(0, status["dropouts_survived"])
        self.assertGreater(status["bytes_per_client_round"], self.federation.update_bytes())
        self.assertRegex(status["model_hash"], "^[0-9a-f]{64}$")
        self.assertEqual([], self.federation.wait_for_model(status["model_hash"]))
        self.assertEqual(status["model_hash"], self.federation.bauta("models", "show", status["model_hash"][:12])["hash"])
        model = self.folder / "model.bauta"
        self.federation.download_model(status["model_hash"], model)
        self.assertGreater(model.stat().st_size, self.federation.update_bytes())
        for name in self.federation.services:
            self.assertEqual(1, len([entry for entry in self.federation.bauta("partners", "list") if entry["partner_id"] == name]))
        with urllib.request.urlopen(f"http://127.0.0.1:{self.federation.ports[2]}/metrics", timeout=5) as answer:
            self.assertIn("bauta_", answer.read().decode())
        self.stop_all()

    def test_sigterm_drains_in_the_middle_of_a_round_and_the_round_goes_on_after_a_restart(self):
        self.start_federation(books={"upload_bytes_per_second": 12000})
        events = self.federation.events_of("coordinator")
        run_id = self.federation.start_run()
        watch = subprocess.Popen(self.federation.operator_command("runs", "watch", run_id), stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.kill)
        self.assertIn(run_id, watch.stdout.readline())
        self.wait_for_event(events, lambda entry: entry["event"] == "upload started")
        self.federation.coordinator.stop()
        self.federation.start_coordinator()
        self.finish_run(run_id)
        self.assertEqual(0, watch.wait(30 * slowdown()))
        self.assert_no_round_was_lost(run_id)
        self.assert_nothing_was_used_twice()
        self.stop_all()


if __name__ == "__main__":
    unittest.main()
