"""The ten classic wrong derivatives: the report names the right index and order, and what it looks like."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualad import check_derivatives

X = np.array([0.7, -1.3, 0.4, 1.9, -0.6])


def chain(x):
    """Coupled neighbours: every entry of the gradient has several terms."""
    s = 0.0
    for i in range(x.size - 1):
        s += math.sin(x[i] * x[i + 1]) + x[i] ** 2 * x[i + 1]
    return s


def chain_gradient(x):
    g = np.zeros(x.size)
    for i in range(x.size - 1):
        c = math.cos(x[i] * x[i + 1])
        g[i] += c * x[i + 1] + 2 * x[i] * x[i + 1]
        g[i + 1] += c * x[i] + x[i] ** 2
    return g


def chain_hessian(x):
    h = np.zeros((x.size, x.size))
    for i in range(x.size - 1):
        s, c = math.sin(x[i] * x[i + 1]), math.cos(x[i] * x[i + 1])
        h[i, i] += -s * x[i + 1] ** 2 + 2 * x[i + 1]
        h[i + 1, i + 1] += -s * x[i] ** 2
        h[i, i + 1] += -s * x[i] * x[i + 1] + c + 2 * x[i]
        h[i + 1, i] = h[i, i + 1]
    return h


def with_entry(derivative, index, change):
    """The derivative with one entry changed."""

    def changed(x):
        result = derivative(x)
        result[index] = change(result[index])
        return result

    return changed


def only(report, order, mode):
    """The comparison of an order and mode, all others being right."""
    found = [c for c in report.comparisons if (c.order, c.mode) == (order, mode)]
    assert len(found) == 1
    assert all(c.ok for c in report.comparisons if c is not found[0]), str(report)
    assert not report.ok
    assert not found[0].ok
    return found[0]


def places(comparison):
    return sorted(entry.index for entry in comparison.wrong)


def test_all_is_right_without_a_fault():
    report = check_derivatives(chain, X, jac=chain_gradient, hess=chain_hessian)
    assert report.ok, str(report)
    assert not report.warnings
    assert not report.kinks


@pytest.mark.parametrize("index", range(5))
def test_sign(index):
    jac = with_entry(chain_gradient, index, lambda g: -g)
    wrong = only(check_derivatives(chain, X, jac=jac, hess=chain_hessian), 1, "jac")
    assert places(wrong) == [(index,)]
    assert wrong.wrong[0].label == f"df/dx[{index}]"
    assert wrong.wrong[0].value == -chain_gradient(X)[index]
    assert wrong.wrong[0].reference == pytest.approx(chain_gradient(X)[index], rel=1e-12)
    assert "it has the opposite sign" in wrong.hints


def test_sign_of_a_second_derivative():
    hess = with_entry(chain_hessian, (2, 3), lambda h: -h)
    wrong = only(check_derivatives(chain, X, jac=chain_gradient, hess=hess), 2, "hess")
    assert places(wrong) == [(2, 3)]
    assert wrong.wrong[0].label == "d2f/dx[2]dx[3]"


def test_factor_2():
    jac = with_entry(chain_gradient, 3, lambda g: 2 * g)
    wrong = only(check_derivatives(chain, X, jac=jac), 1, "jac")
    assert places(wrong) == [(3,)]
    assert wrong.hints[0] == "it is 2 times the reference: a constant factor"


def test_factor_2_of_a_second_derivative():
    wrong = only(
        check_derivatives(chain, X, jac=chain_gradient, hess=lambda x: 0.5 * chain_hessian(x)), 2, "hess"
    )
    assert wrong.wrong_count == np.count_nonzero(chain_hessian(X))
    assert wrong.hints[0] == "it is 0.5 times the reference: a constant factor"


def test_transposed_jacobian():
    matrix = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 0.7], [2.0, 0.1, 1.5]])
    x = np.array([0.4, 0.9, -0.2])
    report = check_derivatives(
        lambda x: np.sin(matrix @ x), x, jac=lambda x: (np.cos(matrix @ x)[:, None] * matrix).T
    )
    wrong = only(report, 1, "jac")
    assert (0, 1) in places(wrong)
    assert (0, 0) not in places(wrong)
    assert wrong.hints == ("the transposed agrees: rows and columns are swapped",)


def test_transposed_jacobian_of_another_shape():
    matrix = np.arange(6.0).reshape(2, 3)
    report = check_derivatives(lambda x: matrix @ x, np.ones(3), jac=lambda x: matrix.T)
    assert (
        only(report, 1, "jac").failure
        == "jac's result must have shape (2, 3), not (3, 2) (it looks transposed)"
    )


def test_missing_chain_term():
    def gradient(x):  # forgets the inner derivative of the sine for the second factor
        g = np.zeros(x.size)
        for i in range(x.size - 1):
            c = math.cos(x[i] * x[i + 1])
            g[i] += c * x[i + 1] + 2 * x[i] * x[i + 1]
            g[i + 1] += x[i] ** 2
        return g

    wrong = only(check_derivatives(chain, X, jac=gradient), 1, "jac")
    assert places(wrong) == [(1,), (2,), (3,), (4,)]
    assert "a term of the chain rule is missing" in wrong.hints[0]


def test_missing_term_of_a_second_derivative():
    def hessian(x):
        h = chain_hessian(x)
        for i in range(x.size - 1):
            h[i, i] -= 2 * x[i + 1]
        return h

    wrong = only(check_derivatives(chain, X, hess=hessian), 2, "hess")
    assert places(wrong) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def recurrence(x):
    state = 1.0
    for i in range(x.size):
        state = math.tanh(state * x[i]) + x[i]
    return state


def recurrence_gradient(x, stale):
    state, g = 1.0, np.zeros(x.size)
    for i in range(x.size):
        old = state
        state = math.tanh(old * x[i]) + x[i]
        used = state if stale else old
        slope = 1 - math.tanh(used * x[i]) ** 2
        g *= slope * x[i]
        g[i] = slope * used + 1
    return g


def test_stale_variable():
    assert check_derivatives(recurrence, X, jac=lambda x: recurrence_gradient(x, stale=False)).ok
    wrong = only(check_derivatives(recurrence, X, jac=lambda x: recurrence_gradient(x, stale=True)), 1, "jac")
    assert places(wrong) == [(0,), (1,), (2,), (3,), (4,)]
    assert "a variable is stale" in wrong.hints[0]


def test_variable_stale_from_an_earlier_call():
    work = np.zeros(X.size)

    def gradient(x):
        work[:] += chain_gradient(x)
        return work.copy()

    wrong = only(check_derivatives(chain, X, jac=gradient), 1, "jac")
    assert "it depends on earlier calls" in wrong.hints[0]


def test_loop_that_ends_too_early():
    def gradient(x):
        g = np.zeros(x.size)
        for i in range(x.size - 2):  # should be size - 1
            c = math.cos(x[i] * x[i + 1])
            g[i] += c * x[i + 1] + 2 * x[i] * x[i + 1]
            g[i + 1] += c * x[i] + x[i] ** 2
        return g

    wrong = only(check_derivatives(chain, X, jac=gradient), 1, "jac")
    assert places(wrong) == [(3,), (4,)]


def test_loop_that_starts_too_late():
    def gradient(x):
        g = 2 * x
        g[0] = 0.0
        return g

    wrong = only(check_derivatives(lambda x: np.sum(x**2), X, jac=gradient), 1, "jac")
    assert places(wrong) == [(0,)]
    assert wrong.hints == (
        "it is 0: a term is missing, or its code is not reached",
        "only the first entry is wrong: look at the bounds of loops",
    )


def test_entries_of_the_next_index():
    wrong = only(check_derivatives(chain, X, jac=lambda x: np.roll(chain_gradient(x), -1)), 1, "jac")
    assert wrong.wrong_count == 5
    assert "the entries are those of the next index: off by one" in wrong.hints


def test_wrong_at_a_kink():
    x = np.array([0.5, 0.0, -2.0])
    function = lambda x: np.sum(np.abs(x))  # noqa: E731
    report = check_derivatives(function, x, jac=np.sign)
    assert report.ok
    assert [str(kink) for kink in report.kinks] == ["kink at x[1], slopes -1 and 1"]
    wrong = only(check_derivatives(function, x, jac=lambda x: np.where(x == 0, 2.0, np.sign(x))), 1, "jac")
    assert places(wrong) == [(1,)]
    assert "not between the slopes on its two sides" in wrong.hints[0]
    wrong = only(check_derivatives(function, x, jac=lambda x: x / np.abs(x)), 1, "jac")
    assert places(wrong) == [(1,)]
    assert wrong.hints[0] == "it is NaN or infinite where the function has a finite slope"


def test_wrong_side_of_a_kink():
    report = check_derivatives(
        lambda x: np.sum(np.maximum(x, 0.3)), X, jac=lambda x: np.where(x > 0.5, 1.0, 0.0)
    )
    assert places(only(report, 1, "jac")) == [(2,)]


def test_float32_loss():
    wrong = only(check_derivatives(chain, X, jac=lambda x: chain_gradient(x).astype(np.float32)), 1, "jac")
    assert wrong.wrong_count >= 3
    assert wrong.hints[0] == "the values are of single precision (float32)"
    worst = max(range(5), key=lambda i: abs(np.float32(chain_gradient(X)[i]) / chain_gradient(X)[i] - 1))
    assert wrong.wrong[0].index == (worst,)


def test_float32_loss_inside():
    jac = lambda x: chain_gradient(x.astype(np.float32).astype(np.float64))  # noqa: E731
    wrong = only(check_derivatives(chain, X, jac=jac), 1, "jac")
    assert "single precision (float32)" in wrong.hints[0]


def test_float32_loss_of_a_second_derivative():
    hess = lambda x: chain_hessian(x).astype(np.float32)  # noqa: E731
    wrong = only(check_derivatives(chain, X, jac=chain_gradient, hess=hess), 2, "hess")
    assert "single precision (float32)" in wrong.hints[0]


def test_function_that_is_not_deterministic():
    rng = np.random.default_rng(0)
    report = check_derivatives(lambda x: chain(x) + 1e-6 * rng.normal(), X, jac=chain_gradient)
    assert not report.ok
    assert report.failures[0].startswith("the function is not deterministic: f is ")


def test_derivative_that_is_not_deterministic():
    rng = np.random.default_rng(0)
    wrong = only(
        check_derivatives(chain, X, jac=lambda x: chain_gradient(x) * (1 + 1e-12 * rng.normal())), 1, "jac"
    )
    assert wrong.hints[0].startswith("called again at the same point it gives another result")


def test_cancellation():
    def function(x):
        return np.sum(2 * np.sin(x / 2) ** 2 / x**2)

    def naive(x):  # of the same function, written with 1 - cos(x)
        return np.sin(x) / x**2 - 2 * (1 - np.cos(x)) / x**3

    x = np.array([1.0, 0.7, 1e-4])
    wrong = only(check_derivatives(function, x, jac=naive), 1, "jac")
    assert places(wrong) == [(2,)]
    assert wrong.hints[0] == "it scatters as much at points close by: cancellation"


def test_cancellation_in_a_second_derivative():
    def naive(x):  # of log(cosh(x)), whose second derivative is sech(x)**2
        return np.diag(1 - np.tanh(x) ** 2)

    x = np.array([0.3, 14.0, 1.0])
    report = check_derivatives(lambda x: np.sum(x + np.log1p(np.exp(-2 * x))), x, jac=np.tanh, hess=naive)
    wrong = only(report, 2, "hess")
    assert places(wrong) == [(1, 1)]
