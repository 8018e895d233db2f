"""Arguments, results and functions of unusual forms: right in every mode, or refused with the reason."""

import functools
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

import dualad as da
from dualad.drivers import api

# All drivers as functions of f and further options, called with the arguments of f.
ORDINARY = ("derivative", "grad", "value_and_grad", "jacobian", "value_and_jacobian", "hessian")
DIRECTIONAL = ("jvp", "vjp", "hvp")
MODES = {
    **dict.fromkeys(ORDINARY + DIRECTIONAL, ("forward", "adjoint", "tape")),
    "derivative": ("forward",),
    "jvp": ("forward",),
    "vjp": ("adjoint", "tape"),
}
EVERY = [(driver, mode) for driver, modes in MODES.items() for mode in modes]
every_driver = pytest.mark.parametrize(("driver", "mode"), EVERY)


def made(driver, f, mode, argnums=0):
    options = {} if len(MODES[driver]) == 1 else {"mode": mode}
    return getattr(da, driver)(f, argnums, **options)


def called(driver, derivative, x, *others):
    """The call at x, in the direction 1."""
    return derivative(x, 1.0, *others) if driver in DIRECTIONAL else derivative(x, *others)


def weighted(x, w, scale=1.0):
    return w * x * x * x * scale


def wanted(driver, x, w):
    """What the drivers give for a cubic function w x³."""
    value, first, second = w * x**3, 3.0 * w * x**2, 6.0 * w * x
    with_value = ("value_and_grad", "value_and_jacobian", "jvp", "vjp")
    return (value, first) if driver in with_value else second if driver in ("hessian", "hvp") else first


def test_the_drivers_here_are_all():
    assert set(MODES) == set(api.__all__)


# -- numbers among the options --------------------------------------------------------------------


def test_integers_of_numpy_among_the_options():
    for kind in (np.int64, np.int32, np.uint8):
        assert da.grad(weighted, kind(1))(2.0, 5.0) == 8.0
        assert da.derivative(weighted, kind(1))(2.0, 5.0) == 8.0
    assert da.grad(weighted, (np.int64(0), 1))(2.0, 5.0) == (60.0, 8.0)
    assert da.derivative(weighted, order=np.int64(3))(2.0, 5.0) == 30.0
    np.testing.assert_array_equal(
        da.grad(lambda x: x[0] * x[1], mode="forward", chunk=np.int64(1))(np.array([2.0, 3.0])), [3.0, 2.0]
    )
    for driver in MODES:
        getattr(da, driver)(weighted, np.int64(-1))
        for wrong in (np.True_, np.float64(1.0), np.array(1), [0]):
            with pytest.raises(da.ArgumentError, match="argnums must be an int"):
                getattr(da, driver)(weighted, wrong)
    with pytest.raises(da.ArgumentError, match="order must be a positive int"):
        da.derivative(weighted, order=np.int64(0))


def test_negative_argnums_among_any_number_of_arguments():
    """Which argument is the last is not known before the call."""
    with pytest.raises(da.ArgumentError, match=r"argnums=-1 .*'total'.*count them from the front"):
        da.grad(total, -1)


def total(x, *others):
    return x * others[0]


# -- partials and methods -------------------------------------------------------------------------

cubic = njit(weighted)
PARTIALS = {
    "keyword of a compiled function": (functools.partial(cubic, w=5.0), (2.0,)),
    "of a Python function": (functools.partial(weighted, w=5.0), (2.0,)),
    "keyword in the middle": (functools.partial(cubic, w=2.5, scale=2.0), (2.0,)),
}


@every_driver
@pytest.mark.parametrize("name", PARTIALS)
def test_partials(name, driver, mode):
    f, (x,) = PARTIALS[name]
    assert called(driver, made(driver, f, mode), x) == wanted(driver, x, 5.0)


@every_driver
def test_partials_whose_first_argument_is_given(driver, mode):
    f = functools.partial(lambda w, x: w * x * x * x, 5.0)
    assert called(driver, made(driver, f, mode, np.int64(0)), 2.0) == wanted(driver, 2.0, 5.0)


def test_what_a_partial_holds_is_read_at_the_call():
    w = np.array([2.0, 3.0])
    gradient = da.grad(functools.partial(njit(lambda w, x: w[0] * x * x), w))
    assert gradient(1.0) == 4.0
    w[0] = 5.0
    assert gradient(1.0) == 10.0


def test_derivatives_of_partials_are_partials():
    f = functools.partial(cubic, w=5.0)
    assert da.grad(f)(2.0, scale=3.0) == 180.0
    assert da.grad(f)(2.0, w=1.0) == 12.0
    assert da.derivative(f, order=3)(2.0) == 30.0
    assert da.grad(da.grad(f))(2.0) == 60.0
    assert da.derivative(functools.partial(da.grad(cubic), w=5.0))(2.0) == 60.0
    assert "weighted" in da.grad(f).__name__
    assert da.jvp(functools.partial(weighted, scale=2.0))((2.0, 5.0), (1.0, 1.0)) == (80.0, 136.0)
    assert da.vjp(functools.partial(lambda s, *xs: s * xs[0] * xs[1], 2.0))((3.0, 5.0), 1.0)[1] == (10.0, 6.0)
    assert da.hvp(functools.partial(weighted, scale=2.0))(2.0, 1.0, 5.0) == 120.0
    with pytest.raises(TypeError, match="missing argument 'w'"):
        da.hvp(functools.partial(weighted, scale=2.0))(2.0, 1.0)
    assert str(da.explain(f, 2.0)).startswith("weighted: compiled adjoint")
    assert "def weighted_adjoint" in da.adjoint_source(f, 2.0)


def test_partials_that_do_not_fit():
    f = functools.partial(weighted, w=5.0)
    with pytest.raises(da.ArgumentError, match=r"argnums=2 .*'weighted'.*2 arguments are .*\(x, scale\)"):
        da.grad(f, 2)
    with pytest.raises(da.ArgumentError, match="'weighted' has no argument 'weight'"):
        da.grad(functools.partial(weighted, weight=5.0))
    with pytest.raises(da.ArgumentError, match="expected a Python function"):
        da.grad(functools.partial(np.sin))


class Model(NamedTuple):
    w: float

    def cubic(self, x):
        return self.w * x * x * x


class Plain:
    w = 5.0

    def cubic(self, x):
        return self.w * x * x * x

    @classmethod
    def of_class(cls, x):
        return x

    @staticmethod
    def of_none(x):
        return 5.0 * x * x * x

    compiled = njit(cubic)


@every_driver
def test_methods_of_what_compiled_code_can_take(driver, mode):
    assert called(driver, made(driver, Model(5.0).cubic, mode), 2.0) == wanted(driver, 2.0, 5.0)


def test_methods():
    assert da.grad(Plain().of_none)(2.0) == 60.0
    for driver in MODES:
        for method in (Plain().cubic, Plain().compiled, Plain.of_class):
            with pytest.raises(da.ArgumentError, match=r"the method 'Plain.* 'self', of type .* write it as"):
                getattr(da, driver)(method)


# -- arrays without axes --------------------------------------------------------------------------


@every_driver
def test_arrays_without_axes_are_numbers(driver, mode):
    got = called(driver, made(driver, weighted, mode), np.array(2.0), np.array(5.0))
    for part, want in zip(np.atleast_1d(got), np.atleast_1d(wanted(driver, 2.0, 5.0)), strict=True):
        assert part == want


@every_driver
def test_results_without_axes(driver, mode):
    def boxed(x, w):
        return np.array(w * x * x * x)

    got = called(driver, made(driver, boxed, mode), 2.0, 5.0)
    assert np.asarray(got).tolist() == np.asarray(wanted(driver, 2.0, 5.0)).tolist()
    value = got[0] if isinstance(got, tuple) else boxed(2.0, 5.0)
    assert isinstance(value, np.ndarray)


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_reductions_of_numbers(mode):
    def f(x):
        return np.sum(x * x) * np.prod(x + 1.0)

    try:
        njit(f)(np.array(3.0))
    except TypingError:  # earlier versions of Numba, where the tape and forward mode have no sum either
        if mode != "adjoint":
            with pytest.raises(da.PrimalError, match="no implementation of 'sum'"):
                da.grad(f, mode=mode)(np.array(3.0))
            return
    assert da.grad(f, mode=mode)(np.array(3.0)) == 6.0 * 4.0 + 9.0


# -- what compiled code cannot take ---------------------------------------------------------------

UNTAKEN = {
    "float16": (np.float16(2.0), "of float16, which Numba does not compute with: pass float32 or float64"),
    "array of float16": (np.ones(2, np.float16), "of float16, .*: pass float32 or float64"),
    "empty list": ([], r"an empty list, .*: pass np.zeros\(0\)"),
    "masked array": (np.ma.array([1.0, 2.0], mask=[0, 1]), "a masked array, .*: pass x.filled"),
    "long double": (np.ones(2, np.longdouble), "of type ndarray of dtype float128, .*: pass float64"),
    "dict": ({"a": 1.0}, "of type dict, .*: pass a named tuple of its values, .*namedtuple"),
}


@every_driver
@pytest.mark.parametrize("name", UNTAKEN)
def test_values_that_compiled_code_cannot_take(name, driver, mode):
    value, said = UNTAKEN[name]
    derivative = made(driver, weighted, mode)
    first, further = ("primals|x", r"args\[0\]") if driver in DIRECTIONAL else ("x", "w")
    with pytest.raises(da.ArgumentError, match=f"argument '({first})' is {said}"):
        called(driver, derivative, value, 1.0)
    with pytest.raises(da.ArgumentError, match=f"argument '{further}' is {said}"):
        called(driver, derivative, 1.0, value)


def test_values_inside_of_tuples_and_of_other_calls():
    with pytest.raises(da.ArgumentError, match=r"argument 'x\[1\]' is an empty list"):
        da.grad(weighted)((1.0, []), 2.0)
    for ask in (da.explain, da.adjoint_source):
        with pytest.raises(da.ArgumentError, match="argument 'w' is a masked array"):
            ask(weighted, 1.0, np.ma.zeros(2))


def test_calls_go_on_after_what_cannot_be_taken():
    gradient = da.grad(weighted)
    for _ in range(2):
        assert gradient(2.0, 5.0) == 60.0
        with pytest.raises(da.ArgumentError, match="empty list"):
            gradient([], 5.0)


@every_driver
def test_nothing_to_differentiate(driver, mode):
    derivative = made(driver, lambda x: 1.0, mode, None if driver in ("jvp", "vjp") else 0)
    with pytest.raises(da.ArgumentError, match="empty tuple"):
        called(driver, derivative, ())


@pytest.mark.parametrize("driver", DIRECTIONAL)
def test_directional_derivatives_called_with_too_few_or_many_arguments(driver):
    derivative = getattr(da, driver)(weighted)
    with pytest.raises(da.ArgumentError, match=r"argument 'w' of '.*weighted' was not given"):
        derivative(1.0, 1.0)
    with pytest.raises(da.ArgumentError, match="takes 3 arguments, but 4 were given"):
        derivative(1.0, 1.0, 2.0, 3.0, 4.0)


# -- functions ------------------------------------------------------------------------------------


async def coroutine(x):
    return x * x


async def asynchronous_generator(x):
    yield x * x


def with_keywords(x, **options):
    return x * x


def test_functions_that_numba_takes_for_others():
    for driver in MODES:
        for f in (coroutine, asynchronous_generator, njit(coroutine)):
            with pytest.raises(da.UnsupportedError, match=r"\(line \d+ of .*a coroutine \(async def\)"):
                getattr(da, driver)(f)
        for f in (with_keywords, njit(with_keywords)):
            with pytest.raises(da.PrimalError, match=r"'with_keywords' .*it takes \*\*options; name"):
                getattr(da, driver)(f)


def test_a_function_has_its_own_parameters_not_those_of_the_one_that_it_wraps():
    @functools.wraps(weighted)
    def f(x):
        return x * x * x

    assert da.grad(f)(2.0) == 12.0
    assert da.hvp(f)(2.0, 1.0) == 12.0
    assert da.grad(f).__name__ == "grad_weighted"


@pytest.mark.parametrize("mode", ["forward", "tape"])
def test_keyword_only_arguments(mode):
    def f(x, *, k=2.0):
        return k * x * x

    assert da.grad(f, mode=mode)(3.0) == 12.0
    assert da.grad(f, mode=mode)(3.0, k=5.0) == 30.0

    def without_default(x, y=1.0, *, k):
        return k * x * y

    with pytest.raises(da.PrimalError, match="'k' has no default, but 'y' before it has"):
        da.grad(without_default, mode=mode)
