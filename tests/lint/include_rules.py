"""Who may include whom: the dependency rules between the folders (docs/developing.md).

The protocol core is free of sockets, SQL, threads and clocks so that the simulation, the deterministic tests and the
fuzzers run the very code of the daemons; this check is what keeps it so.
"""
import re
import sys

from source_files import CODE, ROOT, files, report, text_of

# Folder -> folders it may include, itself always. Nothing is inherited: what is used is named.
BASE = {"common/base"}
CRYPTO = BASE | {"common/crypto"}
FEDERATION = CRYPTO | {"common/federation"}
MASKING = FEDERATION | {"common/evaluation", "common/masking"}  # the update carries evaluation lanes
ROUND = MASKING | {"common/privacy"}
STORED = ROUND | {"common/storage"}
EVIDENCE = MASKING | {"common/model", "common/evidence"}
COMMON = STORED | EVIDENCE | {"common/membership", "common/net"}
COORDINATOR = {"coordinator/" + name for name in ("round", "partners", "models", "storage", "api")}
CLIENT = {"client/" + name
          for name in ("round", "data", "training", "policy", "scoring", "transport", "storage", "agent")}

ALLOWED = {
    "common/base": set(),
    "common/crypto": BASE,
    "common/federation": CRYPTO,
    "common/masking": MASKING,
    "common/privacy": CRYPTO,
    "common/evaluation": BASE,
    "common/evidence": EVIDENCE,
    "common/membership": MASKING,
    "common/model": FEDERATION,
    "common/model/repeat_purchase": MASKING,  # its sums travel as lanes
    "common/net": CRYPTO,
    "common/storage": CRYPTO,
    "coordinator/round": ROUND | EVIDENCE,
    "coordinator/partners": STORED,
    "coordinator/models": STORED | {"common/model"},
    "coordinator/storage": STORED | {"common/model", "coordinator/round", "coordinator/partners", "coordinator/models"},
    "coordinator/api": COMMON | COORDINATOR,
    "coordinator/cli": CRYPTO | {"common/net"},
    "coordinator": COMMON | COORDINATOR | {"coordinator/cli"},
    "client/data": CRYPTO | {"common/storage"},
    "client/training": FEDERATION | {"common/model", "common/privacy", "common/evaluation", "client/data"},
    "client/scoring": FEDERATION | {"common/model", "common/evaluation", "client/data", "client/training"},
    "client/round": ROUND | EVIDENCE | {"client/training"},
    "client/policy": STORED,
    "client/storage": STORED | {"common/model", "client/round", "client/policy"},
    "client/transport": MASKING | {"common/net", "client/round"},
    "client/agent": COMMON | CLIENT,
    "client/commands": COMMON | CLIENT,
    "client": COMMON | CLIENT | {"client/commands"},
    "deploy/simulation": COMMON | COORDINATOR | CLIENT,
}

# No sockets, SQL, generated messages, threads or clocks: time and randomness come in as arguments.
PURE = {"coordinator/round", "client/round", "common/crypto", "common/masking", "common/federation", "common/model",
        "common/model/repeat_purchase", "common/privacy", "common/evaluation", "common/evidence", "common/membership"}
PURE_BANS = [
    (re.compile(r"#\s*include\s*<(thread|mutex|shared_mutex|future|condition_variable|semaphore|latch|barrier|stop_token)>"),
     "threads and locks"),
    (re.compile(r"\b\w+_clock\s*::\s*now\b|\bclock_gettime\b|\bgettimeofday\b"), "reading a clock"),
    (re.compile(r"\bstd::(random_device|mt19937(_64)?|default_random_engine)\b"), "an own source of randomness"),
]
WIRE = "common/masking/wire.cpp"  # the one file that sees protobuf
# Folder whose files may include the library; "client/data" only in its SQLite source.
LIBRARY_RULES = [
    ("Boost", re.compile(r"<boost/"), lambda path, folder: folder == "common/net"),
    ("SQLite", re.compile(r"[<\"]sqlite3\.h"), lambda path, folder: folder in
     ("common/storage", "coordinator/storage", "client/storage") or
     (folder == "client/data" and "sqlite" in path.name)),
    ("protobuf", re.compile(r"\.pb\.h[>\"]|<google/protobuf/"), lambda path, folder: str(path) == WIRE),
    ("utf8proc", re.compile(r"<utf8proc\.h>"), lambda path, folder: str(path) == "common/model/text_words.cpp"),
    ("OpenSSL", re.compile(r"<openssl/"), lambda path, folder: folder in ("common/crypto", "common/net")),
]

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"]+[>\"])", re.MULTILINE)
TOP = ("common", "coordinator", "client", "deploy", "tests", "proto")


def folder_of(path):
    """The component a path belongs to: its longest known folder, e.g. coordinator/api/page/x.h -> coordinator/api."""
    folder = path.parent
    while str(folder) not in ALLOWED and folder.parts:
        folder = folder.parent
    return str(folder) if folder.parts else None


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without_comments(text):
    """The same text with comments blanked, positions kept."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r"//[^\n]*|/\*.*?\*/", blank, text, flags=re.DOTALL)


def check_file(path, text):
    """Findings of one source file outside tests/."""
    findings = []
    folder = folder_of(path)
    if folder is None:
        return [f"{path}:1: {path.parent} is in no known folder: add it to ALLOWED in tests/lint/include_rules.py"]
    code = without_comments(text)
    for match in INCLUDE.finditer(code):
        included, where = match.group(1), f"{path}:{line_of(code, match.start())}"
        for library, pattern, allowed in LIBRARY_RULES:
            if pattern.search(included) and not allowed(path, folder):
                findings.append(f"{where}: {library} must not be included in {folder}")
        name = included[1:-1]
        if included[0] == '"' and not name.endswith(".pb.h") and name != "sqlite3.h":
            if name.split("/")[0] not in TOP:
                findings.append(f"{where}: \"{name}\" is not written from the root of the repository")
                continue
            if name.startswith("tests/"):
                findings.append(f"{where}: nothing outside tests/ may include {name}")
                continue
            target = folder_of(type(path)(name))
            if target != folder and target not in ALLOWED[folder]:
                findings.append(f"{where}: {folder} must not include {target or 'an unknown folder'} ({name})")
    if folder in PURE:
        for pattern, what in PURE_BANS:
            for match in pattern.finditer(code):
                findings.append(f"{path}:{line_of(code, match.start())}: {folder} must be free of {what}: "
                                f"{match.group(0).strip()}")
    return findings


def check(root):
    findings = []
    for path in files(root, CODE):
        if path.parts[0] != "tests":
            findings += check_file(path, text_of(root, path) or "")
    return findings


if __name__ == "__main__":
    sys.exit(report(check(ROOT)))
