"""The full grid: a function in every mode, nested, and called in compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

import dualad as da
from tests.agreement import differences, duplicated, plain

MODES = ("forward", "adjoint", "tape")


def assert_everywhere(f: Any, x: Any, *args: Any, modes: tuple[str, ...] = MODES, rtol: float = 1e-9) -> None:
    """Value to the bit, gradient and Hessian by the vector `x`, from Python and inside ``@njit``."""
    x = np.array(x, dtype=np.float64)
    primal = plain(f)
    value, want = primal(x.copy(), *duplicated(args)), differences(primal, x, *args)
    for mode in modes:
        got, slope = da.value_and_grad(f, mode=mode)(x, *duplicated(args))
        assert got == value, mode
        np.testing.assert_allclose(slope, want, rtol=rtol, atol=rtol, err_msg=mode)
    mode = "adjoint" if "adjoint" in modes else "tape"
    gradient = da.grad(f, mode=mode)
    bent = [differences(njit(lambda x, args, i=i: gradient(x, *args)[i]), x, args) for i in range(x.size)]
    np.testing.assert_allclose(da.hessian(f, mode=mode)(x, *duplicated(args)), bent, rtol=rtol, atol=rtol)
