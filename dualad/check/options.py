"""What a check is asked to do, with everything that does not fit refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from ..errors import ArgumentError
from .candidates import Candidate, Product, Supplied
from .engine import Engine, chain
from .function.subject import Subject

__all__ = ["Options", "candidates"]

DEFAULT_MODES = ("forward", "reverse")


@dataclass(frozen=True)
class Options:
    """The arguments of :func:`dualad.check_derivatives` that say what to check and how.

    Attributes
    ----------
    modes : tuple of str or None
    orders : tuple of int or None
    jac, hess, hvp : callable or None
    rtol : float or None
    directions : str, int or None
    seed : int
    """

    modes: tuple[str, ...] | None = None
    orders: tuple[int, ...] | None = None
    jac: Callable[..., Any] | None = None
    hess: Callable[..., Any] | None = None
    hvp: Callable[..., Any] | None = None
    rtol: float | None = None
    directions: str | int | None = None
    seed: int = 0

    @classmethod
    def checked(
        cls, modes: Any, orders: Any, jac: Any, hess: Any, hvp: Any, rtol: Any, directions: Any, seed: Any
    ) -> Options:
        """Options from what a user gave; raises ArgumentError."""
        for name, function in (("jac", jac), ("hess", hess), ("hvp", hvp)):
            if function is not None and not callable(function):
                raise ArgumentError(f"{name} must be a function of the same arguments, not {function!r}")
        return cls(_modes(modes), _orders(orders), jac, hess, hvp, _rtol(rtol), _directions(directions),
                   _natural(seed, "seed", 0))  # fmt: skip

    @property
    def supplied(self) -> bool:
        """Whether derivatives of the user's are checked."""
        return not (self.jac is None and self.hess is None and self.hvp is None)


def _modes(modes: Any) -> tuple[str, ...] | None:
    if modes is None:
        return None
    names = (modes,) if isinstance(modes, str) else modes
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"modes must be a name or a tuple of names, not {modes!r}")
    for name in names:
        chain(name, 1)
    return tuple(dict.fromkeys(names))


def _orders(orders: Any) -> tuple[int, ...] | None:
    if orders is None:
        return None
    several = isinstance(orders, Iterable) and not isinstance(orders, str)
    numbers = {_natural(number, "orders", 1) for number in (orders if several else (orders,))}
    if not numbers:
        raise ArgumentError("orders must name at least one order")
    return tuple(sorted(numbers))


def _rtol(rtol: Any) -> float | None:
    if rtol is None:
        return None
    if isinstance(rtol, bool) or not isinstance(rtol, float | int) or not 0 < rtol < 1 or math.isnan(rtol):
        raise ArgumentError(f"rtol must be a number between 0 and 1, not {rtol!r}")
    return float(rtol)


def _directions(directions: Any) -> str | int | None:
    if directions is None or (isinstance(directions, str) and directions in ("full", "random")):
        return directions
    if isinstance(directions, bool) or not isinstance(directions, Integral) or directions < 1:
        raise ArgumentError(f"directions must be 'full', 'random' or how many, not {directions!r}")
    return int(directions)


def _natural(number: Any, name: str, least: int) -> int:
    if isinstance(number, bool) or not isinstance(number, Integral) or number < least:
        raise ArgumentError(f"{name} must be made of ints of at least {least}, not {number!r}")
    return int(number)


def candidates(subject: Subject, options: Options) -> tuple[list[Candidate], list[str]]:
    """The derivatives to check, by order, and notes on what is left out; raises ArgumentError for none.

    Derivatives of the user's are checked alone unless `modes` asks for dualad's as well. Of a compiled
    function dualad's stand in at orders that are asked for and not given.
    """
    found = _supplied(subject, options)
    notes: list[str] = []
    given = tuple(c.order for c in found)
    for order in options.orders or given or (1, 2):
        modes = options.modes or (() if options.supplied else DEFAULT_MODES)
        if not modes and order not in given:
            if hasattr(subject.function, "py_func"):
                modes = DEFAULT_MODES
            else:
                notes.append(f"order {order} is not checked: give hess or hvp, or modes for dualad's own")
        found += [Engine(subject, mode, order) for mode in _distinct(modes, order)]
    if not found:
        raise ArgumentError(f"nothing to check: no derivative was given for orders={options.orders!r}")
    return sorted(found, key=lambda c: c.order), notes


def _supplied(subject: Subject, options: Options) -> list[Candidate]:
    found: list[Candidate] = []
    for function, order, mode in ((options.jac, 1, "jac"), (options.hess, 2, "hess")):
        if function is not None:
            found.append(Supplied(subject, function, order, mode))
    if options.hvp is not None:
        if not subject.outputs.is_scalar:
            raise ArgumentError(
                f"hvp is for functions with one float result; {subject.name!r} returns more: give hess"
            )
        found.append(Product(subject, options.hvp))
    return [c for c in found if options.orders is None or c.order in options.orders]


def _distinct(modes: Sequence[str], order: int) -> list[str]:
    """Modes without those that mean the same at this order."""
    return list({chain(mode, order): mode for mode in reversed(modes)}.values())[::-1]
