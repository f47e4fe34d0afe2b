"""A coordinator process with throw-away keys for a benchmark, and the benchmarks' lines."""
import contextlib
import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/demo"))
sys.dont_write_bytecode = True

from configuration import Service  # noqa: E402
from federation import Federation  # noqa: E402
from processes import Failure, free_ports, run  # noqa: E402, F401


def print_line(name, value, unit, reference=None, reference_value=None, goal=None, more_is_better=False):
    ratio = None if reference is None else value / reference_value
    judged = value if ratio is None else ratio
    rounded = [None if number is None else float(f"{number:.6g}") for number in (value, reference_value, ratio)]
    met = None if goal is None else judged >= goal if more_is_better else judged <= goal
    print(json.dumps({"name": name, "value": rounded[0], "unit": unit, "reference": reference,
                      "reference_value": rounded[1], "ratio": rounded[2], "goal": goal, "met": met}), flush=True)


@contextlib.contextmanager
def federation_of(work, build, partners, plan):
    """A running coordinator for so many partners, in `work`, which is gone afterwards; the partners are the caller's."""
    programs = {name: build / "bin" / name for name in ("bauta-coordinator", "bauta")}
    services = [Service(f"p{index}", {}, {}) for index in range(partners)]
    federation = Federation(work, programs, services, plan)
    try:
        federation.make_pki()
        federation.ports = free_ports(3)
        federation.write_coordinator_config()
        federation.start_coordinator()
        federation.create_token()
        yield federation
        federation.coordinator.stop()
    except Failure as failure:
        raise SystemExit("\n".join([f"{pathlib.Path(sys.argv[0]).stem}: {failure}", *failure.tail()])) from None
    finally:
        federation.kill_all()
        shutil.rmtree(work, ignore_errors=True)


def run_to_its_end(federation, run_id, command, seconds):
    """What the partners' program printed about a run that finished, and what the operator sees of the run."""
    measured = json.loads(run(command, seconds=seconds, log=federation.log_of("commands")))
    shown = federation.wait_for_run(run_id, seconds)
    if shown["state"] != "finished":
        raise Failure(f"the run ended as {shown['state']}: {shown['reason']}", federation.log_of("coordinator"))
    return measured, shown
