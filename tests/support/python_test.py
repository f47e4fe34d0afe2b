"""Runs one test method of a unittest file for ctest, or lists them (--list): one id a line, Class.method.

Exit status: 0 passed, 1 failed, 77 skipped (ctest's SKIP_RETURN_CODE).
"""
import importlib.util
import pathlib
import sys
import unittest

SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]


def load(path):
    sys.path.insert(0, str(ROOT))
    sys.path.insert(0, str(pathlib.Path(path).resolve().parent))
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_ids(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from test_ids(test)
        else:
            yield ".".join(test.id().split(".")[-2:])


def main(arguments):
    if len(arguments) != 2:
        print("usage: python_test.py FILE Class.method | python_test.py --list FILE", file=sys.stderr)
        return 2
    if arguments[0] == "--list":
        print("\n".join(test_ids(unittest.defaultTestLoader.loadTestsFromModule(load(arguments[1])))))
        return 0
    module = load(arguments[0])
    suite = unittest.defaultTestLoader.loadTestsFromName(arguments[1], module)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.wasSuccessful() or result.testsRun == 0:
        return 1
    return SKIPPED if result.skipped else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:]))
