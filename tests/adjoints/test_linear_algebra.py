"""Linear algebra in loops: what is kept of each iteration, and what its text costs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numba import njit, typeof

import dualad as da
from dualad.adjoints.engine import adjoint, whole

Y = np.array([0.3, -0.2, 0.9])
THETA = np.array([-2.0, -4.0, 0.1])


def kalman(theta, y):
    """Log likelihood of a local linear trend; shapes of several products turn out to be the same."""
    F = np.array([[1.0, 1.0], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    Q = np.diag(np.exp(theta[:2]))
    R = np.array([[np.exp(theta[2])]])
    x = np.zeros(2)
    P = 4.0 * np.eye(2)
    ll = 0.0
    for t in range(y.size):
        x = F @ x
        P = F @ P @ F.T + Q
        S = H @ P @ H.T + R
        K = np.linalg.solve(S, H @ P).T
        v = np.array([y[t]]) - H @ x
        ll += -0.5 * (np.log(2 * np.pi) + np.log(np.linalg.det(S)) + v @ np.linalg.solve(S, v))
        x = x + K @ v
        P = P - K @ H @ P
    return ll


def test_shapes_that_turn_out_the_same_are_known_by_one_name():
    np_is_known = da.derivative(lambda x: x)(1.0)  # NumPy's functions are, once something was compiled
    made = adjoint(kalman, [typeof(THETA), typeof(Y)], (0,), whole)
    assert np_is_known
    assert "P_1_b" in made.source


@pytest.mark.battery
def test_derivatives_of_a_kalman_filter():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient = da.grad(njit(kalman))
        slope = gradient(THETA, Y)
    for i, step in enumerate(np.eye(3) * 1e-4):
        difference = (kalman(THETA + step, Y) - kalman(THETA - step, Y)) / 2e-4
        np.testing.assert_allclose(slope[i], difference, rtol=1e-6, atol=1e-8)
    hessian = da.hessian(njit(kalman))(THETA, Y)
    for i, step in enumerate(np.eye(3) * 1e-4):
        difference = (gradient(THETA + step, Y) - gradient(THETA - step, Y)) / 2e-4
        np.testing.assert_allclose(hessian[i], difference, rtol=1e-6, atol=1e-7)


def product_of(count):
    """The text of the adjoint of so many matrix products in a loop that overwrites their operands."""
    lines = "\n".join("        a = a @ b + a" for _ in range(count))
    source = f"def f(a, b):\n    for _ in range(3):\n{lines}\n    return a[0, 0]\n"
    return source


def test_text_grows_with_what_is_kept_and_not_with_its_square(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    sizes = []
    a = np.eye(2)
    for count in (2, 4, 8):
        (tmp_path / f"product_{count}.py").write_text(product_of(count))
        f = __import__(f"product_{count}").f
        sizes.append(len(adjoint(f, [typeof(a), typeof(a)], (0,), whole).source.splitlines()))
    assert sizes[2] - sizes[1] == 2 * (sizes[1] - sizes[0])


@njit
def reused(x):
    """Every determinant is of the same array, filled anew."""
    work = np.zeros((2, 2))
    s = 0.0
    for k in range(3):
        for i in range(2):
            for j in range(2):
                work[i, j] = x[i] * x[j] + (k + 1.0) * (i == j)
        s += np.linalg.det(work)
    return s


@pytest.mark.battery
def test_hessian_of_what_is_kept_in_copies():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hessian = da.jacobian(da.grad(reused, mode="adjoint"), mode="forward")(np.array([1.3, 0.7]))
    np.testing.assert_allclose(hessian, 12.0 * np.eye(2), atol=1e-14)


def test_a_function_named_as_one_of_the_rules_calls_the_rule():
    def solve(a):
        return np.linalg.solve(a, a)[0, 0]

    source = adjoint(solve, [typeof(np.eye(2))], (0,), whole).source
    assert source.startswith("def solve_adjoint(")
    assert "solve_adjoint_1(" in source
