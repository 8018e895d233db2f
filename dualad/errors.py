"""Exceptions of dualad. All derive from :class:`DualadError`."""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "DualadError",
    "FaultWarning",
    "MemoryLimitError",
    "OutputError",
    "PrimalError",
    "TapeWarning",
    "UnsupportedError",
]


class DualadError(Exception):
    """Base of every exception that dualad raises."""


class ArgumentError(DualadError, TypeError):
    """An argument cannot be differentiated, or `argnums` does not fit the function."""


class OutputError(DualadError, TypeError):
    """The result of the function does not fit the derivative (such as ``grad`` of an array result)."""


class UnsupportedError(DualadError, NotImplementedError):
    """The function uses something that has no derivative rule; the message names it and its line."""


class PrimalError(DualadError, TypeError):
    """The function does not compile under plain Numba either, so there is nothing to differentiate."""


class MemoryLimitError(DualadError, MemoryError):
    """The tape of a reverse sweep would exceed the memory limit."""


class TapeWarning(UserWarning):
    """A function is differentiated on the tape, because a construct in it has no compiled adjoint.

    Examples
    --------
    To silence it:

    >>> import warnings, dualad as da
    >>> warnings.simplefilter("ignore", da.TapeWarning)
    """


class FaultWarning(UserWarning):
    """dualad found a bug of its own in a compiled adjoint, and uses the operation tape instead.

    The derivative is right. Please report it: the message says what to send.
    """


class IncompatibleNumbaError(DualadError, ImportError):
    """The installed version of Numba lacks something that dualad depends on."""
