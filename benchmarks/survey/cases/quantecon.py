"""Economics: root finders, maximisation, simulation, inequality, matrix equations, linear programmes."""

from __future__ import annotations

from math import cos, exp, sin

import numpy as np
from numba import njit

from ..case import Case


@njit
def cubic(x, a, b):
    return x * x * x - a * x - b


@njit
def slope(x, a, b):
    return 3.0 * x * x - a


@njit
def curvature(x, a, b):
    return 6.0 * x


@njit
def hump(x, a, b):
    return sin(a * x) * exp(-b * x)


@njit
def bowl(x, a):
    return -((x[0] - a) ** 2) - 2.0 * (x[1] - cos(a)) ** 2 - 0.1 * x[0] * x[1]


@njit
def curve(xs, a):
    return a[0] * xs * xs - a[1] * xs


def a_and_b(find):
    """A root as a function of the parameters: the function sought and its slopes are closed over."""

    @njit
    def root(a, b):
        return find(cubic, 1.7, slope, (a, b)).root

    return root


def halley(find):
    @njit
    def root(a, b):
        return find(cubic, 1.7, slope, curvature, (a, b)).root

    return root


def secant(find):
    @njit
    def root(a, b):
        return find(cubic, 1.7, (a, b)).root

    return root


def bracketed(find):
    @njit
    def root(a, b):
        return find(cubic, 1.0, 3.0, (a, b)).root

    return root


def highest(find):
    @njit
    def best(a, b):
        x, value, _ = find(hump, 0.1, 2.0, (a, b))
        return x, value

    return best


def simplex(find):
    @njit
    def best(a):
        return find(bowl, np.array([0.3, 0.2]), np.empty((0, 2)), (a,)).fun

    return best


def chain():
    return np.array([[0.4, 0.35, 0.25], [0.1, 0.6, 0.3], [0.2, 0.25, 0.55]])


def stationary(solve):
    @njit
    def distribution(a):
        out = np.zeros(a.shape[0])
        solve(a.copy(), out)
        return out

    return distribution


def pivoted(pivot):
    @njit
    def after(tableau):
        t = tableau.copy()
        pivot(t, 1, 0)
        return t

    return after


def transitions(fill):
    @njit
    def matrix(rho, sigma):
        x = np.linspace(-1.5, 1.5, 5)
        p = np.empty((5, 5))
        fill(x, p, 5, rho, sigma, 0.375)
        return p

    return matrix


# Without bisection, which depends on the parameters by comparisons only: its derivative is 0.
root = "quantecon.optimize.root_finding"
CASES = (
    Case(f"{root}:newton", lambda: (2.1, 1.3), (0, 1), a_and_b),
    Case(f"{root}:newton_halley", lambda: (2.1, 1.3), (0, 1), halley),
    Case(f"{root}:newton_secant", lambda: (2.1, 1.3), (0, 1), secant),
    Case(f"{root}:brentq", lambda: (2.1, 1.3), (0, 1), bracketed),
    Case("quantecon.optimize.scalar_maximization:brent_max", lambda: (1.2, 0.3), (0, 1), highest),
    Case("quantecon.optimize.nelder_mead:nelder_mead", lambda: (0.7,), (0,), simplex),
    Case(
        "quantecon.optimize.linprog_simplex:linprog_simplex",
        lambda: (
            np.array([4.0, 3.0, 1.5]),
            np.array([[1.0, 1.0, 0.3], [1.0, 2.0, 0.7]]),
            np.array([10.0, 14.0]),
        ),
        (0, 1, 2),
    ),
    Case(
        "quantecon.optimize.minmax:minmax",
        lambda: (np.array([[3.0, -1.2, 2.0], [-2.0, 4.1, 0.5], [1.0, 0.3, -3.0]]),),
    ),
    Case(
        "quantecon.optimize.lcp_lemke:lcp_lemke",
        lambda: (np.array([[2.0, 1.0, 0.3], [0.5, 3.0, 0.4], [0.2, 0.1, 2.5]]), np.array([-1.0, -2.0, 0.7])),
        (0, 1),
    ),
    Case("quantecon.optimize.pivoting:_pivoting", lambda: (chain(),), (0,), pivoted),
    Case(
        "quantecon._lss:simulate_linear_model",
        lambda: (0.8 * chain(), np.array([1.0, 0.5, -0.2]), np.linspace(-1, 1, 18).reshape(3, 6), 7),
        (0, 1, 2),
    ),
    Case("quantecon._inequality:gini_coefficient", lambda: (np.array([1.0, 4.2, 2.2, 9.1, 3.3]),)),
    Case("quantecon._inequality:lorenz_curve", lambda: (np.array([1.0, 4.2, 2.2, 9.1, 3.3]),)),
    Case("quantecon.markov.gth_solve:_gth_solve_jit", lambda: (chain(),), (0,), stationary),
    Case("quantecon.markov.approximation:std_norm_cdf", lambda: (0.7,)),
    Case("quantecon.markov.approximation:_fill_tauchen", lambda: (0.9, 0.4), (0, 1), transitions),
    Case(
        "quantecon.game_theory.normal_form_game:best_response_2p",
        lambda: (np.array([[3.0, -1.2], [-2.0, 4.1]]), np.array([0.4, 0.6])),
        (0, 1),
    ),
    Case("quantecon.quad:_qnwbeta1", lambda: (5, 1.7, 2.4), (1, 2)),
    Case("quantecon.quad:_qnwgamma1", lambda: (5, 1.7, 2.4), (1, 2)),
    Case("quantecon.quad:_qnwlege1", lambda: (5, 0.3, 1.7), (1, 2)),
    Case("quantecon.quad:_qnwsimp1", lambda: (5, 0.3, 1.7), (1, 2)),
    Case("quantecon.quad:_qnwcheb1", lambda: (5, 0.3, 1.7), (1, 2)),
)
