"""Programs run slowly, with what is needed to judge fast runs: error bounds and the path taken.

Along with each value goes its *majorant*: the sum, over all paths from an input, of the products of
the absolute values of the partials. Forward and reverse mode add up the same products of the same
partials in different orders, so they differ by at most a small multiple of the rounding unit times
the majorant, however much cancels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dualad.rules.algebra import evaluate
from dualad.rules.readings import partials
from tests.programs.language import BOUND, CELLS, CONSTANTS, INPUTS, OPS, OUTPUTS, REGISTERS, interval

UNIT = 2.0**-53


@dataclass
class Number:
    """A value, its derivative and majorant by each input, a bound of its rounding error."""

    value: float
    derivative: np.ndarray
    majorant: np.ndarray
    error: float = 0.0


def constant(value):
    return Number(value, np.zeros(INPUTS), np.zeros(INPUTS))


class Run:
    """One run of a program."""

    def __init__(self, program, x):
        self.path = []
        units = np.eye(INPUTS)
        inputs = [Number(float(v), units[i], units[i]) for i, v in enumerate(x)]
        self.r = [inputs[i] if i < INPUTS else constant(0.0) for i in range(REGISTERS)]
        self.m = [constant(0.0)] * CELLS
        for i in range(INPUTS):
            self.m[i] = self.scaled(0.5, inputs[INPUTS - 1 - i])
        self.loops = [0]
        with np.errstate(all="ignore"):
            for statement in program.body:
                self.statement(statement)
            self.y = [self.output(i, i + OUTPUTS) for i in range(OUTPUTS)]

    def output(self, i, j):
        first = self.total(self.r[i], self.scaled(0.5, self.r[j]))
        return self.total(self.total(first, self.scaled(0.5 + i, self.m[i])), self.m[j])

    @property
    def jacobian(self):
        return np.array([y.derivative for y in self.y])

    @property
    def majorant(self):
        return np.array([y.majorant for y in self.y])

    @property
    def errors(self):
        return np.array([y.error for y in self.y])

    # -- arithmetic -------------------------------------------------------------------------------

    def result(self, value, terms):
        """A value from its terms (partial, number)."""
        derivative, majorant, error = np.zeros(INPUTS), np.zeros(INPUTS), 4 * UNIT * abs(value)
        for partial, number in terms:
            if partial != 0:
                derivative = derivative + partial * number.derivative
                majorant = majorant + abs(partial) * number.majorant
                error += abs(partial) * number.error
        return Number(float(value), derivative, majorant, error)

    def scaled(self, factor, a):
        return self.result(factor * a.value, [(factor, a)])

    def total(self, a, b):
        return self.result(a.value + b.value, [(1.0, a), (1.0, b)])

    def sine(self, a):
        return self.result(np.sin(a.value), [(np.cos(a.value), a)])

    def bounded(self, a):
        within = abs(a.value) <= BOUND or math.isnan(a.value)
        self.path.append(within)
        return a if within else self.scaled(BOUND, self.sine(a))

    def call(self, k, *arguments):
        op = OPS[k]
        mapped = []
        for position, argument in enumerate(arguments[: op.arity]):
            found = interval(op, position)
            if position in op.integers:
                mapped.append(constant(2))
            elif found is None:
                mapped.append(argument)
            else:
                low, width = found
                wave = self.total(constant(0.5), self.scaled(0.45, self.sine(argument)))
                mapped.append(self.total(constant(low), self.scaled(width, wave)))
        values = [a.value for a in mapped]
        result, slopes = evaluate(op.name, tuple(values)), partials(op.name, *values)
        if op.outputs == 1:
            result, slopes = (result,), (slopes,)
        parts = [
            self.result(float(v), zip(s, mapped, strict=True)) for v, s in zip(result, slopes, strict=True)
        ]
        if op.passive:
            self.path.append(parts[0].value)
        return parts[0] if len(parts) == 1 else self.total(*parts)

    # -- statements -------------------------------------------------------------------------------

    def cell(self, i, moving):
        return (i + self.loops[-1]) % CELLS if moving else i

    def expression(self, e):
        match e:
            case ("r", i):
                return self.r[i]
            case ("c", i):
                return constant(CONSTANTS[i])
            case ("m", i, moving):
                return self.m[self.cell(i, moving)]
            case (k, a, b):
                return self.call(k, self.expression(a), self.expression(b))

    def less(self, a, b):
        self.path.append(self.r[a].value < self.r[b].value)
        return self.path[-1]

    def body(self, statements):
        for statement in statements:
            self.statement(statement)

    def statement(self, s):
        match s:
            case ("set", d, e):
                self.r[d] = self.bounded(self.expression(e))
            case ("add", d, e):
                self.r[d] = self.bounded(self.total(self.r[d], self.expression(e)))
            case ("store", i, moving, e):
                self.m[self.cell(i, moving)] = self.bounded(self.expression(e))
            case ("accumulate", i, moving, e):
                at = self.cell(i, moving)
                self.m[at] = self.bounded(self.total(self.m[at], self.expression(e)))
            case ("swap", a, b):
                self.r[a], self.r[b] = self.r[b], self.r[a]
            case ("helper", a, b):
                u, v = self.r[a], self.r[b]
                self.r[a] = self.total(self.scaled(0.8, u), self.scaled(-0.6, v))
                self.r[b] = self.total(self.scaled(0.6, u), self.scaled(0.8, v))
            case ("smear", i, a):
                v = self.r[a]
                for at in range(i, i + 3):
                    self.m[at] = self.total(self.scaled(0.5, self.m[at]), v)
                    v = self.scaled(0.25, self.m[at])
            case ("if", a, b, then, other):
                self.body(then if self.less(a, b) else other)
            case ("loop", n, inner):
                self.loops.append(0)
                for self.loops[-1] in range(n):
                    self.body(inner)
                self.loops.pop()
            case ("while", a, b, n, inner):
                self.loops.append(0)
                while self.less(a, b) and self.loops[-1] < n:
                    self.body(inner)
                    self.loops[-1] += 1
                self.loops.pop()
