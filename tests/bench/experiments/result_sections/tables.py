"""Numbers and tables in Markdown."""


def number(value, sign="", digits=3):
    return "–" if value is None else f"{value:{sign}.{digits}f}".replace("-", "−")


def difference(value, digits=3):
    return number(value, "+", digits)


def interval(ends, sign="", digits=3):
    return f"[{number(ends[0], sign, digits)}, {number(ends[1], sign, digits)}]"


def with_intervals(estimate, sign="", digits=3):
    """The mean, and the interval of every seed."""
    return " ".join([number(estimate.mean(), sign, digits)] +
                    [interval(ends, sign, digits) for ends in estimate.known_intervals()])


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def joined(names):
    """a, b and c"""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def seeds_text(seeds):
    return f"seed {seeds[0]}" if len(seeds) == 1 else "seeds " + joined(map(str, seeds))


def each_or_all(words):
    """One word where all are the same."""
    return words[0] if len(set(words)) == 1 else ", ".join(words)


def shell(*lines):
    return "```sh\n" + "\n".join(lines) + "\n```"
