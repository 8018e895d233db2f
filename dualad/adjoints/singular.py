"""Where adjoints may be infinite: ops with an infinite partial, or none, at finite arguments."""

from __future__ import annotations

import itertools
import math
import operator
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from ..rules.readings import partials
from ..rules.table import Op as Rule
from .analysis import Memory, leaves_of
from .callees import Callee
from .ir import Call, Const, If, Load, Loop, Op, Program, Store, Value, leaves, walk

_USUAL = (0.0, 1.0, -1.0)
_NEAR = 1e3  # ends of a domain beyond it are where overflow begins, no singularity
_DIVISIONS = (operator.truediv, operator.itruediv, operator.floordiv, operator.mod)


def is_singular(s: Op, divides_by_zero: bool) -> bool:
    """Whether what flows into the op's arguments may be infinite or NaN.

    Parameters
    ----------
    divides_by_zero : bool
        Whether a division by zero has a result, and raises no exception.
    """
    if s.rule is None or (s.function in _DIVISIONS and not divides_by_zero):
        return False
    if s.rule.name == "pow" and isinstance(s.args[1], Const):
        return not s.args[1].value >= 1
    return _has_singularity(s.rule)


@cache
def _has_singularity(rule: Rule) -> bool:
    if rule.passive:
        return False
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return not all(np.all(np.isfinite(partials(rule.name, *place))) for place in _places(rule))


def _places(rule: Rule) -> Iterator[tuple[Any, ...]]:
    """Where its domain ends, at simple numbers, and at the places that its entry gives."""
    axes = []
    for position in range(rule.arity):
        ends = [end for end in rule.domain[position] if abs(end) <= _NEAR]
        axes.append((1, 2) if position in rule.integers else tuple(dict.fromkeys((*ends, *_USUAL))))
    for place in (*itertools.product(*axes), *(place for place, _ in rule.edges), *rule.points):
        if all(map(math.isfinite, place)):
            yield place


def exposed(program: Program, memory: Memory) -> set[Value]:
    """The values whose adjoint may be infinite though they are finite: a zero partial absorbs it."""
    found: set[Value] = set()

    def add(*things: Any) -> bool:
        size = len(found)
        found.update(v for v in things if isinstance(v, Value))
        return len(found) > size

    changed = True
    while changed:
        changed = False
        for s in walk(program.body):
            if isinstance(s, Op):
                if is_singular(s, program.divides_by_zero) or s.out in found:
                    changed |= add(*s.args)
            elif isinstance(s, Load) and s.out in found:
                changed |= add(*memory.of(s.array))
            elif isinstance(s, Store) and memory.of(s.array) & found:
                changed |= add(s.value)
            elif isinstance(s, Call) and isinstance(s.rule, Callee):
                changed |= add(*(leaf for leaf in leaves_of(s.args)))  # it may have such ops
            elif isinstance(s, Call) and any(memory.of(o) & found or o in found for o in s.outs):
                args = [leaf for a in s.args for leaf in leaves(a) if isinstance(leaf, Value)]
                changed |= add(*(r for a in args for r in memory.of(a)))
            elif isinstance(s, Loop):
                for c in s.carries:
                    if c.out in found or c.head in found:
                        changed |= add(c.init, c.next, c.head)
            elif isinstance(s, If):
                for m in s.merges:
                    if m.out in found:
                        changed |= add(m.first, m.second)
    return found
