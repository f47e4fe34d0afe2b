"""Every committed text keeps the rules for texts, and the check sees it when one does not."""
import pathlib
import tempfile
import unittest
from pathlib import PurePosixPath

import text_rules
from source_files import ROOT


class TextRules(unittest.TestCase):
    def test_every_text_keeps_the_rules(self):
        self.assertEqual([], text_rules.check(ROOT))

    def test_bad_texts_are_found(self):
        bad = [
            ("common/x.cpp", 'open("/wo' + 'rk/data");', "machine"),
            ("docs/x.md", "see /ho" + "me/me/x", "machine"),
            ("common/x.cpp", "// TO" + "DO: later", "left to do"),
            ("tests/unit/x.cpp", 'TEST_CASE("in (a, b]") {', "must not hold ]"),
            ("tests/unit/x.cpp", 'TEST_CASE_FIXTURE(Fixture, "why?") {', "must not hold ?"),
            ("common/x.h", "#pragma once\n// too late\n", "begin with a comment"),
        ]
        for name, text, expected in bad:
            with self.subTest(text=text):
                found = text_rules.check_file(ROOT, PurePosixPath(name), text)
                self.assertEqual(1, len(found), found)
                self.assertIn(expected, found[0])

    def test_harmless_texts_pass(self):
        good = [("common/x.h", "// Says what it is.\n#pragma once\n"), ("x.sh", "cd ${TMPDIR:-/tmp}"),
                ("x.md", "[web](https://example.org/x) `network/` and framework/x"), ("x.md", "```\n[a](nowhere.md)\n```\n")]
        for name, text in good:
            with self.subTest(text=text):
                self.assertEqual([], text_rules.check_file(ROOT, PurePosixPath(name), text))

    def test_dead_links_and_mentions_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs" / "adr").mkdir(parents=True)
            (root / "docs" / "a.md").write_text("# A `b` (c)\n[x](b.md) [y](a.md#a-b-c) [z](a.md#nothing)\n")
            (root / "docs" / "adr" / "0002-plan.md").write_text("# Plan\n")
            found = text_rules.check_file(root, PurePosixPath("docs/a.md"), (root / "docs" / "a.md").read_text())
            self.assertEqual(["docs/a.md:2: the link b.md leads nowhere", "docs/a.md:2: a.md has no heading #nothing"], found)
            mentions = text_rules.check_mentions(root, "x.h", "// docs/adr/0002 and docs/a.md, not docs/b.md.\n")
            self.assertEqual(["x.h:1: docs/b.md does not exist"], mentions)


if __name__ == "__main__":
    unittest.main()
