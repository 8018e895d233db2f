"""How drivers are called: inside ``@njit``, by keyword, with defaults; and when the function raises."""

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.drivers.failing import RAISED, touchy
from tests.same import assert_same

both_modes = pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])


@njit
def power(x, scale=2.0, n=3):
    return scale * x**n


@njit
def sumsq(x):
    s = 0.0
    for i in range(x.size):
        s += (i + 1) * x[i] ** 2
    return s


@njit
def twice(x):
    y = np.empty(x.size)
    for i in range(x.size):
        y[i] = x[i] * x[0]
    return y


X = np.array([2.0, 3.0, 5.0])
V = np.array([1.0, 0.0, -1.0])

CALLS = {
    "derivative": (da.derivative(lambda x: x**3), (2.0,)),
    "derivative, order 3": (da.derivative(lambda x: x**4, order=3), (2.0,)),
    "grad, forward": (da.grad(sumsq, mode="forward"), (X,)),
    "grad, reverse": (da.grad(sumsq, mode="reverse"), (X,)),
    "value_and_grad": (da.value_and_grad(sumsq), (X,)),
    "value_and_grad, aux": (da.value_and_grad(lambda x: (x[0], (x, 3)), has_aux=True), (X,)),
    "jacobian, forward": (da.jacobian(twice, mode="forward"), (X,)),
    "jacobian, reverse": (da.jacobian(twice, mode="reverse"), (X,)),
    "value_and_jacobian": (da.value_and_jacobian(twice), (X,)),
    "hessian": (da.hessian(sumsq), (X,)),
    "hvp": (da.hvp(sumsq), (X, V)),
    "jvp": (da.jvp(twice), (X, V)),
    "vjp": (da.vjp(twice), (X, V)),
    "grad of grad": (da.grad(da.grad(lambda x: x**3)), (2.0,)),
    "by two arguments": (da.grad(lambda x, n, y: x**n * y, (0, 2)), (2.0, 3, 5.0)),
}


@pytest.mark.parametrize("name", CALLS)
def test_inside_njit(name):
    driver, arguments = CALLS[name]

    @njit
    def caller(*arguments):
        return driver(*arguments)

    assert_same(caller(*arguments), driver(*arguments), rtol=0)


@both_modes
def test_inside_a_loop_of_njit(mode):
    """The README's descent: a gradient per step, all compiled."""
    gradient = da.grad(sumsq, mode=mode)

    @njit
    def descend(x, steps):
        for _ in range(steps):
            x = x - 0.1 * gradient(x)
        return x

    assert_same(descend(X, 50), X * (1 - 0.2 * np.array([1, 2, 3])) ** 50, rtol=1e-12)


@both_modes
def test_driver_made_inside_a_closure(mode):
    """A driver over a function over a constant: each closure has its own."""

    def make(power):
        return da.grad(lambda x: x**power, mode=mode)

    assert [make(p)(2.0) for p in (1, 2, 3)] == [1.0, 4.0, 12.0]


@both_modes
def test_defaults(mode):
    gradient = da.grad(power, mode=mode)
    assert gradient(1.0) == 6.0
    assert gradient(1.0, 5.0) == 15.0
    assert gradient(1.0, 5.0, 2) == 10.0


@both_modes
def test_keywords(mode):
    gradient = da.grad(power, mode=mode)
    assert gradient(x=1.0) == 6.0
    assert gradient(1.0, scale=5.0) == 15.0
    assert gradient(1.0, n=2) == 4.0
    assert gradient(n=2, x=1.0, scale=3.0) == 6.0


@both_modes
def test_keywords_inside_njit(mode):
    gradient = da.grad(power, mode=mode)

    @njit
    def caller(x):
        return gradient(x), gradient(x, n=2), gradient(scale=5.0, x=x)

    assert caller(1.0) == (6.0, 4.0, 15.0)


@both_modes
def test_default_of_the_differentiated_argument(mode):
    assert da.grad(power, 1, mode=mode)(2.0, 2.0) == 8.0


@both_modes
def test_wrong_number_of_arguments(mode):
    gradient = da.grad(power, mode=mode)
    with pytest.raises(TypeError):
        gradient()
    with pytest.raises(TypeError):
        gradient(1.0, 2.0, 3, 4)


@both_modes
def test_starred_arguments(mode):
    def total(x, *others):
        s = x * x
        for y in others:
            s += x * y
        return s

    gradient = da.grad(total, mode=mode)
    assert (gradient(2.0, 3.0), gradient(2.0, 3.0, 4.0)) == (7.0, 11.0)
    assert da.grad(total, (0, 2), mode=mode)(2.0, 3.0, 4.0) == (11.0, 2.0)


@both_modes
def test_starred_arguments_inside_njit(mode):
    def dot(*values):
        s = 0.0
        for v in values:
            s += v * v
        return s

    gradient = da.grad(dot, (0, 1), mode=mode)
    assert njit(lambda x, y: gradient(x, y))(2.0, 3.0) == (4.0, 6.0)


def test_name_and_documentation_tell_what_it_is():
    gradient = da.grad(sumsq)
    assert "sumsq" in gradient.__name__
    assert "sumsq" in gradient.__doc__


def test_driver_of_the_same_function_twice():
    assert da.grad(sumsq)(X).tolist() == da.grad(sumsq)(X).tolist() == [4.0, 12.0, 30.0]


def test_the_function_itself_stays_as_it_was():
    before = list(sumsq.signatures)
    da.grad(sumsq)(X)
    assert sumsq(X) == 97.0
    assert [s for s in sumsq.signatures if "Dual" in str(s) or "Var" in str(s)] == []
    assert len(sumsq.signatures) <= len(before) + 1


# -- exceptions -----------------------------------------------------------------------------------


DRIVERS = {
    "derivative": da.derivative(touchy),
    "grad, forward": da.grad(touchy, mode="forward"),
    "grad, reverse": da.grad(touchy, mode="reverse"),
    "forward over reverse": da.jacobian(da.grad(touchy, mode="reverse"), mode="forward"),
    "reverse over reverse": da.grad(da.grad(touchy, mode="reverse"), mode="reverse"),
    "reverse over forward": da.grad(da.grad(touchy, mode="forward"), mode="reverse"),
}


@pytest.mark.parametrize("name", DRIVERS)
def test_exceptions_pass_through_and_the_next_call_works(name):
    driver = DRIVERS[name]
    want = driver(2.0, 0)
    assert want == (6.0 if "over" in name else 12.0)
    for kind, error in RAISED.items():
        with pytest.raises(error) as caught:
            driver(2.0, kind)
        if kind == 1:
            assert caught.value.args == ("negative", 3)
        assert driver(2.0, 0) == want


@both_modes
def test_exception_in_a_helper(mode):
    @njit
    def helper(x):
        if x < 0.0:
            raise ValueError("below zero")
        return x * x

    gradient = da.grad(lambda x: 2.0 * helper(x), mode=mode)
    with pytest.raises(ValueError, match="below zero"):
        gradient(-1.0)
    assert gradient(1.0) == 4.0


@both_modes
def test_exception_is_caught_inside_njit(mode):
    gradient = da.grad(touchy, mode=mode)

    @njit
    def careful(x, kind):
        try:
            return gradient(x, kind)
        except Exception:
            return -1.0

    assert [careful(2.0, kind) for kind in (0, 1, 2, 0)] == [12.0, -1.0, -1.0, 12.0]


@both_modes
def test_bounds_are_checked_where_the_function_asks(mode):
    @njit(boundscheck=True)
    def beyond(x, i):
        return x[i] * 2.0

    gradient = da.grad(beyond, mode=mode)
    with pytest.raises(IndexError):
        gradient(np.ones(3), 3)
    assert_same(gradient(np.ones(3), 2), np.array([0.0, 0.0, 2.0]))
