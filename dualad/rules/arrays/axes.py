"""One axis among the others, for loops that do not depend on the rank of an array."""

from __future__ import annotations

import numpy as np

# Annotations would be compiled along; the functions are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def"


def along(a, axis):
    """An array as (before, along, after) the axis, all of it along if there is none.

    A C-ordered array is not copied.
    """
    if axis is None:
        return np.ascontiguousarray(a).reshape((1, a.size, 1))
    else:
        position = axis + a.ndim if axis < 0 else axis
        if not 0 <= position < a.ndim:
            raise ValueError("axis is out of bounds for the array")
        before = after = 1
        for i in range(a.ndim):
            if i < position:
                before *= a.shape[i]
            elif i > position:
                after *= a.shape[i]
        return np.ascontiguousarray(a).reshape((before, a.shape[position], after))


def without(out, a, axis):
    """The result of reducing `a`, given as (before, after): a number, or of its shape without the axis."""
    if axis is None:
        return out[0, 0]
    else:
        if a.ndim == 1:
            return out[0, 0]
        else:
            # The shape without the axis comes from a sum of nothing that is kept.
            return out.reshape(np.sum(np.zeros(a.shape, np.int8), axis).shape)
