#!/usr/bin/env python3
"""Puts the output of tests/bench/run.sh as a table into docs/benchmarks.md, between the two marks of its suite.

Usage: write_table.py SUITE RESULTS
"""
import json
import pathlib
import sys

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/benchmarks.md"
HEAD = ["| what | value | compared with | its value | ratio | goal | met |", "|---|---:|---|---:|---:|---:|---|"]


def number(value):
    """At most four significant digits."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def row(line):
    reference = line["reference"] or ""
    unit = f" {line['unit']}"
    met = {None: "", True: "yes", False: "**no**"}[line["met"]]
    return (f"| {line['name']} | {number(line['value'])}{unit} | {reference} | "
            f"{number(line['reference_value']) + unit if reference else ''} | {number(line['ratio'])} | "
            f"{number(line['goal'])} | {met} |")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__.splitlines()[-1])
    suite, results = sys.argv[1], pathlib.Path(sys.argv[2])
    rows = [row(json.loads(line)) for line in results.read_text(encoding="utf-8").splitlines()]
    begin, end = f"<!-- begin {suite} -->\n", f"<!-- end {suite} -->\n"
    text = DOCUMENT.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"write_table: {DOCUMENT.name} does not hold the marks of the suite {suite} once each")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    DOCUMENT.write_text(before + begin + "\n".join(["", *HEAD, *rows, "", ""]) + end + after, encoding="utf-8")


if __name__ == "__main__":
    main()
