"""Every op of the table as a branch of one compiled function, so that one compilation covers them all."""

from __future__ import annotations

import itertools
import linecache
import operator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numba import njit, types
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from scipy import special

from dualad.rules.listing import dotted
from dualad.rules.table import table

INF, NAN = float("inf"), float("nan")
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, INF, -INF, NAN, 1e300, -1e300, 1e-300)
SINGLE_EDGES = tuple(np.float32(e) for e in (*EDGES[:9], 1e30, -1e30, 1e-30))
INTEGERS = (-3, -1, 0, 1, 2, 40)
LITERAL_EXPONENTS = (-3, -2, -1, 0, 1, 2, 3, 4, 7)

INFIX = {
    operator.add: "x + y", operator.sub: "x - y", operator.mul: "x * y", operator.truediv: "x / y",
    operator.floordiv: "x // y", operator.mod: "x % y", operator.pow: "x ** y", operator.lt: "x < y",
    operator.le: "x <= y", operator.gt: "x > y", operator.ge: "x >= y", operator.eq: "x == y",
    operator.ne: "x != y", operator.is_: "x is y", operator.is_not: "x is not y", operator.neg: "-x",
    operator.pos: "+x", operator.not_: "not x", operator.truth: "True if x else False",
}  # fmt: skip
IN_PLACE = {
    operator.iadd: "+=", operator.isub: "-=", operator.imul: "*=", operator.itruediv: "/=",
    operator.ifloordiv: "//=", operator.imod: "%=", operator.ipow: "**=",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One way to write an op: its branch in the chain and the arguments it reads."""

    title: str
    op: object
    output: int
    lines: tuple[str, ...]
    reads: str  # the parameters among "xyn" that the branch uses
    arguments: tuple[str, ...] = ()  # of the op itself, if that is all there is: parameters or numbers

    def points(self, edges):
        """All combinations of edge inputs, as (x, y, n)."""
        choices = [edges if p in self.reads else edges[5:6] for p in "xy"]
        return itertools.product(*choices, INTEGERS if "n" in self.reads else (2,))


class Chain:
    """Cases, and the function ``(k, x, y, n)`` that evaluates case number `k`."""

    def __init__(self, name, cases, calls, active="xy", edges=EDGES, **options):
        self.cases, self.edges, self.calls, self.options = cases, edges, calls, options
        self.active = active
        self.argnums = tuple("kxyn".index(p) for p in active)
        lines = [f"def {name}(k, x, y, n):"]
        for k, case in enumerate(cases):
            lines += [f"    if k == {k}:", *(f"        {line}" for line in case.lines)]
        lines.append("    return 0.0")
        source = "\n".join(lines)
        filename = f"<{name}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        namespace = dict(calls)
        exec(compile(source, filename, "exec"), namespace)
        self.function = njit(**options)(namespace[name])

    def points(self):
        """All (k, x, y, n)."""
        return [(k, *point) for k, case in enumerate(self.cases) for point in case.points(self.edges)]

    def parts(self, most=60):
        """Shorter chains, as in adjoints a branch lies in the one before: (numbers of the cases, chain).

        Calls with several results have no compiled adjoint.
        """
        numbers = [k for k, case in enumerate(self.cases) if case.op.outputs == 1]
        for start in range(0, len(numbers), most):
            some = numbers[start : start + most]
            cases = [self.cases[k] for k in some]
            yield some, Chain("part", cases, self.calls, self.active, self.edges, **self.options)

    def title(self, point):
        k, *arguments = point
        shown = {p: v for p, v in zip("xyn", arguments, strict=True) if p in self.cases[k].reads}
        return f"{self.cases[k].title} at {shown}"


def is_constant(op, output):
    """Whether an output carries no derivative; it may then be no float."""
    return op.passive or all(not callable(p) and p == 0 for p in op.partials_of(output))


def written(op, call, names, local, reads=None, standard=False):
    """The cases of a call with the arguments `names`: one per output."""
    cases = []
    for output in range(op.outputs):
        setup = ()
        if call in IN_PLACE:
            setup = (f"r = {names[0]}", f"r {IN_PLACE[call]} {names[1]}")
            expression = "r"
        elif call in INFIX:
            expression = INFIX[call].replace("x", "\0").replace("y", names[-1]).replace("\0", names[0])
        else:
            expression = f"{local}({', '.join(names)})"
        title = f"{dotted(call)}({', '.join(names)})"
        if op.outputs > 1:
            expression, title = f"({expression})[{output}]", f"{title}[{output}]"
        factor = "1.0 * " if is_constant(op, output) else ""
        lines = (*setup, f"return {factor}({expression})")
        read = "".join(p for p in "xyn" if any(p in name for name in names)) if reads is None else reads
        cases.append(Case(title, op, output, lines, read, tuple(names) if standard else ()))
    return cases


def numba_accepts(call, arguments):
    """Whether plain Numba compiles `call` for arguments of these types."""
    typing = cpu_target.typing_context
    typing.refresh()
    try:
        return typing.resolve_function_type(typing.resolve_value_type(call), arguments, {}) is not None
    except TypingError:
        return False


def calls():
    """(op, callable, its name in the chain) of the whole table, SciPy's functions left out."""
    pairs = [(op, call) for op in table() for call in op.functions]
    return [(op, call, f"c{i}") for i, (op, call) in enumerate(pairs)]


def spelled(op):
    """The arguments of an op: floats x and y, a number if there is a third, an integer n."""
    floats = iter(("x", "y", "0.3"))
    return ["n" if i in op.integers else next(floats) for i in range(op.arity)]


@cache
def float_chain(edges=EDGES):
    """Every callable on floats (and on integers where it wants them), in its usual spelling."""
    cases, names = [], {}
    for op, call, local in calls():
        names[local] = call
        cases += written(op, call, spelled(op), local, standard=True)
        if op.fold:
            cases += written(op, call, ["x", "y", "0.5"], local)
            cases += written(op, call, ["0.5", "y", "x", "y"], local)
        if op.name in ("round", "around"):
            cases += written(op, call, ["x", "1"], local)
    return Chain("float_chain", cases, names, edges=edges)


@cache
def special_chain():
    """Every function of scipy.special."""
    cases, names = [], {}
    for op in table():
        if op.scipy:
            names[op.scipy] = getattr(special, op.scipy)
            cases += written(op, names[op.scipy], spelled(op), op.scipy, standard=True)
    return Chain("special_chain", cases, names)


@cache
def single_chain():
    """The same in single precision."""
    return float_chain(SINGLE_EDGES)


@cache
def division_chain():
    """What raises ZeroDivisionError in Python, in functions that asked for NumPy's ways."""
    cases, names = [], {}
    for op, call, local in calls():
        if op.name in ("truediv", "floordiv", "mod", "divmod"):
            names[local] = call
            cases += written(op, call, ["x", "y"], local, standard=True)
    return Chain("division_chain", cases, names, error_model="numpy")


@cache
def power_chain():
    """Powers with literal exponents, whose partials have further ones."""
    cases, names = [], {}
    for op, call, local in calls():
        if op.name == "pow" and call not in IN_PLACE:
            names[local] = call
            for exponent in (*LITERAL_EXPONENTS, 0.0, 1.0, -1.0):
                cases += written(op, call, ["x", f"{exponent}"], local)
    return Chain("power_chain", cases, names, active="x")


@cache
def mixed_chain():
    """Operands that are not doubles: integers, booleans and floats on either side, literal exponents."""
    cases, names = [], {}
    real, integer, truth = types.float64, types.int64, types.boolean
    for op, call, local in calls():
        if op.arity != 2 or op.integers:
            continue
        names[local] = call
        if numba_accepts(call, (real, integer)):
            cases += written(op, call, ["x", "n"], local)
        if numba_accepts(call, (integer, real)):
            cases += written(op, call, ["n", "x"], local)
        if call not in INFIX:
            continue
        if numba_accepts(call, (real, truth)):
            cases += written(op, call, ["x", "(n > 0)"], local, reads="xn")
        if numba_accepts(call, (real, types.float32)):
            cases += written(op, call, ["x", "np.float32(n)"], local, reads="xn")
        if call is operator.pow:
            for exponent in LITERAL_EXPONENTS:
                cases += written(op, call, ["x", f"{exponent}"], local)
            cases += written(op, call, ["2", "x"], local)
    return Chain("mixed_chain", cases, names | {"np": np}, active="x")
