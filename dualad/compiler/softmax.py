"""scipy.special's logsumexp, softmax and log_softmax of arrays, in double precision.

Numba does not prune ``axis is None`` for an integer axis, and the type of the result depends on it: so the
function is chosen by the types of the arguments. What is chosen is plain Python over jitted functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.core import types

from ..rules.arrays import axes, softmax

# Annotations would be compiled along, or compared with those of what is chosen.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

_logsumexp, _weighted = njit(softmax.logsumexp), njit(softmax.weighted_logsumexp)
_axes = njit(axes.along)
_softmax, _log_softmax = njit(softmax.softmax), njit(softmax.log_softmax)


@njit
def _whole(a):
    return np.ascontiguousarray(a).reshape((1, a.size, 1))


@njit
def _along(a, axis):
    return _axes(np.ascontiguousarray(a), axis)


def _logsumexp_whole(a, axis=None, b=None):
    return _logsumexp(_whole(a))[0, 0]


def _logsumexp_along(a, axis=None, b=None):
    # The shape without the axis comes from a sum of nothing that is kept.
    return _logsumexp(_along(a, axis)).reshape(np.sum(np.zeros(a.shape, np.int8), axis).shape)


def _weighted_whole(a, axis=None, b=None):
    return _weighted(_whole(a), _whole(b))[0, 0]


def _weighted_along(a, axis=None, b=None):
    out = _weighted(_along(a, axis), _along(b, axis))
    return out.reshape(np.sum(np.zeros(a.shape, np.int8), axis).shape)


def _softmax_whole(x, axis=None):
    return _softmax(_whole(x)).reshape(x.shape)


def _softmax_along(x, axis=None):
    return _softmax(_along(x, axis)).reshape(x.shape)


def _log_softmax_whole(x, axis=None):
    return _log_softmax(_whole(x)).reshape(x.shape)


def _log_softmax_along(x, axis=None):
    return _log_softmax(_along(x, axis)).reshape(x.shape)


def _absent(ty: Any) -> bool:
    return (
        ty is None or isinstance(ty, types.NoneType) or (isinstance(ty, types.Omitted) and ty.value is None)
    )


def _fits(a: Any, axis: Any) -> bool:
    return isinstance(a, types.Array) and (_absent(axis) or isinstance(axis, types.Integer))


def _choose_logsumexp(a, axis=None, b=None):
    if not _fits(a, axis) or not (_absent(b) or (isinstance(b, types.Array) and b.ndim == a.ndim)):
        return None
    if _absent(axis) or a.ndim == 1:
        return _logsumexp_whole if _absent(b) else _weighted_whole
    return _logsumexp_along if _absent(b) else _weighted_along


def _choose_softmax(x, axis=None):
    if not _fits(x, axis):
        return None
    return _softmax_whole if _absent(axis) or x.ndim == 1 else _softmax_along


def _choose_log_softmax(x, axis=None):
    if not _fits(x, axis):
        return None
    return _log_softmax_whole if _absent(axis) or x.ndim == 1 else _log_softmax_along


# By name in scipy.special: from the types of the arguments to the function, None if there is none.
CHOICES = {"logsumexp": _choose_logsumexp, "softmax": _choose_softmax, "log_softmax": _choose_log_softmax}
