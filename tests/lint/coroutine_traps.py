"""g++ 12.2 destroys twice what a co_await expression builds in place: a lambda that captures by value, or a
brace-initialised aggregate. No warning, at every -O. Name it first. Also refused: `detached` (loses exceptions) and
`||`/`&&` between awaitables (their cancellation is not what it seems).

The textual check runs always; where clang-query is installed, the test asks the compiler's view as well.
"""
import re
import shutil
import subprocess
import sys

from include_rules import line_of, without_comments
from source_files import CODE, ROOT, files, report, text_of

FOLDER = "common/net"
LAMBDA = re.compile(r"(?<![\w\])])\[(?P<captures>[^\[\]]*)\]\s*(?:\([^()]*\))?(?P<rest>[^;{}()]*)\{")
REFERENCE = re.compile(r"&\s*\w*")
# Type{a, ...} or f({a, ...}): an empty pair builds nothing that could be destroyed twice.
BRACED = re.compile(r"(?:[A-Za-z_][\w:]*(?:<[^<>;]*>)?|[(,])\s*\{(?!\s*\})")
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
MATCHER = ("match expr(anyOf(lambdaExpr(),initListExpr()), isExpansionInMainFile(), "
           "hasAncestor(exprWithCleanups(hasDescendant(coawaitExpr()))), "
           "hasAncestor(functionDecl(hasDescendant(coawaitExpr()))))")


def expression_end(code, start):
    """(end, mark) of the full expression around start: its ; or the unmatched bracket that closes around it."""
    depth = 0
    for position in range(start, len(code)):
        if code[position] in "([{":
            depth += 1
        elif code[position] in ")]}":
            depth -= 1
            if depth < 0:
                return position, code[position]
        elif code[position] == ";" and depth == 0:
            return position, ";"
    return len(code), ""


def expression_start(code, position):
    return max(code.rfind(mark, 0, position) for mark in ";{}") + 1


def lambdas(code):
    """Matches of the lambdas in code, outermost only, each with the end of its body."""
    position = 0
    while match := LAMBDA.search(code, position):
        end, _ = expression_end(code, match.end())
        yield match, end
        position = end


def captures_by_value(captures):
    return any(capture.strip() and not REFERENCE.fullmatch(capture.strip()) for capture in captures.split(","))


def check_file(path, text):
    code = STRING.sub(lambda match: '"' + " " * (len(match.group(0)) - 2) + '"', without_comments(text))
    findings = []

    def found(position, what):
        finding = f"{path}:{line_of(code, position)}: {what}"
        if finding not in findings:
            findings.append(finding)

    for match in re.finditer(r"\bdetached\b", code):
        found(match.start(), "`detached` loses the coroutine's exception: hand over a completion handler")
    for match in re.finditer(r"\bawaitable_operators\b", code):
        found(match.start(), "no `||` or `&&` of awaitables: call expires_after on the stream")
    for match in LAMBDA.finditer(code):
        if match.group("captures").strip() and "awaitable<" in match.group("rest"):
            found(match.start(), "a coroutine lambda must not capture: its captures die before it; make it a function")
    for match in re.finditer(r"\bco_await\b|\bco_spawn\s*\(", code):
        start = expression_start(code, match.start())
        end, mark = expression_end(code, match.end())
        if mark == "}":
            found(match.start(), "co_await inside braces that build an object: name the awaited value first")
        expression = code[start:end]
        outside = expression
        for inner, body_end in lambdas(expression):
            if captures_by_value(inner.group("captures")):
                found(start + inner.start(), "a lambda that captures by value in the expression of a co_await or "
                                             "co_spawn: name it first")
            outside = outside[:inner.start()] + " " * (body_end + 1 - inner.start()) + outside[body_end + 1:]
        for braced in BRACED.finditer(outside):
            found(start + braced.start(), "an object built by braces in the expression of a co_await or co_spawn: "
                                          "name it first")
    return findings


def check(root):
    findings = []
    for path in files(root, CODE):
        if str(path).startswith(FOLDER + "/"):
            findings += check_file(path, text_of(root, path) or "")
    return findings


def clang_query():
    return shutil.which("clang-query-14") or shutil.which("clang-query")


def ask_clang(source):
    """clang's own findings in one file; slow where the file includes Beast (half a minute)."""
    run = subprocess.run([clang_query(), str(source), "-c", "set output diag", "-c", MATCHER, "--", "-std=c++20",
                          f"-I{ROOT}", "-DTOML_HEADER_ONLY=0"], capture_output=True, text=True, check=False)
    errors = [line for line in run.stderr.splitlines() if " error: " in line]
    if errors:
        return [f"{source}: clang-query could not read it: {errors[0]}"]
    return [line for line in run.stdout.splitlines() if "binds here" in line]


if __name__ == "__main__":
    sys.exit(report(check(ROOT)))
