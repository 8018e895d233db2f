"""How often the derivative checker is wrong: false alarms on right derivatives, misses on wrong ones.

Run ``python -m benchmarks.checker_rates [programs]`` (by default 200, five minutes). Programs are random
straight lines of smooth operations with one to eight inputs of all scales and one to four outputs. Their
derivatives are written by hand, as accumulation of gradients and Hessians line by line; mistakes are put into
them. Checks of a function of 10,000 inputs are timed as well.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualad.check import Report, check_derivatives

UNARY: dict[str, Callable[[float], tuple[float, float, float]]] = {}


def unary(
    function: Callable[[float], tuple[float, float, float]],
) -> Callable[[float], tuple[float, float, float]]:
    """An operation as its value, first and second derivative."""
    UNARY[function.__name__] = function
    return function


@unary
def sin(x):
    return math.sin(x), math.cos(x), -math.sin(x)


@unary
def cos(x):
    return math.cos(x), -math.sin(x), -math.cos(x)


@unary
def tanh(x):
    y = math.tanh(x)
    d = (1 - y) * (1 + y)
    return y, d, -2 * y * d


@unary
def bump(x):
    y = math.exp(-x * x)
    return y, -2 * x * y, (4 * x * x - 2) * y


@unary
def root(x):
    y = math.sqrt(1 + x * x)
    return y, x / y, 1 / y**3


@unary
def logarithm(x):
    s = 1 + x * x
    return math.log(s), 2 * x / s, 2 * (1 - x * x) / (s * s)


@unary
def arctangent(x):
    s = 1 + x * x
    return math.atan(x), 1 / s, -2 * x / (s * s)


@unary
def fraction(x):
    s = 1 + x * x
    return 1 / s, -2 * x / s**2, (6 * x * x - 2) / s**3


@unary
def exponential(x):
    y, c, s = math.exp(math.sin(x)), math.cos(x), math.sin(x)
    return y, y * c, y * (c * c - s)


@unary
def square(x):
    return x * x, 2 * x, 2.0


VALUES: dict[str, Callable[[Any], Any]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "bump": lambda x: math.exp(-x * x),
    "root": lambda x: math.sqrt(1 + x * x),
    "logarithm": lambda x: math.log(1 + x * x),
    "arctangent": math.atan,
    "fraction": lambda x: 1 / (1 + x * x),
    "exponential": lambda x: math.exp(math.sin(x)),
    "square": lambda x: x * x,
}
BINARY = ("add", "sub", "mul", "div")


@dataclass
class Mistake:
    """What is wrong with a derivative.

    Attributes
    ----------
    kind : str
        Its name.
    at : int
        The line it is in.
    size : float
        How large it is, where that can be chosen.
    """

    kind: str
    at: int
    size: float = 0.0


@dataclass
class Program:
    """A random function and its derivatives.

    Attributes
    ----------
    x : array
        The point.
    scale : array
        What the inputs are divided by first.
    lines : list of (name, arguments)
        Operations on earlier lines; the first ones are the inputs.
    outputs : list of int
        Which lines are returned.
    """

    x: np.ndarray
    scale: np.ndarray
    lines: list[tuple[str, tuple[int, ...]]]
    outputs: list[int]
    factors: list[float] = field(default_factory=list)

    @classmethod
    def random(cls, rng: np.random.Generator) -> Program:
        n = int(rng.integers(1, 9))
        scale = 10.0 ** rng.uniform(-6, 6, n) if rng.random() < 0.5 else np.ones(n)
        x = scale * rng.choice([-1, 1], n) * rng.uniform(0.1, 3, n)
        lines: list[tuple[str, tuple[int, ...]]] = []
        for k in range(n, n + int(rng.integers(4, 26))):
            if rng.random() < 0.4:
                lines.append((str(rng.choice(list(UNARY))), (int(rng.integers(max(0, k - 6), k)),)))
            else:
                pair = (int(rng.integers(max(0, k - 6), k)), int(rng.integers(0, k)))
                lines.append((str(rng.choice(BINARY)), pair))
        last = n + len(lines)
        outputs = [last - 1 - i for i in range(min(int(rng.integers(1, 5)), len(lines)))]
        factors = (
            list(10.0 ** rng.uniform(-12, 12, len(outputs))) if rng.random() < 0.3 else [1.0] * len(outputs)
        )
        return cls(x, scale, lines, outputs, factors)

    def value(self, x):
        v = [x[i] / self.scale[i] for i in range(len(self.scale))]
        for name, arguments in self.lines:
            if len(arguments) == 1:
                v.append(VALUES[name](v[arguments[0]]))
                continue
            a, b = v[arguments[0]], v[arguments[1]]
            if name == "add":
                v.append(a + b)
            elif name == "sub":
                v.append(a - b)
            elif name == "mul":
                v.append(a * b)
            else:
                v.append(a / (1 + b * b))
        results = [f * v[k] for f, k in zip(self.factors, self.outputs, strict=True)]
        return np.array(results) if len(results) > 1 else results[0]

    def derivatives(self, x, mistake: Mistake | None = None):
        """Jacobian and Hessians, an output each, by hand."""
        n = len(x)
        v, g, h = [], [], []
        for i in range(n):
            v.append(x[i] / self.scale[i])
            g.append(np.eye(n)[i] / self.scale[i])
            h.append(np.zeros((n, n)))
        for number, (name, arguments) in enumerate(self.lines):
            wrong = mistake.kind if mistake is not None and mistake.at == number else ""
            parts = self._line(name, [v[k] for k in arguments])
            value, first, second = parts
            if wrong == "missing term":
                first = [0.0, *first[1:]]
            if wrong == "sign":
                first = [-first[0], *first[1:]]
            if wrong == "factor 2":
                first = [2 * first[0], *first[1:]]
            if wrong == "relative":
                first = [(1 + mistake.size) * first[0], *first[1:]]
            if wrong == "stale":
                first = self._line(name, [v[max(0, k - 1)] for k in arguments])[1]
            if wrong == "single precision":
                first = [float(np.float32(d)) for d in first]
            v.append(value)
            g.append(sum(d * g[k] for d, k in zip(first, arguments, strict=True)))
            h.append(
                sum(d * h[k] for d, k in zip(first, arguments, strict=True))
                + sum(
                    second[i][j] * np.outer(g[k], g[m])
                    for i, k in enumerate(arguments)
                    for j, m in enumerate(arguments)
                )
            )
        jac = np.array([f * g[k] for f, k in zip(self.factors, self.outputs, strict=True)])
        hess = np.array([f * h[k] for f, k in zip(self.factors, self.outputs, strict=True)])
        return jac, hess

    @staticmethod
    def _line(name, a):
        if len(a) == 1:
            value, d, dd = UNARY[name](a[0])
            return value, [d], [[dd]]
        x, y = a
        if name == "add":
            return x + y, [1.0, 1.0], [[0.0, 0.0], [0.0, 0.0]]
        if name == "sub":
            return x - y, [1.0, -1.0], [[0.0, 0.0], [0.0, 0.0]]
        if name == "mul":
            return x * y, [y, x], [[0.0, 1.0], [1.0, 0.0]]
        s = 1 + y * y
        cross = -2 * y / s**2
        return x / s, [1 / s, x * cross], [[0.0, cross], [cross, x * (6 * y * y - 2) / s**3]]

    def jacobian(self, x, mistake: Mistake | None = None):
        jac = self.derivatives(x, mistake)[0]
        return jac if len(self.outputs) > 1 else jac[0]

    def hessian(self, x, mistake: Mistake | None = None):
        hess = self.derivatives(x, mistake)[1]
        return hess if len(self.outputs) > 1 else hess[0]


def check(program: Program, mistake: Mistake | None = None, **options: Any) -> Report:
    """Check a program's derivatives of both orders, with a mistake in them or without."""
    return check_derivatives(
        program.value, program.x, jac=lambda x: program.jacobian(x, mistake),
        hess=lambda x: program.hessian(x, mistake), **options,
    )  # fmt: skip


def matters(program: Program, mistake: Mistake, threshold: float) -> bool:
    """Whether a mistake changes some entry of the Jacobian by more than `threshold`, relatively."""
    right, wrong = program.derivatives(program.x)[0], program.derivatives(program.x, mistake)[0]
    largest = np.abs(right * program.x).max(axis=1, keepdims=True)
    relevant = np.abs(right * program.x) > 1e-6 * largest
    return bool(np.any(relevant & (np.abs(right - wrong) > threshold * np.abs(right))))


def alarms(programs: Sequence[Program], **options: Any) -> list[Report]:
    """Reports that find fault with right derivatives."""
    return [report for report in (check(p, **options) for p in programs) if not report.ok]


MISTAKES = (
    ("sign", 0.0), ("factor 2", 0.0), ("missing term", 0.0), ("stale", 0.0),
    ("relative", 1e-2), ("relative", 1e-4), ("relative", 1e-6), ("relative", 1e-7), ("single precision", 0.0),
)  # fmt: skip


def missed(
    programs: Sequence[Program], kind: str, size: float, seed: int = 0, **options: Any
) -> tuple[int, int]:
    """How many programs with a mistake pass, of how many in which the mistake matters."""
    rng = np.random.default_rng(seed)
    passed = total = 0
    threshold = 3e-8 if kind == "single precision" else 0.3 * size if size else 1e-3
    for program in programs:
        mistake = Mistake(kind, int(rng.integers(0, len(program.lines))), size)
        if matters(program, mistake, threshold):
            total += 1
            passed += check(program, mistake, **options).ok
    return passed, total


INPUTS = 10_000


def neighbours(x):
    """A function of many inputs, with a sparse Hessian."""
    return float(np.sum(np.sin(x)) + np.sum(x[1:] * x[:-1]))


def neighbours_gradient(x):
    g = np.cos(x)
    g[1:] += x[:-1]
    g[:-1] += x[1:]
    return g


def neighbours_product(x, p):
    h = -np.sin(x) * p
    h[1:] += p[:-1]
    h[:-1] += p[1:]
    return h


def timed_checks() -> list[tuple[str, float, Report]]:
    """Checks of many inputs: what of, seconds, and the report."""
    x = np.random.default_rng(0).normal(size=INPUTS)
    sign = np.where(np.arange(INPUTS) == 4567, -1.0, 1.0)
    derivatives: dict[str, dict[str, Callable[..., Any]]] = {
        "right gradient": {"jac": neighbours_gradient},
        "right gradient and Hessian": {"jac": neighbours_gradient, "hvp": neighbours_product},
        "gradient with a wrong sign": {"jac": lambda x: sign * neighbours_gradient(x)},
        "Hessian with a wrong sign": {"hvp": lambda x, p: sign * neighbours_product(x, p)},
    }
    found = []
    for what, given in derivatives.items():
        start = time.perf_counter()
        report = check_derivatives(neighbours, x, **given)
        found.append((what, time.perf_counter() - start, report))
    return found


def main(arguments: Sequence[str]) -> int:
    number = int(arguments[0]) if arguments else 200
    rng = np.random.default_rng(2024)
    programs = [Program.random(rng) for _ in range(number)]
    print(f"{number} random programs; orders 1 and 2")
    for mode, options in (
        ("every entry", {"directions": "full"}),
        ("random directions", {"directions": "random"}),
    ):
        start = time.perf_counter()
        found = alarms(programs, **options)
        seconds = time.perf_counter() - start
        print(
            f"\n{mode}: {len(found)} of {number} right derivatives raise an alarm "
            f"({seconds / number:.3f} s each)"
        )
        for report in found[:5]:
            print(report)
        print(f"  {'mistake':<22}{'missed':>8}{'of':>6}")
        for kind, size in MISTAKES:
            passed, total = missed(programs, kind, size, **options)
            print(f"  {kind + (f' {size:g}' if size else ''):<22}{passed:>8}{total:>6}", flush=True)
    print(f"\n{INPUTS} inputs, random directions")
    for what, seconds, report in timed_checks():
        worst = ", ".join(str(entry.label) for c in report.comparisons for entry in c.wrong)
        print(f"  {what:<28}{'right' if report.ok else 'wrong: ' + worst:<32}{seconds:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
