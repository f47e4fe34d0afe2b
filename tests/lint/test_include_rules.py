"""The folders keep their dependency rules, and the check sees it when one does not."""
import unittest
from pathlib import PurePosixPath

import include_rules
from source_files import ROOT


def findings(path, text):
    return include_rules.check_file(PurePosixPath(path), text)


class IncludeRules(unittest.TestCase):
    def test_every_source_file_keeps_the_include_rules(self):
        self.assertEqual([], include_rules.check(ROOT))

    def test_bad_includes_are_found(self):
        bad = [
            ("common/masking/shamir.cpp", "#include <boost/asio.hpp>\n", "Boost"),
            ("coordinator/api/x.cpp", "#include <boost/beast.hpp>\n", "Boost"),
            ("coordinator/api/x.cpp", "#include <sqlite3.h>\n", "SQLite"),
            ("client/data/csv_source.cpp", "#include <sqlite3.h>\n", "SQLite"),
            ("common/masking/shamir.cpp", '#include "bauta/v1/round.pb.h"\n', "protobuf"),
            ("client/transport/https_link.h", "#include <google/protobuf/message.h>\n", "protobuf"),
            ("coordinator/round/round.cpp", "#include <openssl/evp.h>\n", "OpenSSL"),
            ("coordinator/round/round.h", '#include "client/round/phase1.h"\n', "client/round"),
            ("client/agent/agent.h", '#include "coordinator/round/round.h"\n', "coordinator/round"),
            ("common/base/result.h", '#include "common/crypto/sha256.h"\n', "common/crypto"),
            ("common/net/http_server.h", '#include "common/masking/wire.h"\n', "common/masking"),
            ("deploy/simulation/federation.cpp", '#include "tests/support/x.h"\n', "nothing outside tests/"),
            ("client/round/x.cpp", '#include "outbox.h"\n', "root of the repository"),
            ("client/round/x.cpp", '#include "common/unheard_of/x.h"\n', "unknown folder"),
            ("elsewhere/x.cpp", "", "no known folder"),
            ("coordinator/round/round.cpp", "#include <mutex>\n", "threads"),
            ("client/round/x.cpp", "auto t = std::chrono::steady_clock::now();\n", "clock"),
            ("common/model/x.cpp", "std::mt19937 g;\n", "randomness"),
        ]
        for path, text, expected in bad:
            with self.subTest(path=path, text=text):
                found = findings(path, text)
                self.assertEqual(1, len(found), found)
                self.assertIn(expected, found[0])
                self.assertTrue(found[0].startswith(f"{path}:1:"), found[0])

    def test_allowed_includes_pass(self):
        good = [
            ("common/net/http_session.cpp", "#include <boost/beast.hpp>\n#include <openssl/ssl.h>\n#include <mutex>\n"),
            ("common/masking/wire.cpp", '#include "bauta/v1/round.pb.h"\n'),
            ("client/data/sqlite_source.cpp", "#include <sqlite3.h>\n"),
            ("common/storage/database.cpp", "#include <sqlite3.h>\n"),
            ("deploy/simulation/main.cpp", '#include "client/round/a.h"\n#include "coordinator/round/b.h"\n'),
            ("coordinator/round/round.cpp", "// #include <mutex> would be wrong\n/* steady_clock::now() */\n"),
            ("coordinator/api/page/x.cpp", '#include "common/net/http_server.h"\n'),
        ]
        for path, text in good:
            with self.subTest(path=path):
                self.assertEqual([], findings(path, text))


if __name__ == "__main__":
    unittest.main()
