"""What is known of the arguments where an op is applied, and what follows for lower bounds of its result."""

from __future__ import annotations

from typing import Any, NamedTuple

UNBOUNDED = float("-inf")


class Argument(NamedTuple):
    """An argument of an op, as far as it is known.

    Attributes
    ----------
    value : object
        What it is: two arguments of one identity are the same number.
    low : float
        What it is not below; a NaN is below nothing.
    constant : number or None
        The number, if it is a constant.
    """

    value: Any = None
    low: float = UNBOUNDED
    constant: Any = None


def of_sum(x: Argument, y: Argument) -> float:
    """Lower bound of ``x + y``."""
    return UNBOUNDED if UNBOUNDED in (x.low, y.low) else x.low + y.low


def of_product(x: Argument, y: Argument) -> float:
    """Lower bound of ``x * y``."""
    if x.value is y.value:
        return 0.0
    return x.low * y.low if x.low >= 0.0 and y.low >= 0.0 else UNBOUNDED


def of_quotient(x: Argument, y: Argument) -> float:
    """Lower bound of ``x / y``."""
    return 0.0 if x.low >= 0.0 and y.low > 0.0 else UNBOUNDED  # zero might be negative


def of_power(x: Argument, y: Argument) -> float:
    """Lower bound of ``x ** y``."""
    even = isinstance(y.constant, int) and y.constant % 2 == 0
    return 0.0 if x.low > 0.0 or even else UNBOUNDED


def of_larger(x: Argument, y: Argument) -> float:
    """Lower bound of the larger one: that of a constant, if one is.

    Beside a NaN the other one may be the result.
    """
    constant = [argument.low for argument in (x, y) if argument.constant is not None]
    return max(constant) if constant else min(x.low, y.low)


def of_smaller(x: Argument, y: Argument) -> float:
    """Lower bound of the smaller one."""
    return min(x.low, y.low)
