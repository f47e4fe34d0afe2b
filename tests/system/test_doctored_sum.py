"""A real coordinator whose administrator doctors the sum, identically for all: the clients' default audit finds it."""
import subprocess
import unittest

from system_test import SystemTest, slowdown

from doctor import Doctor


def client_command(federation, name, *arguments):
    return subprocess.run([federation.programs["bauta-client"], *arguments, "--config", federation.config_file(name)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * slowdown(), check=False)


class DoctoredSum(SystemTest):
    def check(self, put_back, name_of_check):
        self.start_federation()
        doctor = Doctor(self.federation, put_back, lambda text: None, slowdown())
        run_id = doctor.doctor_first_round()
        for client, found in doctor.findings().items():
            self.assertEqual(name_of_check, found["check"], client)
            self.assertEqual("error", found["level"])
            self.wait_for_event(self.federation.events_of(client), lambda entry: entry["event"] == "evidence kept")
            self.assertIn("evidence", client_command(self.federation, client, "status").stdout)
        # Nobody goes on with the model that came of it.
        self.wait_for_event(self.federation.events_of("books"),
                            lambda entry: entry["event"] == "refused" and "does not hold" in entry["reason"])
        self.assertEqual(1, self.federation.show_run(run_id)["rounds_done"])
        self.assert_nothing_was_used_twice()
        audit = client_command(self.federation, "cinema", "audit", "--round", "1", "--share", "25%")
        self.assertEqual(1, audit.returncode, audit.stdout)
        self.assertIn(name_of_check, audit.stderr)
        self.stop_all()

    def test_a_sum_that_is_not_that_of_the_uploads_is_found_by_audit_sum(self):
        self.check(True, "audit_sum")

    def test_an_upload_that_its_sender_did_not_sign_is_found_by_audit_proof(self):
        self.check(False, "audit_proof")


class HonestSum(SystemTest):
    def test_an_honest_round_passes_a_whole_audit_beside_the_running_client(self):
        self.start_federation()
        status = self.finish_run(self.federation.start_run())
        self.federation.wait_for_model(status["model_hash"])
        done = client_command(self.federation, "books", "audit", "--round", "2")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("round 2.1: 1 of 1 chunks (100 %) checked; each is the sum of the 4 survivors' uploads", done.stdout)
        self.assertIn("tampering with 50 % of the chunks", done.stdout)
        gone = client_command(self.federation, "books", "audit", "--round", "7")
        self.assertEqual(3, gone.returncode)
        self.assertIn("kept are: 1, 2", gone.stderr)
        self.stop_all()


if __name__ == "__main__":
    unittest.main()
