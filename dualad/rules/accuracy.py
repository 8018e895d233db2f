"""How far the partials of each op are from the truth: samples, mpmath derivatives, errors in ulps.

Needs mpmath, which dualad itself does not. Used by the tests and by ``python -m benchmarks.accuracy``.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .algebra import evaluate
from .readings import Dual, Real, partials
from .table import Op

__all__ = ["LIMITS", "Error", "errors", "exact_partial", "limit", "orders", "samples", "second_partials"]

LIMITS = {1: 4.0, 2: 16.0}  # ulps, by order
# Where these underflow, so do terms of their second partials that are not themselves that small.
_UNDERFLOWING = ("pow", "power_less")
_TINY, _HUGE = sys.float_info.min, sys.float_info.max


@dataclass(frozen=True)
class Error:
    """One computed partial against its exact value.

    Attributes
    ----------
    name : str
        The op.
    output : int
        Which result of it.
    positions : tuple of int
        By which arguments it is differentiated; the length is the order.
    arguments : tuple of float
        Where.
    got, exact : float
        The value of the rule and the rounded exact one.
    ulps : float
        Their distance in units of the last place of the exact value.
    relative : float
        The same, relative.
    """

    name: str
    output: int
    positions: tuple[int, ...]
    arguments: tuple[float, ...]
    got: float
    exact: float
    ulps: float
    relative: float


def samples(op: Op, count: int = 60, seed: int = 1) -> list[tuple[Any, ...]]:
    """Points of the op's domain: bulk, all magnitudes, close to the bounds, close pairs, and its own."""
    rng = np.random.default_rng([seed, *map(ord, op.name)])  # an op's samples do not move when others come
    points: list[tuple[Any, ...]] = list(op.points)
    drawn = len(points)
    while len(points) - drawn < count:
        point = [_draw(rng, *bounds) for bounds in op.domain]
        if op.arity == 2 and not op.integers and rng.random() < 0.2:
            close = point[0] * (1.0 + rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-16, -1))
            if op.domain[1][0] < close < op.domain[1][1]:
                point[1] = close
        for i in op.integers:
            low, high = op.domain[i]
            point[i] = int(rng.integers(int(low), int(high) + 1))
        results = np.atleast_1d(evaluate(op.name, tuple(point)))
        lost = ~np.isfinite(results) | ((np.abs(results) < _TINY) & (op.name in _UNDERFLOWING))
        if not np.any(lost):
            points.append(tuple(point))
    return points


def orders(op: Op) -> tuple[int, ...]:
    """Orders an op is held to: 1 for helpers, whose partials are the second partials of others."""
    return (1, 2) if op.is_called else (1,)


def limit(op: Op, order: int) -> tuple[float, float]:
    """Ulps and relative error an op may have: one of the two is infinite."""
    if op.tolerance is not None:
        return math.inf, op.tolerance
    return LIMITS[order if op.is_called else order + 1], math.inf


def _draw(rng: np.random.Generator, low: float, high: float) -> float:
    while True:
        x = _draw_anywhere(rng, low, high)
        if low < x < high:
            return x


def _draw_anywhere(rng: np.random.Generator, low: float, high: float) -> float:
    kind = rng.choice(["bulk", "wide", "bound"])
    bounds = [b for b in (low, high) if math.isfinite(b) and b != 0]
    if kind == "bound" and bounds:
        bound = float(rng.choice(bounds))
        inward = 1.0 if bound == low else -1.0
        return float(bound + inward * min(abs(bound), high - low) * 10.0 ** rng.uniform(-16, -1))
    if kind == "bulk":
        return float(rng.uniform(max(low, min(-5.0, high - 10)), min(high, max(5.0, low + 10))))
    sign = 1.0 if low >= 0 else -1.0 if high <= 0 else rng.choice([-1.0, 1.0])
    largest = high if sign > 0 else -low
    if math.isinf(largest):
        return float(sign * 10.0 ** rng.uniform(-300.0, 300.0))
    return float(sign * 10.0 ** rng.uniform(-20.0, math.log10(largest)))


def second_partials(op: Op, arguments: tuple[Any, ...]) -> list[list[list[float]]]:
    """Second partials ``[output][i][j]``: the rule of partial i differentiated with respect to argument j."""
    smooth = op.smooth
    duals = [
        Dual(Real(a), tuple(float(i == j) for j in smooth)) if i in smooth else a
        for i, a in enumerate(arguments)
    ]
    rules = partials(op.name, *duals)
    if op.outputs == 1:
        rules = (rules,)
    return [
        [[float(r.tangents[smooth.index(j)]) if isinstance(r, Dual) and j in smooth else 0.0
          for j in range(op.arity)] for r in output]
        for output in rules
    ]  # fmt: skip


def exact_partial(op: Op, output: int, positions: tuple[int, ...], arguments: tuple[Any, ...]) -> Any:
    """The partial of the op's oracle at the doubles `arguments`, to 20 digits or more, in mpmath.

    Central differences of a relative width of 1e-40 leave a relative error near 1e-80, or 1e-48 at a
    distance of one ulp from a singularity. The working precision grows until rounding, of values as
    large as the arguments, is below 1e-22.
    """
    import mpmath

    mp = mpmath.mp
    for digits in (160, 320, 640, 1280, 2560):
        with mp.workdps(digits):
            x = [a if i in op.integers else mp.mpf(float(a)) for i, a in enumerate(arguments)]
            widths = {i: mp.mpf(10) ** -40 * (min(abs(x[i]), 1) if x[i] else 1) for i in positions}
            value, largest = mp.mpf(0), max([mp.mpf(1), *map(abs, x)])
            for signs in itertools.product((1, -1), repeat=len(positions)):
                moved = list(x)
                for i, sign in zip(positions, signs, strict=True):
                    moved[i] += sign * widths[i]
                f = op.oracle(mp, *moved)  # type: ignore[misc]
                f = f[output] if op.outputs > 1 else f
                value += math.prod(signs) * f
                largest = max(largest, abs(f))
            scale = mp.mpf(1)
            for i in positions:
                scale *= 2 * widths[i]
            value, noise = value / scale, largest * mp.mpf(10) ** (4 - digits) / scale
            if noise <= abs(value) * mp.mpf(10) ** -22:
                return value
    return mp.mpf(0) if abs(value) <= noise else value


def errors(op: Op, arguments: tuple[Any, ...]) -> Iterator[Error]:
    """Errors of the partials of an op at one point, as its rules give them on doubles."""
    smooth = op.smooth
    first = partials(op.name, *arguments)
    if op.outputs == 1:
        first = (first,)
    for output, i in itertools.product(range(op.outputs), smooth):
        yield _error(op, output, (i,), arguments, first[output][i])
    if 2 in orders(op):
        second = second_partials(op, arguments)
        for output, i, j in itertools.product(range(op.outputs), smooth, smooth):
            yield _error(op, output, (i, j), arguments, second[output][i][j])


def _error(op: Op, output: int, positions: tuple[int, ...], arguments: tuple[Any, ...], got: float) -> Error:
    import mpmath

    exact = exact_partial(op, output, positions, arguments)
    with mpmath.mp.workdps(60):
        if abs(exact) > _HUGE:
            agrees = math.isinf(got) and (got > 0) == (exact > 0)
            ulps = 0.0 if agrees or abs(got) > 0.99 * _HUGE else math.inf
            infinite = math.inf if exact > 0 else -math.inf
            return Error(op.name, output, positions, arguments, got, infinite, ulps, ulps)
        if not math.isfinite(got):
            return Error(op.name, output, positions, arguments, got, float(exact), math.inf, math.inf)
        distance, scale = abs(mpmath.mpf(got) - exact), abs(exact)
        if tuple(sorted(positions)) in op.vanishing:
            scale = max(scale, _lower(op, output, positions, arguments))
        # Results below the smallest normal number have no last place to speak of.
        scale = max(float(scale), _TINY)
        unit = float(np.spacing(scale)) if scale > _TINY else _TINY
        return Error(op.name, output, positions, arguments, got, float(exact),
                     float(distance / unit), float(distance / scale))  # fmt: skip


def _lower(op: Op, output: int, positions: tuple[int, ...], arguments: tuple[Any, ...]) -> Any:
    """The partials of one order less divided by the argument: the size of the terms that cancel."""
    sizes = []
    for k, i in enumerate(positions):
        rest = positions[:k] + positions[k + 1 :]
        if arguments[i] != 0:
            sizes.append(abs(exact_partial(op, output, rest, arguments) / float(arguments[i])))
    return min(sizes, default=0)
