"""The closing line of a test run says what ctest found, whatever ctest's own wording."""
import contextlib
import io
import pathlib
import tempfile
import unittest

import summary

CASE = '<testcase name="{0}" status="{1}">{2}</testcase>'


class Summary(unittest.TestCase):
    def run_on(self, cases, status=0):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "results.xml"
            if cases is not None:
                path.write_text("<testsuite>" + "".join(CASE.format(*case) for case in cases) + "</testsuite>")
            with contextlib.redirect_stdout(io.StringIO()) as output:
                code = summary.main([str(path), "--ctest-status", str(status)])
            return code, output.getvalue().splitlines()[-1]

    def test_the_closing_line_counts_passed_failed_and_skipped_tests(self):
        self.assertEqual((0, "2 passed, 0 failed"), self.run_on([("a", "run", ""), ("b", "run", "")]))
        self.assertEqual((1, "1 passed, 1 failed"), self.run_on([("a", "run", ""), ("b", "fail", "")], 8))
        skip = '<skipped message="SKIP_RETURN_CODE=77"/>'
        self.assertEqual((0, "1 passed, 0 failed, 1 skipped"), self.run_on([("a", "run", ""), ("b", "notrun", skip)]))

    def test_a_test_that_could_not_start_is_a_failure_in_the_closing_line(self):
        missing = '<skipped message="Unable to find executable: x"/>'
        self.assertEqual((1, "1 passed, 1 failed"), self.run_on([("a", "run", ""), ("b", "notrun", missing)], 8))

    def test_a_run_of_no_tests_is_a_failure(self):
        self.assertEqual((1, "0 passed, 1 failed"), self.run_on([]))
        self.assertEqual((1, "0 passed, 1 failed"), self.run_on(None))

    def test_an_unexplained_ctest_status_is_a_failure(self):
        self.assertEqual((1, "1 passed, 1 failed"), self.run_on([("a", "run", "")], 8))


if __name__ == "__main__":
    unittest.main()
