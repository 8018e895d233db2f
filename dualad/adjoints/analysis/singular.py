"""Where adjoints may be infinite: ops with an infinite partial, or none, at finite arguments."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from ...catalogue import stated
from ...rules.arguments import UNBOUNDED
from ...rules.readings import partials
from ...rules.table import Op as Rule
from ..frontend.callees import Callee
from ..ir.nodes import Call, If, Load, Loop, Op, Program, Store, Value, leaves_of, walk
from .bounds import argument, lower_bounds
from .memory import Memory

_USUAL = (0.0, 1.0, -1.0)
_NEAR = 1e3  # ends of a domain beyond it are where overflow begins, no singularity


def is_singular(s: Op, divides_by_zero: bool, bounds: Mapping[Value, float]) -> bool:
    """Whether what flows into the op's arguments may be infinite or NaN.

    Parameters
    ----------
    divides_by_zero : bool
        Whether a division by zero has a result, and raises no exception.
    bounds : mapping
        What values are not below; see :mod:`dualad.adjoints.analysis.bounds`.
    """
    if s.rule is None:
        return False
    if s.rule.divisor is not None and stated(s.function).raises and not divides_by_zero:
        return False
    if s.rule.steepest is not None:
        steepest = s.rule.steepest(*(argument(arg, bounds) for arg in s.args))
        if steepest is not None:
            return not all(_is_finite(s.rule, place) for place in steepest)
    lows = tuple(bounds.get(arg, UNBOUNDED) if isinstance(arg, Value) else UNBOUNDED for arg in s.args)
    return _has_singularity(s.rule, lows)


@cache
def _has_singularity(rule: Rule, lows: tuple[float, ...]) -> bool:
    return not rule.passive and not all(_is_finite(rule, place) for place in _places(rule, lows))


def _is_finite(rule: Rule, place: tuple[Any, ...]) -> bool:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(np.all(np.isfinite(partials(rule.name, *place))))


def _places(rule: Rule, lows: tuple[float, ...]) -> Iterator[tuple[Any, ...]]:
    """Where its domain ends, at simple numbers, and at the places that its entry gives.

    Of them those not below `lows`, and these.
    """
    axes = []
    for position in range(rule.arity):
        ends = [end for end in (*rule.domain[position], lows[position]) if abs(end) <= _NEAR]
        axes.append((1, 2) if position in rule.integers else tuple(dict.fromkeys((*ends, *_USUAL))))
    for place in (*itertools.product(*axes), *(place for place, _ in rule.edges), *rule.points):
        if all(map(math.isfinite, place)) and all(x >= low for x, low in zip(place, lows, strict=False)):
            yield place


def exposed(program: Program, memory: Memory) -> set[Value]:
    """The values whose adjoint may be infinite though they are finite: a zero partial absorbs it."""
    found: set[Value] = set()
    bounds = lower_bounds(program)

    def add(*things: Any) -> None:
        found.update([v for v in things if isinstance(v, Value)])

    statements = walk(program.body)[::-1]
    for s in statements:
        if isinstance(s, Op) and is_singular(s, program.divides_by_zero, bounds):
            add(*s.args)
        elif isinstance(s, Call) and isinstance(s.rule, Callee):
            add(*leaves_of(s.args))  # it may have such ops
    size = -1
    while size < len(found):
        size = len(found)
        for s in statements:
            match s:
                case Op() if s.out in found:
                    add(*s.args)
                case Load() if s.out in found:
                    add(*memory.of(s.array))
                case Store() if memory.of(s.array) & found:
                    add(s.value)
                case Call() if any(memory.of(o) & found or o in found for o in s.outs):
                    args = [leaf for leaf in leaves_of(s.args) if isinstance(leaf, Value)]
                    add(*(r for a in args for r in memory.of(a)))
                case Loop():
                    for c in s.carries:
                        if c.out in found or c.head in found:
                            add(c.init, c.next, c.head)
                case If():
                    for m in s.merges:
                        if m.out in found:
                            add(m.first, m.second)
    return found
