"""What must hold of the derivatives of any program."""

from __future__ import annotations

import numpy as np

STEPS = 2.0 ** -np.arange(6, 19)


def agree_in_both_modes(y, forward, reverse, majorant):
    """Values are those of the plain run to the bit; Jacobians differ by rounding alone."""
    for value, jacobian in (forward, reverse):
        np.testing.assert_array_equal(value, y)
        assert np.all(np.abs(jacobian) <= majorant * (1 + 1e-12))
    assert np.all(np.abs(forward[1] - reverse[1]) <= 1e-13 * majorant)


def dual_to_each_other(pushed, pulled, v, w, y, majorant):
    """<w, J v> = <J^T w, v>."""
    np.testing.assert_array_equal(pushed[0], y)
    np.testing.assert_array_equal(pulled[0], y)
    scale = np.abs(w) @ majorant @ np.abs(v)
    assert abs(w @ pushed[1] - pulled[1] @ v) <= 1e-12 * scale


def remainder_slopes(value, x, v, first, second, error):
    """f(x + h v) less its models of first and second order vanishes as h^2 and h^3.

    `value` returns a number and the path taken: across a branch there is no expansion. `error` bounds
    the rounding error of a value. Where the remainder has sunk into it, there is nothing to see.
    """
    f, path = value(x)
    remainders = {2: [], 3: []}
    for h in STEPS:
        ahead, its_path = value(x + h * v)
        if its_path == path:
            change = ahead - f - h * first
            remainders[2].append((h, abs(change)))
            remainders[3].append((h, abs(change - 0.5 * h * h * second)))
    for order, found in remainders.items():
        clear = [(h, r) for h, r in found if r > 100 * (error + 2.0**-52 * abs(f))]
        if len(clear) >= 3:
            # A remainder that changes sign on the way has a dip, which misleads one of the two.
            slope = max(_slope(clear[0], clear[-1]), _slope(clear[-3], clear[-1]))
            assert slope > order - 0.5, f"slope {slope:.2f} instead of {order}: {clear}"


def _slope(start, end):
    (h, r), (k, s) = start, end
    return np.log(r / s) / np.log(h / k)
