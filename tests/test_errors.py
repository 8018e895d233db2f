"""Exceptions of our own: what is wrong, on which line, what was expected, how to mend it."""

import math
import os
import subprocess
import sys
from threading import Thread

import numpy as np
import pytest
from numba import njit

import dualad as da

MODES = ("forward", "reverse", "tape")
both_modes = pytest.mark.parametrize("mode", MODES)


def product(x, y=1.0):
    return x * y


def first(x):
    return x[0] * 2.0


# -- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (3, "cannot differentiate 3: expected a Python function"),
        (math.sin, "built-in function sin"),
        (np.sin, "ufunc 'sin'"),
        (int, "class 'int'"),
    ],
)
def test_what_is_no_function(function, said):
    for driver in (da.grad, da.jacobian, da.derivative, da.hessian, da.jvp, da.vjp, da.hvp):
        with pytest.raises(da.ArgumentError, match=said):
            driver(function)


@pytest.mark.parametrize(
    ("argnums", "said"),
    [
        (2, r"argnums=2 does not fit 'product', which takes 2 arguments \(x, y\)"),
        (-3, "argnums=-3 does not fit"),
        ((0, 5), r"argnums=\(0, 5\) does not fit"),
        ("q", "argnums='q': there is no argument 'q' in"),
        (True, "argnums must be an int"),
        ((0, 0), "argnums must name each argument once"),
        ((0, -2), "argnums must name each argument once"),
        ((), "argnums must name each argument once"),
    ],
)
def test_argnums_that_do_not_fit(argnums, said):
    with pytest.raises(da.ArgumentError, match=said):
        da.grad(product, argnums)


@pytest.mark.parametrize(
    ("x", "kind", "mend"),
    [
        (3, "int64", "pass floats"),
        (True, "bool", "pass floats"),
        (np.arange(3), r"an array of int64 \(1d\)", "x.astype"),
        ((1.0, 2), r"a tuple \(float64, int64\)", "pass floats"),
        ("abc", "a str", "float arrays"),
        (None, "None", "float arrays"),
        ([1.0, 2.0], "a list of float64", "an array or a tuple"),
    ],
)
@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaPendingDeprecationWarning")
def test_arguments_that_have_no_derivative(x, kind, mend):
    for driver in (da.grad(product), da.jacobian(product, mode="reverse"), da.derivative(product)):
        with pytest.raises(da.ArgumentError, match=f"argument 'x' of 'product' is {kind}.*{mend}"):
            driver(x)
    assert da.grad(product)(3.0) == 1.0


@pytest.mark.parametrize("x", [object(), np.array([None]), np.ones(2, ">f8"), np.ones(2, np.longdouble)])
def test_arguments_that_compiled_code_cannot_take(x):
    for position, given in enumerate([(x,), (1.0, x)]):
        with pytest.raises(
            da.ArgumentError, match=f"argument '{'xy'[position]}' is of type {type(x).__name__}"
        ):
            da.grad(product)(*given)


def test_options_that_do_not_exist():
    with pytest.raises(
        da.ArgumentError, match="mode must be one of auto, forward, reverse, adjoint, tape, not 'backward'"
    ):
        da.grad(product, mode="backward")
    with pytest.raises(da.ArgumentError, match="chunk must be a positive int"):
        da.grad(product, chunk=0)
    with pytest.raises(da.ArgumentError, match="order must be a positive int"):
        da.derivative(product, order=0)


# -- results --------------------------------------------------------------------------------------


@both_modes
@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: x, r"returns an array of float64 \(1d\); use jacobian, or value_and_grad"),
        (lambda x: (x[0], x[1]), r"returns a tuple \(float64, float64\); use jacobian"),
        (lambda x: int(x[0]), "returns int64"),
        (lambda x: None, "returns None"),
    ],
)
def test_grad_needs_one_float(f, said, mode):
    with pytest.raises(da.OutputError, match=f"grad needs a function with one float result, .*{said}"):
        da.grad(f, mode=mode)(np.ones(3))


def test_jacobian_needs_floats():
    with pytest.raises(da.OutputError, match="jacobian needs a function that returns floats"):
        da.jacobian(lambda x: ("a", 1))(1.0)
    with pytest.raises(da.OutputError, match=r"has_aux=True needs .* returns \(value, aux\)"):
        da.value_and_grad(product, has_aux=True)(1.0)


# -- functions ------------------------------------------------------------------------------------


def by_integers(x):
    counts = np.zeros(3, np.int64)
    counts[0] = x[0]
    return counts[0] * x[1]


def by_order(x):
    return np.sort(x + 1j).real[0]


@njit
def deep(x):
    return by_integers_jit(x) * 2.0


by_integers_jit = njit(by_integers)


@both_modes
@pytest.mark.parametrize(
    ("f", "line", "said"),
    [
        (by_integers, 2, r"does not fit into array\(int64, 1d, C\); convert it .* or create"),
        (by_order, 1, "no derivative rule for 'sort' of whole arrays"),
        (deep, None, r"'deep': .* does not fit into array\(int64"),
    ],
)
def test_what_has_no_rule_is_named_with_its_line(f, line, said, mode):
    with pytest.raises(da.UnsupportedError, match=f"(?s)cannot differentiate .*{said}") as refused:
        da.grad(f, mode=mode)(np.ones(3))
    message = str(refused.value)
    if line is None:
        f, line = by_integers, 2
    assert f"test_errors.py, line {f.__code__.co_firstlineno + line})" in message
    assert "\n" not in message  # no wall
    assert not any(word in message for word in ("Dual(", "Var(", "Expr("))
    assert refused.value.__cause__ is None


def broken_attribute(x):
    return x[0] + x.nothing()


def broken_name(x):
    return x[0] + unheard_of  # noqa: F821


def broken_sum(x):
    return x[0] + "a"


def broken_import(x):
    import os.path

    return x[0] + os.path.sep


@both_modes
@pytest.mark.parametrize(
    ("f", "said"),
    [
        (broken_attribute, "Unknown attribute 'nothing' of type array.float64.*test_errors.py, line"),
        (broken_name, "unheard_of"),
        (broken_sum, "no implementation of 'add' for .*test_errors.py, line"),
        (broken_import, "IMPORT_NAME"),
        (njit("float64(int64[:])")(lambda x: 1.0), r"none of the declared signatures fits .*float64, 1d, C"),
    ],
)
def test_functions_that_do_not_compile_anyway(f, said, mode):
    with pytest.raises(da.PrimalError, match=f"does not compile under plain numba.njit either: .*{said}"):
        da.grad(f, mode=mode)(np.ones(3))


def test_only_the_types_of_the_call_count():
    def f(x, y):
        return x * y.size

    with pytest.raises(da.PrimalError):
        da.grad(f)(1.0, 2.0)
    assert da.grad(f)(1.0, np.ones(3)) == 3.0
    with pytest.raises(da.PrimalError):
        da.jvp(f)(1.0, 1.0, 2.0)
    with pytest.raises(da.PrimalError):
        da.hvp(f)(1.0, 1.0, 2.0)


# -- derivatives called by compiled functions -----------------------------------------------------


def test_our_exceptions_pass_through_compilation():
    cases = [
        (da.grad(first), np.arange(3), da.ArgumentError, "argument 'x' of 'first' is an array of int64"),
        (da.grad(broken_sum), np.ones(3), da.PrimalError, "does not compile under plain"),
        (da.grad(by_integers), np.ones(3), da.UnsupportedError, "does not fit into array"),
        (da.grad(lambda x: x), np.ones(3), da.OutputError, "one float result"),
    ]
    for gradient, x, kind, said in cases:

        @njit
        def calling(x, gradient=gradient):
            return gradient(x)

        def outer(x, gradient=gradient):
            return gradient(x)[0]

        compiled = njit(lambda x, gradient: gradient(x))
        with pytest.raises(kind, match=said):
            compiled(x, gradient)
        if x.dtype == np.float64:
            with pytest.raises(kind, match=said):
                da.grad(outer)(x, gradient)


# -- after a failure ------------------------------------------------------------------------------


def test_after_a_failed_compilation_everything_works():
    gradient = da.grad(product)
    for _ in range(3):
        with pytest.raises(da.ArgumentError):
            gradient(1)
        with pytest.raises(da.UnsupportedError):
            da.grad(by_order)(np.ones(2))
        assert gradient(1.0, 2.0) == 2.0
        assert da.grad(lambda x: math.exp(x))(0.0) == 1.0

    @njit
    def plain(x):
        return math.sin(x)

    assert plain(0.5) == math.sin(0.5)


def test_failing_compilations_in_several_threads():
    found = []

    def work(number):
        def f(x):
            return x[0] ** number

        for function in (by_order, f, broken_sum):
            try:
                found.append((number, float(da.grad(function)(np.array([1.0, 2.0]))[0])))
            except da.DualadError:
                found.append((number, None))

    threads = [Thread(target=work, args=(n,)) for n in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number for number, _ in found} == {1.0, 2.0, 3.0}
    assert sorted(value for _, value in found if value) == [1.0, 2.0, 3.0]


@pytest.fixture
def small_tape():
    before = da.tape_limit()
    da.set_tape_limit(1 << 20)
    yield
    da.set_tape_limit(before)


@pytest.mark.usefixtures("small_tape")
def test_a_tape_beyond_its_limit():
    @njit
    def long(x, n):
        s = x[0]
        for _ in range(n):
            s = s * x[1] + x[2]
        return s

    gradient = da.grad(long, mode="reverse")
    with pytest.raises(da.MemoryLimitError, match=r"the tape of 'long' .*set_tape_limit.*mode='forward'"):
        gradient(np.ones(3), 1_000_000)
    np.testing.assert_array_equal(gradient(np.ones(3), 3), [1.0, 6.0, 3.0])
    np.testing.assert_array_equal(da.grad(long, mode="forward")(np.ones(3), 10_000)[0], 1.0)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "1", (1 << 62) + 1, 1 << 64, (1 << 64) + (8 << 30)])
def test_limits_that_are_none(limit):
    before = da.tape_limit()
    with pytest.raises(da.ArgumentError, match="the tape limit must be an int"):
        da.set_tape_limit(limit)
    assert da.tape_limit() == before


@pytest.mark.usefixtures("small_tape")
def test_limits():
    for limit in (1 << 20, np.int64(1 << 33), 1 << 62):
        da.set_tape_limit(limit)
        assert da.tape_limit() == limit


def test_numbas_own_error_is_there_for_those_who_ask():
    program = (
        "import numpy as np, dualad as da\n"
        "try:\n    da.grad(lambda x: np.sort(x + 1j).real[0])(np.ones(2))\n"
        "except da.UnsupportedError as error:\n    print(type(error.__cause__).__name__)\n"
    )
    for full, cause in (("0", "NoneType"), ("1", "TypingError")):
        run = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"NUMBA_FULL_TRACEBACKS": full}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert run.stdout.strip() == cause


def test_every_exception_is_one_of_ours_and_of_pythons():
    for kind in (da.ArgumentError, da.OutputError, da.PrimalError):
        assert issubclass(kind, da.DualadError)
        assert issubclass(kind, TypeError)
    assert issubclass(da.UnsupportedError, NotImplementedError)
    assert issubclass(da.MemoryLimitError, MemoryError)
