"""Zeros absorb infinities and NaN in every array rule, in every mode, as they do in the rules of scalars.

The derivative of a square root at 0 is infinite, so that roots of results which are 0 give the rules infinite
adjoints, and roots of arguments which are 0 infinite tangents.
"""

from math import inf

import numpy as np
import pytest
import scipy.special
from numba import njit

import dualad as da
from dualad.rules.arrays import table

MODES = ("adjoint", "tape", "forward")
ZEROS, ONES = np.zeros(4), np.ones(4)
COUNT = np.array([1.0, 2.0, 3.0, 4.0])


@njit
def roots(a):
    s = 0.0
    for v in a.ravel():
        s += np.sqrt(v)
    return s


@njit
def dot(x):
    return np.sqrt(x @ x) + roots(x.reshape((2, 2)) @ x[:2])


@njit
def masked(x):
    """Of rows with something missing nothing is asked for."""
    a = np.array([[1.0, 2.0, 0.0, 0.0], [np.nan, 1.0, 1.0, 1.0], [np.inf, 0.0, 1.0, 1.0]])
    s = 0.0
    for v in a @ x:
        if np.isfinite(v):
            s += v
    return s


@njit
def outer(x):
    return np.sqrt(np.sum(np.outer(x, x)))


@njit
def det(x):
    return np.sqrt(np.linalg.det(x.reshape((2, 2))))


@njit
def var(x):
    return np.std(x) + np.sqrt(x.var())


@njit
def solve(x):
    """The second unknown is 0 for every matrix, and the right-hand side there is no variable."""
    return roots(np.linalg.solve(np.diag(x[:2]), x[2:] * np.array([1.0, 0.0])))


@njit
def of_roots(x):
    """Infinite tangents of a matrix."""
    a = np.eye(4)
    for i in range(4):
        a[i, i] += np.sqrt(x[i])
    return np.linalg.inv(a)[0, 0]


@njit
def overflow(x):
    """The first entry of the inverse is infinite."""
    return np.linalg.inv(np.diag(x * np.array([1e-310, 1.0, 1.0, 1.0])))[1, 1]


@njit
def vdot(x):
    return np.sqrt(np.vdot(x, x))


@njit
def products(x):
    a = x.reshape((2, 2))
    return roots(a @ a) + roots(x[:2] @ a) + roots(np.kron(x, x)) + roots(np.linalg.matrix_power(a, 3))


@njit
def sums(x):
    y = x * x
    a = y.reshape((2, 2))
    return roots(np.sum(a, axis=0)) + roots(np.cumsum(y)) + np.sqrt(np.trace(a)) + np.sqrt(np.mean(y))


@njit
def medians(x):
    y = x * x
    return np.sqrt(np.median(y)) + np.sqrt(np.nanmedian(y))


@njit
def extremes(x):
    y = x * x
    return np.sqrt(np.max(y)) + np.sqrt(np.min(y)) + np.sqrt(np.nanmax(y)) + np.sqrt(np.nanmin(y))


@njit
def norm(x):
    return (
        np.sqrt(np.linalg.norm(x))
        + np.sqrt(np.linalg.norm(x, 1))
        + np.sqrt(np.linalg.norm(x.reshape((2, 2)), 1))
    )


@njit
def slogdet(x):
    """The logarithm is 0, its partials are 1 on the diagonal."""
    return np.sqrt(np.linalg.slogdet(np.diag(x))[1])


@njit
def inv(x):
    return roots(np.linalg.inv(np.diag(x)))


@njit
def pinv(x):
    return roots(np.linalg.pinv(np.diag(x)))


@njit
def lstsq(x):
    return roots(np.linalg.lstsq(np.diag(x[:2]), x[2:] * np.array([1.0, 0.0]))[0])


@njit
def cholesky(x):
    return roots(np.linalg.cholesky(np.diag(x)))


@njit
def qr(x):
    return roots(np.linalg.qr(np.diag(x))[1])


@njit
def eigh(x):
    w, v = np.linalg.eigh(np.diag(x * COUNT))
    return np.sum(w) + roots(v)


@njit
def eig(x):
    w, v = np.linalg.eig(np.diag(x * COUNT))
    return np.sum(w) + roots(v)


@njit
def eigvalsh(x):
    return roots(np.linalg.eigvalsh(np.diag(x * COUNT)))


@njit
def svd(x):
    u, s, vt = np.linalg.svd(np.diag(x * COUNT[::-1]))
    return np.sum(s) + roots(np.abs(u)) + roots(np.abs(vt))


@njit
def softmax(x):
    y = x.copy()
    y[0] = -np.inf
    return roots(scipy.special.softmax(y))


@njit
def log_softmax(x):
    """Each is alone along the axis: its logarithm is 0 whatever it is."""
    return roots(scipy.special.log_softmax(x.reshape((4, 1)), axis=1))


@njit
def logsumexp(x):
    a = np.zeros((2, 2))
    a[0] = x[:2] + np.log(0.5)
    a[1, 0], a[1, 1] = x[2], -np.inf * x[3]
    return roots(scipy.special.logsumexp(a, axis=1))


# By the names of the rules: point, gradient. The first ones are compiled in every run of the tests.
QUICK = {
    dot: ("dot product", ZEROS, ZEROS),
    masked: ("dot product", ONES, [1, 2, 0, 0]),
    var: ("var", ONES, ZEROS),
    log_softmax: ("log_softmax", ZEROS, ZEROS),
}
SLOW = {
    outer: ("outer", ZEROS, ZEROS),
    det: ("det", ZEROS, ZEROS),
    solve: ("solve", ONES, [-0.5, 0, 0.5, 0]),
    extremes: ("amax amin nanmax nanmin", ZEROS, ZEROS),
    of_roots: ("inv", ZEROS, [-inf, 0, 0, 0]),
    overflow: ("inv", ONES, [0, -1, 0, 0]),
    vdot: ("vdot", ZEROS, ZEROS),
    products: ("dot kron", ZEROS, ZEROS),
    sums: ("sum cumsum trace", ZEROS, ZEROS),
    medians: ("median nanmedian", ZEROS, ZEROS),
    norm: ("norm", ZEROS, ZEROS),
    slogdet: ("slogdet", ONES, [inf] * 4),
    inv: ("inv", ONES, [-0.5] * 4),
    pinv: ("pinv pinv_of_rank", ONES, [-0.5] * 4),
    lstsq: ("lstsq", ONES, [-0.5, 0, 0.5, 0]),
    cholesky: ("cholesky", ONES, [0.25] * 4),
    qr: ("qr", ONES, [0.5] * 4),
    eigh: ("eigh", ONES, COUNT),
    eig: ("eig", ONES, COUNT),
    eigvalsh: ("eigvalsh with_values", np.array([0.0, 1, 1, 1]), [inf, *(0.5 * np.sqrt(COUNT[1:]))]),
    svd: ("svd", ONES, COUNT[::-1]),
    softmax: ("softmax", ZEROS, ZEROS),
    logsumexp: ("logsumexp", np.array([0.0, 0, 0, 1]), [inf, inf, inf, 0]),
}


def check(f, x, want):
    assert f(x) == f(x), "a function that has a value"
    for mode in MODES:
        got = da.grad(f, mode=mode)(x)
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12, err_msg=f"{f.__name__}, {mode}")


@pytest.mark.parametrize("f", QUICK)
def test_zeros_absorb(f):
    check(f, *QUICK[f][1:])


@pytest.mark.battery
@pytest.mark.parametrize("f", SLOW)
def test_zeros_absorb_in_every_rule(f):
    check(f, *SLOW[f][1:])


def test_every_rule_is_tried():
    own = {rule.name for rule in table.rules() if rule.forward or rule.backward}
    tried = {name for names, *_ in (*QUICK.values(), *SLOW.values()) for name in names.split()}
    assert own == tried
