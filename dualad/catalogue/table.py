"""The type of a row, and :func:`resolve`, which finds the row of a function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from ..names import functions
from ..registry import entry
from ..rules.arrays.table import ArrayRule, rule_for
from ..rules.table import Op, for_call

__all__ = [
    "DRAWN_BY_REJECTION",
    "Category",
    "Row",
    "Sharing",
    "enter",
    "is_random",
    "resolve",
    "rows",
    "stated",
]

DRAWN_BY_REJECTION = (
    "it is drawn by rejection, or discrete, so that its value does not move with the parameters; keep them "
    "constant, or draw from a distribution that is a function of a standard draw, as the normal is"
)


class Category(Enum):
    """How a function is differentiated."""

    OP = "it is an op"
    RULE = "it has an array rule"
    CREATION = "it makes an array, which can be one that holds active values"
    MOVING = "Numba's code, or ours in its place, does to active arrays what it does to others"
    RECOMPILED = "Numba implements it in Python: that is compiled again with active values"
    PASSIVE = "its result depends on values but has no derivative: positions, counts, truth values"
    CONSTANT = "likewise, and it works on active arrays as they are; or it takes integers only"
    PLAIN = "it looks at the type or the digits of a number: it gets the plain one"
    DESCRIPTION = "it tells of memory, types and shapes, not of values"
    REFUSED = "it is refused where it is given active values"
    DRAW = "it is a random draw that does not move with its parameters, and refused where these are active"
    UNKNOWN = "nothing is known of its derivative"


class Sharing(Enum):
    """How the result of a call is related to the arguments."""

    PASSIVE = "it carries no derivative"
    FRESH = "it is new"
    CONTENTS = "it contains them"
    VIEW = "it may be a view of them, or be one of them"
    HELPER = "the helper's code determines it"
    UNKNOWN = "it may be a view of them, and they may be written to"


@dataclass(frozen=True)
class Row:
    """What is known of a function, or of the method of a name.

    Attributes
    ----------
    category : Category
        How it is differentiated.
    result : Sharing or None
        How its result is related to the arguments; None if only the kind of function tells.
    writes : tuple of int
        Positions of the arguments that it writes to; of a method, 0 is the owner.
    creates : bool
        Whether user code expects a new array, into which it may store.
    integer : bool
        Whether the result is an integer, if it is a number and there are no optional arguments.
    integral : bool
        Whether the result is an integer for integers.
    logical : bool
        Whether the result is a truth value for truth values, if it is an integer for integers.
    static : bool
        Whether it is computed at once from constants: compiled code computes the same as Python.
    raises : tuple of str
        The messages of the ZeroDivisionError that it may raise, of floats and of integers, if the error model
        is Python's.
    identity : bool
        Whether it gives a single number back.
    whole : bool
        Whether an op of numbers makes one value of whole arrays.
    reason : str
        Why it is refused.
    op : Op or None
        The op that it is.
    rule : ArrayRule or None
        Its rule.
    """

    category: Category = Category.UNKNOWN
    result: Sharing | None = None
    writes: tuple[int, ...] = ()
    creates: bool = False
    integer: bool = False
    integral: bool = False
    logical: bool = False
    static: bool = False
    raises: tuple[str, ...] = ()
    identity: bool = False
    whole: bool = False
    reason: str = ""
    op: Op | None = None
    rule: ArrayRule | None = None

    @property
    def passive(self) -> bool:
        """Whether it is a function of arrays whose result has no derivative."""
        return self.category in (Category.PASSIVE, Category.CONSTANT)


_rows: dict[Any, Row] = {}
_NOTHING = Row()


def enter(category: Category, names: str, prefix: str = "numpy.", **facts: Any) -> None:
    """Enter the functions of these names, each once; UNKNOWN if the rules tell the category, if anything."""
    if category is not Category.UNKNOWN:
        facts = {"result": Sharing.FRESH, **facts}
    row = Row(category, **facts)
    for function in functions(names, prefix):
        if _rows.setdefault(function, row) != row:
            raise ValueError(f"{function!r} is in the catalogue twice")


def rows() -> Iterator[tuple[Any, Row]]:
    """The functions that are entered here, with what is said of them here."""
    return iter(_rows.items())


def stated(function: Any) -> Row:
    """What is said of a function here, which is little if it is an op or has an array rule."""
    return entry(_rows, function) or _NOTHING


def resolve(function: Any) -> Row:
    """What is known of a function, or of anything else that is called."""
    row = entry(_rows, function)
    op, rule = for_call(function), rule_for(function)
    if row is None:
        row = _of_kind(function)
    if op is None and rule is None:
        return row
    category = row.category
    if category is Category.UNKNOWN:
        category = Category.OP if rule is None else Category.RULE
    result = Sharing.PASSIVE if op is not None and op.passive else row.result or Sharing.FRESH
    return replace(row, category=category, result=result, op=op, rule=rule)


def _of_kind(function: Any) -> Row:
    """The row of all functions of a kind."""
    if is_random(function):
        return Row(Category.DRAW, Sharing.FRESH, reason=DRAWN_BY_REJECTION)
    if isinstance(function, type) and issubclass(function, complex | np.complexfloating):
        return Row(result=Sharing.FRESH)
    return Row()


def is_random(function: Any) -> bool:
    """Whether a function is one of ``np.random``."""
    owner = getattr(function, "__self__", None)
    return isinstance(owner, np.random.RandomState) or str(getattr(function, "__module__", None)).startswith(
        "numpy.random"
    )
