"""deploy/install_packages.sh asks apt for what is missing and for nothing else. dpkg and apt here are test doubles."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "deploy/install_packages.sh"
DPKG_QUERY = """#!/bin/sh
for name; do :; done
grep -qx "$name" "$INSTALLED" || exit 1
echo installed
"""
APT_GET = """#!/bin/sh
echo "$@" >>"$CALLS"
case "$*" in *update*) exit "${UPDATE_STATUS:-0}" ;; esac
exit "${INSTALL_STATUS:-0}"
"""
APT_CACHE = """#!/bin/sh
shift
for name; do echo "$name:"; grep -qx "$name" "$KNOWN" && echo "  Candidate: 1"; done
exit 0
"""


class InstallPackages(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bauta-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("apt-cache", APT_CACHE),
                           ("sudo", '#!/bin/sh\nexec "$@"\n')):
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        (self.folder / "list").write_text("# comment\nalpha\n\nbeta # why\n")
        for name in ("installed", "known", "calls"):
            (self.folder / name).touch()

    def install(self, *options, installed="", known="", **variables):
        (self.folder / "installed").write_text(installed)
        (self.folder / "known").write_text(known)
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "INSTALLED": f"{self.folder}/installed",
                       "KNOWN": f"{self.folder}/known", "CALLS": f"{self.folder}/calls", "CI": "", **variables}
        done = subprocess.run(["bash", SCRIPT, self.folder / "list", *options], capture_output=True, text=True,
                              check=False, env=environment)
        return done.returncode, done.stderr.strip().splitlines()[-1:] , (self.folder / "calls").read_text().splitlines()

    def test_nothing_is_done_when_all_packages_are_installed(self):
        self.assertEqual((0, [], []), self.install(installed="alpha\nbeta\n"))

    def test_only_missing_packages_are_installed_without_an_update_when_known(self):
        self.assertEqual((0, [], ["-y -q install --no-install-recommends beta"]),
                         self.install(installed="alpha\n", known="beta\n"))

    def test_the_lists_are_updated_when_a_package_is_unknown(self):
        code, _, calls = self.install(installed="alpha\n")
        self.assertEqual((0, ["-y -q update", "-y -q install --no-install-recommends beta"]), (code, calls))

    def test_no_install_names_what_is_missing(self):
        code, said, calls = self.install("--no-install", installed="beta\n")
        self.assertEqual((1, []), (code, calls))
        self.assertIn("missing packages (not installed because of --no-install): alpha", said[0])

    def test_a_failed_installation_says_what_to_do(self):
        code, said, _ = self.install(UPDATE_STATUS="100")
        self.assertEqual(1, code)
        self.assertIn("could not install alpha beta (offline?)", said[0])

    def test_the_older_boost_is_not_removed_unasked(self):
        (self.folder / "list").write_text("libboost1.81-dev\n")
        code, said, calls = self.install(installed="libboost1.74-dev\n", known="libboost1.81-dev\n")
        self.assertEqual((1, []), (code, calls))
        self.assertIn("libboost1.74-dev is installed", said[0])
        self.assertEqual(0, self.install(installed="libboost1.74-dev\n", known="libboost1.81-dev\n", CI="true")[0])


if __name__ == "__main__":
    unittest.main()
