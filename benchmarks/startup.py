"""What a fresh process pays: imports, compilation, the first gradient, memory.

``python -m benchmarks.startup TASK`` is such a process; it prints its numbers as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from .report import Aim, Fact

ROOT = Path(__file__).parents[1]
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MEMORY_SIZE = 1_000_000


def measure(repeats: int) -> Iterator[Aim | Fact]:
    """Least of `repeats` fresh processes each.

    The first compilation in a process includes Numba's own preparations; the primal's does as well as
    the gradient's.
    """
    if repeats < 1:
        return
    found: dict[str, dict[str, float]] = {}
    with TemporaryDirectory() as folder:
        fresh("cached", folder)  # fills the folder
        for _ in range(repeats):
            for task in TASKS:
                seconds = found.setdefault(task, {})
                for name, value in fresh(task, folder if task == "cached" else None).items():
                    seconds[name] = min(seconds.get(name, value), value)
    imports, memory = found["imports"], found["memory"]
    yield Fact("import numba", imports["numba"], "s")
    yield Aim("import dualad after numba", imports["dualad"], 0.3, "s")
    primal, scalar = found["primal"]["first"], found["scalar"]["first"]
    yield Fact("first call of rosen, compilation included", primal, "s")
    for mode in ("reverse", "forward"):
        yield Aim(f"first gradient of rosen, {mode}", found[mode]["first"], 2.0 * primal + 0.5, "s")
    yield Aim("first gradient of rosen, from the disk", found["cached"]["first"], 0.5, "s")
    yield Fact("first call of f, a scalar function", scalar, "s")
    yield Aim("first call of derivative(f)", found["derivative"]["first"], 2.0 * scalar + 0.5, "s")
    for mode in ("reverse", "forward"):
        yield Fact(f"gradient of rosen compiled after another, {mode}", found[mode]["next"], "s")
    yield Fact("rosen itself, compiled after another function", found["primal"]["next"], "s")
    if "bytes" in memory:
        yield Fact("peak memory of the reverse gradient of rosen, per statement", memory["bytes"], "bytes")


def fresh(task: str, folder: str | None = None) -> dict[str, float]:
    """Run a task of this module in a process of its own, with a folder for compiled drivers or without."""
    command = [sys.executable, "-m", f"{__package__}.startup", task]
    kept = {"DUALAD_CACHE": "0"} if folder is None else {"DUALAD_CACHE": "1", "DUALAD_CACHE_DIR": folder}
    environment = os.environ | kept
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def timed(call: Callable) -> float:
    begin = perf_counter()
    call()
    return perf_counter() - begin


def imports() -> dict[str, float]:
    def first():
        import numba  # noqa: F401

    def second():
        import dualad  # noqa: F401

    return {"numba": timed(first), "dualad": timed(second)}


def compilation(derivative: str | None, scalar: bool = False) -> Callable[[], dict[str, float]]:
    """First calls of two functions of the same kind, or of their derivatives."""

    def task() -> dict[str, float]:
        import numpy as np

        import dualad as da

        from .problems import rosen
        from .problems import scalar as scalars

        if scalar:
            functions, argument = (scalars.wave, scalars.rational), 0.3
        else:
            functions, argument = (rosen.rosen, rosen.rosen_named), np.ones(10)

        def call(function):
            if derivative == "derivative":
                function = da.derivative(function)
            elif derivative is not None:
                function = da.grad(function, mode=derivative)
            function(argument)

        first, following = (timed(lambda f=f: call(f)) for f in functions)
        return {"first": first, "next": following}

    return task


def memory() -> dict[str, float]:
    """Peak resident memory of a gradient over what was there before; Linux only."""
    if not (STATUS.exists() and CLEAR.exists()):
        return {}
    import dualad as da

    from .problems import rosen

    gradient = da.grad(rosen.rosen, mode="reverse")
    gradient(rosen.inputs(10))
    x = rosen.inputs(MEMORY_SIZE)
    try:
        CLEAR.write_text("5")  # forget the peak so far
    except OSError:
        return {}
    before = _kilobytes("VmRSS")
    gradient(x)
    peak = 1024.0 * (_kilobytes("VmHWM") - before)
    return {"bytes": peak / (rosen.STATEMENTS * (x.size - 1))}


def _kilobytes(key: str) -> int:
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith(f"{key}:")]
    return int(line.split()[1])


TASKS: dict[str, Callable[[], dict[str, float]]] = {
    "imports": imports,
    "primal": compilation(None),
    "reverse": compilation("reverse"),
    "cached": compilation("reverse"),
    "forward": compilation("forward"),
    "scalar": compilation(None, scalar=True),
    "derivative": compilation("derivative", scalar=True),
    "memory": memory,
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]]()))
