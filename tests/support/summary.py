"""Reads ctest's JUnit file and prints the closing line of a test run; exits 0 only if all is well.

ctest calls a test that could not be started "not run" just as one that skipped itself; only the latter is no failure.
"""
import argparse
import sys
import xml.etree.ElementTree as ElementTree


def outcome(testcase):
    """'passed', 'failed' or 'skipped' of one <testcase>."""
    status = testcase.get("status")
    if status == "run":
        return "passed"
    if status == "disabled":
        return "skipped"
    skipped = testcase.find("skipped")
    if status == "notrun" and skipped is not None and skipped.get("message", "").startswith("SKIP_"):
        return "skipped"
    return "failed"


def count(path):
    """{'passed': [names], 'failed': [names], 'skipped': [names]} of a JUnit file."""
    names = {"passed": [], "failed": [], "skipped": []}
    for testcase in ElementTree.parse(path).getroot().iter("testcase"):
        names[outcome(testcase)].append(testcase.get("name", "?"))
    return names


def closing_line(passed, failed, skipped):
    line = f"{passed} passed, {failed} failed"
    return f"{line}, {skipped} skipped" if skipped else line


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("junit")
    parser.add_argument("--ctest-status", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        names = count(options.junit)
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test results: {error}")
        print(closing_line(0, 1, 0))
        return 1
    for kind in ("skipped", "failed"):
        for name in names[kind]:
            print(f"{kind}: {name}")
    failed = len(names["failed"])
    if options.ctest_status != 0 and failed == 0:
        print(f"ctest ended with status {options.ctest_status} though no test is reported as failed")
        failed = 1
    if not names["passed"] and failed == 0:
        print("no test ran")
        failed = 1
    print(closing_line(len(names["passed"]), failed, len(names["skipped"])))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
