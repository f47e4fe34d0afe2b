"""The files the lint checks look at, and how they report."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = (".h", ".cpp")


def files(root, suffixes=None):
    """Paths relative to root of everything committed or about to be, sorted; without git: all but build folders."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                             capture_output=True, check=False)
    if listing.returncode == 0 and (pathlib.Path(root) / ".git").exists():
        paths = [pathlib.PurePosixPath(name) for name in listing.stdout.decode().split("\0") if name]
    else:
        paths = [pathlib.PurePosixPath(path.relative_to(root).as_posix()) for path in pathlib.Path(root).rglob("*")]
        paths = [path for path in paths if not path.parts or path.parts[0] not in ("build", ".git")]
    return sorted(path for path in set(paths)
                  if (pathlib.Path(root) / path).is_file() and (suffixes is None or path.suffix in suffixes))


def text_of(root, path):
    """The file's text; None for a binary one."""
    content = (pathlib.Path(root) / path).read_bytes()
    return None if b"\0" in content else content.decode("utf-8", errors="replace")


def report(findings):
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0
