"""No program that is shipped can be told to leave a check out: the function that tests/adversarial asks is not in it."""
import os
import pathlib
import unittest

BIN = pathlib.Path(os.environ.get("BAUTA_BIN", "build/release/bin"))
SWITCH = b"_ZN5bauta7defendsENS_7DefenceE"
PROGRAMS = ("bauta-client", "bauta-coordinator", "bauta", "bauta-simulate")


class ShippedPrograms(unittest.TestCase):
    def test_no_shipped_program_has_a_switch_for_its_checks(self):
        weakened = BIN.parent / "tests" / "adversarial" / "adversarial"
        self.assertIn(SWITCH, weakened.read_bytes(), "the switch has another name by now")
        for program in PROGRAMS:
            with self.subTest(program=program):
                self.assertNotIn(SWITCH, (BIN / program).read_bytes())


if __name__ == "__main__":
    unittest.main()
