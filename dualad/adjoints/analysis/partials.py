"""Partials of ops as expressions over the values of a program: the rules of the op table, read as such."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from ...compiler.ops.formulas import formula
from ...rules.algebra import Operand as Number
from ...rules.table import lookup
from ..ir.builder import Builder
from ..ir.nodes import Const, Op, Operand, Value

LARGEST_POWER = 16  # that is written as an operator


class Term(Number):
    """An expression: a function of terms and numbers, or an operand of a program."""

    __slots__ = ("function", "operands")

    def __init__(self, function: Any, *operands: Any) -> None:
        self.function, self.operands = function, operands

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        found = _simplified(name, operands)
        return Term(_function(name, operands), *operands) if found is None else found

    def leaves(self) -> Iterator[Any]:
        """The operands of the program that it is made of."""
        if self.function is None:
            yield self.operands[0]
            return
        for operand in self.operands:
            if isinstance(operand, Term):
                yield from operand.leaves()


def leaf(operand: Operand) -> Term:
    """An operand of a program as a term."""
    return Term(None, operand)


def _function(name: str, operands: tuple[Any, ...]) -> Any:
    """What compiled code calls for an op of a formula."""
    rule = lookup(name)
    if rule.exponent is not None and isinstance(operands[rule.exponent], int):
        # Numba's operator divides for a negative exponent, which raises at 0 where the function does not.
        return rule.written if 0 < operands[rule.exponent] <= LARGEST_POWER else formula(name)
    if rule.written is not None and rule.exponent is None:
        return rule.written
    kernel = rule.kernel
    known = kernel is not None and getattr(math, getattr(kernel, "__name__", ""), None) is kernel
    return kernel if known else formula(name)


def _simplified(name: str, operands: tuple[Any, ...]) -> Any:
    """An operand, if the other changes nothing or the sign; a product in which nothing is absorbed."""
    rule = lookup(name)
    for other, one in (operands, operands[::-1])[: 1 + rule.commutes] if rule.neutral else ():
        if isinstance(one, int | float) and abs(one) == rule.neutral:
            if one > 0:
                return other
            if rule.is_product:
                return -other
    if rule.absorbs and any(isinstance(o, int | float) and o and math.isfinite(o) for o in operands):
        return operands[0] * operands[1]
    return None


def partial(s: Op, position: int) -> Any:
    """The partial of an op by one of its arguments: a term, or a number where it is constant."""
    rule, args = s.rule, s.args
    assert rule is not None
    if rule.inverse and position == 1 and args[0] == Const(rule.neutral):
        # Of a reciprocal the result is enough: no division, and the divisor is not looked at.
        rule, position, args = lookup(rule.inverse), 0, args[1:]
    found = rule.partials_of(0)[position]
    if not callable(found):
        return found
    read: list[Any] = [
        a.value if isinstance(a, Const) and isinstance(a.value, int) else leaf(a) for a in args
    ]
    whole = (*rule.integers, rule.exponent)  # other integers are read as floats
    read = [leaf(Const(float(r))) if isinstance(r, int) and i not in whole else r for i, r in enumerate(read)]
    return _number(found(*read, leaf(s.out)))


def _number(found: Any) -> Any:
    """A finite number if the term is one."""
    if isinstance(found, Term) and found.function is None and isinstance(found.operands[0], Const):
        number = float(found.operands[0].value)
        return number if math.isfinite(number) else found
    return found


def values_in(found: Any) -> Iterator[Value]:
    """The values that a partial is made of."""
    if isinstance(found, Term):
        yield from (operand for operand in found.leaves() if isinstance(operand, Value))


def lowered(build: Builder, found: Any, at: Any) -> Operand:
    """The statements that compute a term; `at` gives its operands where it is computed."""
    known: dict[int, Operand] = {}

    def visit(term: Any) -> Operand:
        if not isinstance(term, Term):
            return Const(term)
        if id(term) not in known:
            operands: Sequence[Any] = term.operands
            known[id(term)] = (
                at(operands[0]) if term.function is None else build.op(term.function, *map(visit, operands))
            )
        return known[id(term)]

    return visit(found)
