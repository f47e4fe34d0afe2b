"""The throw-away PKI holds what the daemons ask of a real one."""
import base64
import pathlib
import shutil
import subprocess
import tempfile
import tomllib
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[4] / "deploy/pki/make_pki.sh"


def make(*arguments):
    return subprocess.run(["bash", SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False)


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout


class MakePki(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bauta-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.pki = self.folder / "pki"

    def test_certificates_carry_the_identities_and_keys_are_private(self):
        done = make(self.pki, "--partners", "grocery,fuel")
        self.assertEqual(0, done.returncode, done.stderr)
        for purpose, path in (("sslserver", "coordinator/tls"), ("sslserver", "coordinator/operator"),
                              ("sslclient", "partners/grocery/tls"), ("sslclient", "partners/fuel/tls")):
            openssl("verify", "-x509_strict", "-CAfile", self.pki / "ca.pem", "-purpose", purpose, self.pki / f"{path}.pem")
        text = openssl("x509", "-in", self.pki / "partners/fuel/tls.pem", "-noout", "-ext", "subjectAltName").decode()
        self.assertIn("URI:urn:bauta:partner:fuel", text)
        text = openssl("x509", "-in", self.pki / "coordinator/tls.pem", "-noout", "-ext", "subjectAltName").decode()
        self.assertIn("DNS:localhost, IP Address:127.0.0.1, URI:urn:bauta:coordinator", text)
        keys = list(self.pki.rglob("*.key"))
        self.assertEqual(1 + 3 + 2 * 2, len(keys))
        self.assertEqual({0o600}, {key.stat().st_mode & 0o777 for key in keys})

    def test_the_roster_names_the_partners_in_order_with_their_signing_keys(self):
        make(self.pki, "--partners", "b,a,c", "--name", "trial")
        roster = tomllib.loads((self.pki / "roster.toml").read_text())
        self.assertEqual("trial", roster["federation"])
        self.assertRegex(roster["federation_id"], "^[0-9a-f]{64}$")
        self.assertEqual(["b", "a", "c"], [partner["id"] for partner in roster["partner"]])
        signing = openssl("pkey", "-in", self.pki / "partners/a/signing.key", "-pubout", "-outform", "DER")
        self.assertEqual(signing, base64.b64decode(roster["partner"][1]["signing_key"]))

    def test_bad_arguments_get_one_line_and_change_nothing(self):
        for arguments in ([], [self.pki], [self.pki, "--partners"], [self.pki, "--partners", "a,A"],
                          [self.pki, "--partners", "a,b,a"], [self.pki, "--partners", "a", "--days", "0"],
                          [self.pki, "--partners", "a", "--days", "soon"], [self.pki, "--partners", "a", "--colour"]):
            with self.subTest(arguments=arguments):
                done = make(*arguments)
                self.assertEqual(1, done.returncode)
                self.assertRegex(done.stderr, r"\Amake_pki: [^\n]+\n\Z")
                self.assertFalse(self.pki.exists())

    def test_an_existing_pki_is_never_overwritten(self):
        make(self.pki, "--partners", "a")
        before = (self.pki / "ca.key").read_bytes()
        done = make(self.pki, "--partners", "a")
        self.assertEqual(1, done.returncode)
        self.assertIn("already holds a PKI", done.stderr)
        self.assertEqual(before, (self.pki / "ca.key").read_bytes())


if __name__ == "__main__":
    unittest.main()
