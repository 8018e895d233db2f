"""Random programs written as people write Numba code.

`program(seed)` is one of them, the same in every process and version of Python.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from tests.idioms import control, functions, storage
from tests.idioms.writer import COUNTS, MOST, TABLE, Array, Draw, Writer, X

IDIOMS = [*control.IDIOMS, *storage.IDIOMS, *functions.IDIOMS]
_serial = count()
HEADER = "import math\n\nimport numpy as np\nfrom numba import njit\n\n"


@dataclass(frozen=True)
class Program:
    """A function of x (vector) and y (number), which have derivatives, t (sorted table), k (counts) and work."""

    seed: int
    name: str
    text: str
    idioms: tuple[str, ...]


def arguments(seed: int) -> tuple[np.ndarray, float, np.ndarray, np.ndarray, np.ndarray]:
    draw = Draw(seed * 7919 + 13)
    x = [(-1.0) ** draw.below(2) * (0.15 + 1.4 * draw.next()) for _ in range(X)]
    t = [-1.6 + 0.8 * i + 0.3 * draw.next() for i in range(TABLE)]
    k = [draw.below(MOST + 1) for _ in range(COUNTS)]
    work = [draw.next() for _ in range(X)]
    return np.array(x), 0.3 + draw.next(), np.array(t), np.array(k), np.array(work)


def program(seed: int) -> Program:
    draw = Draw(seed)
    helpers: dict[str, str] = {}
    w = Writer(draw, str(seed), helpers, IDIOMS)
    w.kinds = {
        "x": "vector",
        "y": "float",
        "t": "vector",
        "k": "counts",
        "work": "vector",
        "n": "int",
        "np": "module",
    }
    w.define(Array("x", (X,)), Array("t", (TABLE,)), "y")
    w.read_only = {"t"}
    w.keep("t", "k", "work", "n")
    if draw.chance(0.6):
        w.read_only.add("x")
    w.line("n = x.size")
    used = []
    for _ in range(2 + draw.below(3)):
        if w.budget < 0:
            break
        chosen = draw.pick(IDIOMS)
        used.append(chosen.__name__)
        w.keep("x") if draw.chance(0.5) else None
        chosen(w)
        w.release("x")
        w.statements(draw.below(2))
    w.line(f"return {result(w)}")
    name = f"f_{seed}"
    text = (
        "\n\n\n".join([*helpers.values(), "\n".join(["@njit", f"def {name}(x, y, t, k, work):", *w.lines])])
        + "\n"
    )
    return Program(seed, name, text, tuple(used))


def result(w: Writer) -> str:
    """All that is known at the end, with a weight of its own, so that nothing cancels and nothing is idle."""
    parts = [f"{w.draw.number()} * {f}" for f in w.scope.floats]
    parts += [
        f"{w.draw.number()} * {a.name}[{w.draw.below(a.length)}]" for a in w.scope.vectors if a.name != "t"
    ]
    parts += [
        f"{w.draw.number(0.1, 0.5)} * np.sum({a.name} * {a.name})"
        for a in w.scope.vectors
        if a.name != "t" and w.draw.chance(0.7)
    ]
    parts += [f"{w.draw.number()} * {m.name}[{w.draw.below(m.length)}].sum()" for m in w.scope.matrices]
    return " + ".join(parts)


def functions_of(programs: list[Program]) -> dict[str, Any]:
    """The functions of a module of programs, by name."""
    filename, text = f"<idioms {next(_serial)}>", module(programs)
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"__name__": __name__}  # Numba asks sys.modules for it
    exec(compile(text, filename, "exec"), names)
    return names


def module(programs: list[Program]) -> str:
    """Many programs in one module."""
    return HEADER + "\n\n" + "\n\n\n".join(p.text for p in programs)
