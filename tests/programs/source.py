"""A program as the source of an ordinary function, for the compiler."""

from __future__ import annotations

import linecache
from itertools import count

import numpy as np
from numba import njit

from tests.programs.language import BOUND, CELLS, CONSTANTS, INPUTS, OUTPUTS, REGISTERS, call_text, names

_serial = count()


@njit(error_model="numpy")
def bounded(v):
    """Fold what has grown large back into bounds."""
    if abs(v) > 50.0:
        return 50.0 * np.sin(v)
    return v


@njit(error_model="numpy")
def turned(a, b):
    """A helper with two arguments and two results."""
    return 0.8 * a - 0.6 * b, 0.6 * a + 0.8 * b


@njit(error_model="numpy")
def smear(view, v):
    """A helper that overwrites what it is given."""
    for i in range(view.size):
        view[i] = 0.5 * view[i] + v
        v = view[i] * 0.25


assert BOUND == 50.0


class _Writer:
    """Turns statements into lines; loops have names of their own."""

    def __init__(self):
        self.lines, self.depth, self.counters = [], 1, count()
        self.loops = ["0"]

    def line(self, text):
        self.lines.append("    " * self.depth + text)

    def cell(self, i, moving):
        return f"m[({i} + {self.loops[-1]}) % {CELLS}]" if moving else f"m[{i}]"

    def expression(self, e):
        match e:
            case ("r", i):
                return f"r{i}"
            case ("c", i):
                return f"({CONSTANTS[i]!r})"
            case ("m", i, moving):
                return self.cell(i, moving)
            case (k, a, b):
                return call_text(k, self.expression(a), self.expression(b))

    def body(self, statements):
        self.depth += 1
        for statement in statements:
            self.statement(statement)
        if not statements:
            self.line("pass")
        self.depth -= 1

    def statement(self, s):
        match s:
            case ("set", d, e):
                self.line(f"r{d} = bounded({self.expression(e)})")
            case ("add", d, e):
                self.line(f"r{d} += {self.expression(e)}")
                self.line(f"r{d} = r{d} if abs(r{d}) <= {BOUND} else {BOUND} * math.sin(r{d})")
            case ("store", i, moving, e):
                self.line(f"{self.cell(i, moving)} = bounded({self.expression(e)})")
            case ("accumulate", i, moving, e):
                self.line(f"{self.cell(i, moving)} += {self.expression(e)}")
                self.line(f"{self.cell(i, moving)} = bounded({self.cell(i, moving)})")
            case ("swap", a, b):
                self.line(f"r{a}, r{b} = r{b}, r{a}")
            case ("helper", a, b):
                self.line(f"pair = turned(r{a}, r{b})")
                self.line(f"r{a} = pair[0]")
                self.line(f"r{b} = pair[1]")
            case ("smear", i, a):
                self.line(f"smear(m[{i} : {i + 3}], r{a})")
            case ("if", a, b, then, other):
                self.line(f"if r{a} < r{b}:")
                self.body(then)
                if other:
                    self.line("else:")
                    self.body(other)
            case ("loop", n, inner):
                name = f"i{next(self.counters)}"
                self.loops.append(name)
                self.line(f"for {name} in range({n}):")
                self.body(inner)
                self.loops.pop()
            case ("while", a, b, n, inner):
                name = f"i{next(self.counters)}"
                self.loops.append(name)
                self.line(f"{name} = 0")
                self.line(f"while r{a} < r{b} and {name} < {n}:")
                self.body(inner)
                self.depth += 1
                self.line(f"{name} += 1")
                self.depth -= 1
                self.loops.pop()


def written(program):
    """The source of a program."""
    writer = _Writer()
    for i in range(REGISTERS):
        writer.line(f"r{i} = x[{i}]" if i < INPUTS else f"r{i} = 0.0")
    writer.line(f"m = np.zeros({CELLS})")
    writer.line(f"for i in range({INPUTS}):")
    writer.line(f"    m[i] = 0.5 * x[{INPUTS - 1} - i]")
    for statement in program.body:
        writer.statement(statement)
    writer.line(f"y = np.empty({OUTPUTS})")
    for i in range(OUTPUTS):
        j = i + OUTPUTS
        writer.line(f"y[{i}] = r{i} + 0.5 * r{j} + m[{i}] * {0.5 + i} + m[{j}]")
    writer.line("return y")
    return "\n".join(["def program(x):", *writer.lines])


def compiled(program):
    """The program as an njit function."""
    filename = f"<program {next(_serial)}>"
    linecache.cache[filename] = (len(program.text), None, program.text.splitlines(keepends=True), filename)
    namespace = names() | {"bounded": bounded, "turned": turned, "smear": smear}
    exec(compile(program.text, filename, "exec"), namespace)
    return njit(error_model="numpy")(namespace["program"])
