"""One axis among the others, for loops that do not depend on the rank of an array."""

from __future__ import annotations

# Annotations would be compiled along; the function is typed by what it is called with.
# mypy: disable-error-code="no-untyped-def"


def along(a, axis):
    """A C-ordered array as (before, along, after) the axis, without copying."""
    position = axis + a.ndim if axis < 0 else axis
    if not 0 <= position < a.ndim:
        raise ValueError("axis is out of bounds for the array")
    before = after = 1
    for i in range(a.ndim):
        if i < position:
            before *= a.shape[i]
        elif i > position:
            after *= a.shape[i]
    return a.reshape((before, a.shape[position], after))
