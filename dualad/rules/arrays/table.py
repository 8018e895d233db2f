"""The table of array rules: one :class:`ArrayRule` per function of whole arrays, found by callable.

A rule is made of plain Python functions over NumPy arrays. They are compiled like a user's function,
for floats or for the active values of the levels below, so a rule is written once for every mode
and order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any

from ...registry import entry
from ..table import loaded_special

Function = Callable[..., Any]


class ArrayRule:
    """How a function of arrays is computed and differentiated.

    Attributes
    ----------
    name : str
        Unique name.
    functions : tuple of callables
        The functions of a user's code that the rule stands for.
    scipy : str
        The name of one more of them, in scipy.special.
    primal : callable
        The function itself; without a tangent or an adjoint rule that mode differentiates its code.
    forward : callable or None
        The tangent of the result. It takes, by name, any of the arguments (``a``), their tangents
        (``a_dot``, None for a passive one) and the result (``y``).
    nested : callable or None
        The tangent rule in a derivative that is itself differentiated, if different.
    backward : callable or None
        Adds to the adjoints of the arguments what the adjoint of the result contributes. It takes,
        by name, any of the arguments, the result, its adjoint (``y_bar``), and the adjoints to add to
        (``a_bar``, None for a passive argument). What it does not name is not stored.
    pieces : callable or None
        The function in scalar operations, which know the pieces that meet at a kink. A derivative that is
        differentiated itself is that of this code (see :mod:`dualad.rules.kinks`).
    kink : callable or None
        Whether the derivative is a convention. It takes, by name, any of the arguments and the result. Where
        it holds, the derivative of such a derivative is NaN (see :mod:`dualad.rules.kinks`).
    shape : callable or None
        The shape of the result by those of the arguments, whose extents may be anything; None for one that
        only the values tell. A number has the shape (), None is itself.
    layouts : {"C", "CF"}
        The orders of elements in which the adjoint takes arrays; others are copied into C order before.
    order : {"C", "F"}
        The order of the elements of a result with several axes, if `shape` tells their number.
    note : str
        The source of the formula, or the convention where there is no derivative.
    plain : ArrayRule or None
        The rule in whose result zeros do not absorb, if they do in this one's.
    absorbs : bool
        Whether zeros absorb infinities and NaN in the products of its own tangent and adjoint rule; if not,
        the caller of the rule provides for it.
    """

    def __init__(
        self,
        name: str,
        functions: tuple[Function, ...],
        scipy: str,
        primal: Function,
        note: str,
        absorbs: bool,
        layouts: str = "C",
    ) -> None:
        self.name, self.functions, self.scipy, self.primal, self.note = name, functions, scipy, primal, note
        self.absorbs, self.layouts = absorbs, layouts
        self.forward: Function | None = None
        self.backward: Function | None = None
        self.kink: Function | None = None
        self.nested: Function | None = None
        self.pieces: Function | None = None
        self.plain: ArrayRule | None = None
        self.shape: Function | None = None
        self.order = "C"

    @property
    def calls(self) -> tuple[Function, ...]:
        """All functions it stands for, SciPy's included once the user has imported scipy.special."""
        special = loaded_special() if self.scipy else None
        return self.functions if special is None else (*self.functions, getattr(special, self.scipy))

    def __call__(self, *args: Any) -> Any:
        """The primal: what other rules call, where they are not compiled."""
        return self.primal(*args)

    def varies(self, active: int) -> bool:
        """Whether the derivative may change with the arguments of which so many are active.

        Rules that absorb are linear in each argument, or select.
        """
        return active > 1 or not self.absorbs

    def shape_of(self, given: Mapping[str, Any]) -> Sequence[Any] | None:
        """The shape of the result by those of the arguments, if it is known."""
        if self.shape is None or not given.keys() <= signature(self.shape).parameters.keys():
            return None
        shape: Sequence[Any] | None = self.shape(**given)
        return shape

    def tangent(self, function: Function) -> Function:
        """Decorator: the tangent rule."""
        self.forward = function
        return function

    def adjoint(self, function: Function) -> Function:
        """Decorator: the adjoint rule."""
        self.backward = function
        return function

    def nested_tangent(self, function: Function) -> Function:
        """Decorator: the tangent rule in a derivative that is differentiated itself."""
        self.nested = function
        return function

    def in_pieces(self, function: Function) -> Function:
        """Decorator: the function in scalar operations."""
        self.pieces = function
        return function

    def shaped(self, function: Function) -> Function:
        """Decorator: the shape of the result."""
        self.shape = function
        return function

    def conventional(self, function: Function) -> Function:
        """Decorator: the test for a kink."""
        self.kink = function
        return function


_rules: list[ArrayRule] = []
_by_call: dict[Any, ArrayRule] = {}
_by_scipy: dict[str, ArrayRule] = {}


def array_rule(
    *functions: Function, scipy: str = "", note: str = "", absorbs: bool = False, layouts: str = "C"
) -> Callable[[Function], ArrayRule]:
    """Decorator: enter a primal in the table, under the functions that it stands for."""

    def enter(primal: Function) -> ArrayRule:
        rule = ArrayRule(primal.__name__, functions, scipy, primal, note, absorbs, layouts)
        _rules.append(rule)
        _by_call.update(dict.fromkeys(functions, rule))
        if scipy:
            _by_scipy[scipy] = rule
        return rule

    return enter


def rules() -> tuple[ArrayRule, ...]:
    """All rules, those that only others call among them."""
    return tuple(_rules)


def rule_for(function: Any) -> ArrayRule | None:
    """The rule that stands for `function`, or None."""
    found = entry(_by_call, function)
    if found is None and callable(function):
        named = _by_scipy.get(getattr(function, "__name__", ""))
        return named if named is not None and function in named.calls else None
    return found
