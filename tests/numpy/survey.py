"""One expression in every mode: values to the bit, derivatives against each other and against references."""

import numpy as np
from numba import njit

import dualad as da


@njit
def weighted_squares_of_array(y):
    """A sum to which every entry contributes differently, and with a second derivative."""
    s = 0.0
    k = 1.0
    for v in y.flat:
        s += np.sin(k) * v * v
        k += 1.0
    return s


@njit
def weighted_squares_of_number(y):
    return np.sin(1.0) * y * y


def first_order(f, x):
    """Value to the bit of Numba's, one Jacobian from all modes; the Jacobian."""
    value = njit(f)(x.copy())
    forward = _jacobian(f, x, value, "forward")
    assert forward.shape == np.shape(value) + x.shape
    np.testing.assert_allclose(_jacobian(f, x, value, "tape"), forward, rtol=1e-12, atol=1e-12)
    by_adjoint = unless_refused(lambda: _jacobian(f, x, value, "adjoint"))
    if by_adjoint is not None:
        np.testing.assert_allclose(by_adjoint, forward, rtol=1e-12, atol=1e-12)
    return forward


def _jacobian(f, x, value, mode):
    given = x.copy()
    got, jacobian = da.value_and_jacobian(f, mode=mode)(given)
    np.testing.assert_array_equal(got, value, err_msg=mode)
    np.testing.assert_array_equal(given, x, err_msg="the argument was written to")
    return np.asarray(jacobian)


def unless_refused(derivative):
    """What a compiled adjoint gives; None if there is none, and reverse mode takes the tape."""
    try:
        return derivative()
    except da.UnsupportedError as error:
        if "has no compiled adjoint" in str(error):
            return None
        raise


def summed(f, x):
    """The function of which second derivatives are taken."""
    inner = njit(f)
    outer = weighted_squares_of_array if np.ndim(inner(x.copy())) else weighted_squares_of_number

    @njit
    def s(x):
        return outer(inner(x))

    return s


def second_order(f, x):
    """Gradient and Hessian of the sum of squares, the Hessian from all nestings in reverse mode."""
    s = summed(f, x)
    gradient = da.grad(s, mode="tape")
    forward, reverse = (da.jacobian(gradient, mode=mode) for mode in ("forward", "tape"))
    np.testing.assert_allclose(reverse(x), forward(x), rtol=1e-11, atol=1e-11)
    by_adjoint = unless_refused(lambda: da.jacobian(da.grad(s, mode="adjoint"), mode="forward")(x))
    if by_adjoint is not None:
        np.testing.assert_allclose(by_adjoint, forward(x), rtol=1e-11, atol=1e-11)
    # Beyond rounding the checker allows for the references' own errors: complex steps, or differences
    # extrapolated by Richardson.
    da.assert_derivatives(s, x, jac=gradient, hess=forward, rtol=1e-9)
