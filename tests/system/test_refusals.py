"""What cannot work is refused at the start: one line that says what and how to mend it, and a status that is not 0."""
import contextlib
import socket
import sqlite3
import subprocess
import unittest

from system_test import SystemTest, one_line_of, to_toml


class Refusals(SystemTest):
    def refused(self, program, *words, command=("run",)):
        """Runs the daemon, which must end by itself; its one line holds all the words."""
        name = "coordinator" if program == "bauta-coordinator" else "books"
        done = subprocess.run([self.federation.programs[program], *command, "--config", self.federation.config_file(name)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        lines = one_line_of(done.stderr)
        self.assertNotEqual(0, done.returncode, done.stderr)
        self.assertLess(done.returncode, 126, "ended by a signal")
        self.assertEqual(1, len(lines), done.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def configure_coordinator(self, table, **values):
        tables = self.federation.coordinator_tables()
        (tables[table] if table else tables).update(values)
        self.federation.config_file("coordinator").write_text(to_toml(tables))

    def configure_client(self, table, **values):
        tables = self.federation.client_tables("books")
        (tables[table] if table else tables).update(values)
        self.federation.config_file("books").write_text(to_toml(tables))

    def expire(self, certificate):
        """Writes the certificate anew with a validity that ends as it begins, a moment ago."""
        subject = certificate.with_suffix(".csr")
        ca = self.federation.pki
        subprocess.run(["openssl", "x509", "-x509toreq", "-in", certificate, "-signkey", certificate.with_suffix(".key"),
                        "-out", subject], check=True, capture_output=True)
        extensions = self.folder / "extensions"
        is_client = "partners" in certificate.parts
        names = f"URI:urn:bauta:partner:{certificate.parent.name}" if is_client else "DNS:localhost,IP:127.0.0.1,URI:urn:bauta:coordinator"
        extensions.write_text(f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName={names}\n"
                              f"extendedKeyUsage={'clientAuth' if is_client else 'serverAuth'}\n")
        subprocess.run(["openssl", "x509", "-req", "-in", subject, "-CA", ca / "ca.pem", "-CAkey", ca / "ca.key",
                        "-days", "-1", "-extfile", extensions, "-out", certificate], check=True, capture_output=True)

    def test_an_expired_certificate_of_the_coordinator_is_named(self):
        certificate = self.federation.pki / "coordinator/tls.pem"
        self.expire(certificate)
        self.refused("bauta-coordinator", "expired", str(certificate))

    def test_an_expired_certificate_of_a_client_is_named(self):
        certificate = self.federation.pki / "partners/books/tls.pem"
        self.expire(certificate)
        self.refused("bauta-client", "expired", str(certificate))

    def encrypt(self, key):
        encrypted = key.with_suffix(".encrypted")
        subprocess.run(["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", key, "-out", encrypted, "-passout",
                        "pass:right"], check=True, capture_output=True)
        encrypted.chmod(0o600)
        passphrase = self.folder / "passphrase"
        passphrase.write_text("wrong\n")
        passphrase.chmod(0o600)
        return {"key": encrypted, "passphrase_file": passphrase}

    def test_a_wrong_passphrase_of_the_coordinators_signing_key_is_named(self):
        self.configure_coordinator("signing", **self.encrypt(self.federation.pki / "coordinator/signing.key"))
        self.refused("bauta-coordinator", "passphrase", "signing.encrypted")

    def test_a_wrong_passphrase_of_a_clients_signing_key_is_named(self):
        self.configure_client("signing", **self.encrypt(self.federation.pki / "partners/books/signing.key"))
        self.refused("bauta-client", "passphrase", "signing.encrypted")

    def test_a_port_in_use_is_named(self):
        for port in self.federation.ports:
            with self.subTest(port=port), socket.socket() as occupier:
                with contextlib.suppress(OSError):  # somebody else holds it: in use all the same
                    occupier.bind(("127.0.0.1", port))
                    occupier.listen()
                self.refused("bauta-coordinator", str(port), "in use")

    def test_an_unknown_configuration_key_is_named(self):
        self.configure_coordinator("health_listener", colour="blue")
        for command in (("run",), ("config", "check")):
            self.refused("bauta-coordinator", "health_listener.colour", command=command)
        self.configure_client("tls", colour="blue")
        for command in (("run",), ("config", "check")):
            self.refused("bauta-client", "tls.colour", command=command)

    def test_a_state_written_by_a_newer_version_is_refused_and_left_as_it_is(self):
        self.federation.start_coordinator()
        self.federation.coordinator.stop()
        file = self.folder / "work/state/coordinator/coordinator.db"
        database = sqlite3.connect(file)
        database.execute("PRAGMA user_version = 999")
        database.commit()
        database.close()
        before = file.read_bytes()
        self.refused("bauta-coordinator", "newer version", "coordinator.db")
        self.assertEqual(before, file.read_bytes())


if __name__ == "__main__":
    unittest.main()
