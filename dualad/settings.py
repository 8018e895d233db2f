"""Settings of the whole process."""

from __future__ import annotations

import os

from .errors import ArgumentError

__all__ = ["set_value_check", "value_check"]

VARIABLE = "DUALAD_VALUE_CHECK"
CHOICES = ("compiled", "always", "never")

_chosen: str | None = None


def environment(variable: str, choices: tuple[str, ...]) -> str:
    """What an environment variable chooses; the first choice where it is not set."""
    chosen = os.environ.get(variable) or choices[0]
    if chosen.lower() not in choices:
        words = " or ".join(map(repr, choices))
        raise ArgumentError(f"the environment variable {variable} must be {words}, not {chosen!r}")
    return chosen.lower()


def value_check() -> str:
    """Return when the values of compiled adjoints are checked at the first call.

    Returns
    -------
    {"compiled", "always", "never"}
        See :func:`set_value_check`.

    Raises
    ------
    ArgumentError
        If the environment variable `DUALAD_VALUE_CHECK` has any other value.

    Examples
    --------
    >>> import dualad as da
    >>> da.value_check()
    'compiled'
    """
    return _chosen or environment(VARIABLE, CHOICES)


def set_value_check(when: str) -> None:
    """Choose when the values of compiled adjoints are checked at the first call.

    At the first call of a derivative with arguments of new types, its compiled adjoint and the function
    itself are run once more on copies of the arguments, and their values are compared to the bit. A
    difference reveals a bug in the transformation: a :class:`FaultWarning` asks for a report, and from then
    on the operation tape computes the derivatives of this function. Later calls cost nothing more. A
    derivative from the disk cache is not checked again; with "always", only derivatives that were compiled
    with "always" are loaded from there.

    Parameters
    ----------
    when : {"compiled", "always", "never"}
        "compiled", the default, checks if Numba has already compiled the function for these types;
        "always" compiles the function if necessary; "never" does not check. The environment variable
        `DUALAD_VALUE_CHECK` sets the same option.

    Raises
    ------
    ArgumentError
        If `when` is anything else.

    Examples
    --------
    >>> import dualad as da
    >>> da.set_value_check("always")
    >>> da.set_value_check("compiled")
    """
    global _chosen
    if when not in CHOICES:
        raise ArgumentError(f"the value check is one of {CHOICES}, not {when!r}")
    _chosen = when
