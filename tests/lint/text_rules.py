"""Rules for every committed text: no path of one machine, nothing left to do, no dead link, headers that introduce
themselves, test names that ctest can hold."""
import re
import sys
import urllib.parse

from source_files import ROOT, files, report, text_of

# Written in pieces so that this file passes its own check.
MACHINE_PATH = re.compile(r"(?<![\w.}/-])/(" + "|".join(["wo" + "rk/", r"ho" + r"me/\w", "ro" + "ot/", "tmp/" + "wt/", "Us" + r"ers/\w"]) + ")")
LEFT_OVER = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
MENTIONED = re.compile(r"(?<![\w/.-])docs/[\w./-]*[\w]")
# Brackets and semicolons tear CMake's list of tests apart; * and ? would make a name match others too.
TEST_NAME = re.compile(r'\b(?:TEST_CASE|SUBCASE|TEST_CASE_TEMPLATE|TEST_CASE_FIXTURE)\((?:\w+,\s*)?"((?:[^"\\]|\\.)*)"')
BAD_IN_TEST_NAME = re.compile(r"[\[\];*?\\]")
THIRD_PARTY = ("LICENSE",)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def anchor(heading):
    """The anchor GitHub gives a heading."""
    words = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def without_code_blocks(text):
    return re.sub(r"^```.*?^```", lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.DOTALL | re.MULTILINE)


def check_links(root, path, text):
    findings = []
    prose = without_code_blocks(text)
    for match in LINK.finditer(prose):
        target, _, fragment = urllib.parse.unquote(match.group(1)).partition("#")
        where = f"{path}:{line_of(prose, match.start())}"
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        linked = (root / path).parent / target if target else root / path
        if not linked.exists():
            findings.append(f"{where}: the link {match.group(1)} leads nowhere")
        elif fragment and linked.suffix == ".md":
            anchors = {anchor(heading) for heading in HEADING.findall(without_code_blocks(linked.read_text()))}
            if fragment not in anchors:
                findings.append(f"{where}: {linked.name} has no heading #{fragment}")
    return findings


def check_file(root, path, text):
    findings = []
    for pattern, what in ((MACHINE_PATH, "a path of one machine"), (LEFT_OVER, "left to do")):
        for match in pattern.finditer(text):
            findings.append(f"{path}:{line_of(text, match.start())}: {what}: {match.group(0)}")
    if path.suffix in (".h", ".proto") and path.parts[0] != "tests" and not re.match(r"\s*(//|/\*)", text):
        findings.append(f"{path}:1: the file must begin with a comment that says what it is for")
    if path.suffix == ".cpp" and path.parts[0] == "tests":
        for match in TEST_NAME.finditer(text):
            if bad := BAD_IN_TEST_NAME.search(match.group(1)):
                findings.append(f"{path}:{line_of(text, match.start())}: the test's name must not hold {bad.group(0)}")
    if path.suffix == ".md":
        findings += check_links(root, path, text)
    return findings


def check_mentions(root, path, text):
    """docs/... named in a comment or text must exist; docs/adr/0002 may stand for docs/adr/0002-its-title.md."""
    findings = []
    if not (root / "docs").is_dir():
        return findings
    for match in MENTIONED.finditer(text):
        name = root / match.group(0)
        if not name.exists() and not list(name.parent.glob(name.name + "*")):
            findings.append(f"{path}:{line_of(text, match.start())}: {match.group(0)} does not exist")
    return findings


def texts(root):
    for path in files(root):
        text = text_of(root, path)
        if text is not None and path.name not in THIRD_PARTY and "corpus" not in path.parts:
            yield path, text


def check(root):
    findings = []
    for path, text in texts(root):
        findings += check_file(root, path, text)
        if path.parts[:2] != ("tests", "lint"):  # whose samples name what does not exist
            findings += check_mentions(root, path, text)
    return findings


if __name__ == "__main__":
    sys.exit(report(check(ROOT)))
