"""Loops whose reverse sweep is worth skipping where nothing flows into it.

What a loop computes may be used by some iterations of a loop around it only: the smallest of many distances.
Where the adjoints of its results are zero, in all components, its sweep would add zeros.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np

from ...rules.readings import partials
from ...rules.table import Op as Rule
from ..ir.nodes import (
    Block,
    Call,
    If,
    Loop,
    Op,
    Program,
    Store,
    Value,
    around,
    ends,
    is_counted,
    operands,
    values_of,
    walk,
)

_GENERIC = (0.37, 0.71)  # within most domains, and no root of anything


def idles(loop: Loop, program: Program) -> bool:
    """Whether the adjoints of a loop's results are all that flows into its sweep, and are often zero."""
    results = {c.out for c in loop.carries if c.head.active}
    if not is_counted(loop) or not results or any(v.is_array for v in results):
        return False
    if any(isinstance(s, Call) or (isinstance(s, Store) and s.array.active) for s in walk(loop.body)):
        return False
    if not results.isdisjoint(values_of(program.result)):
        return False
    uses = [s for s in walk(program.body) if any(v in results for v in (*operands(s), *ends(s)))]
    return bool(uses) and all(_is_without_effect_at_times(s, results, loop.body.parent) for s in uses)


def _is_without_effect_at_times(s: Any, results: set[Value], block: Block | None) -> bool:
    if isinstance(s, If):
        return not any(v in results and v.active for v in operands(s))
    if not isinstance(s, Op):
        return False
    if not s.out.active or _is_in_branch(s.out.block, block):
        return True
    return all(_chooses(s.rule, at) for at, v in enumerate(s.args) if v in results)


def _is_in_branch(inner: Block | None, block: Block | None) -> bool:
    """Whether a block is one side of a branch in another block, or inside of one."""
    between = itertools.takewhile(lambda outer: outer is not block, around(inner))
    return any(isinstance(outer.owner, If) for outer in between)


@cache
def _chooses(rule: Rule | None, position: int) -> bool:
    """Whether a partial is exactly zero here and there, as those of minimum are."""
    if rule is None or rule.passive or rule.outputs > 1:
        return rule is None or rule.passive
    places = itertools.product(*((1, 2) if k in rule.integers else _GENERIC for k in range(rule.arity)))
    with np.errstate(all="ignore"):
        return any(partials(rule.name, *place)[position] == 0.0 for place in places)
