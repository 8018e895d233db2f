"""Functions as users write them: control flow, calls, tuples, exceptions."""

import math
from collections import namedtuple
from math import sin
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from numba import literal_unroll, njit, prange

import dualad as da
from dualad.compiler.dispatch.dispatcher import inherited
from tests.agreement import MODES, assert_agrees
from tests.compiler import gadgets
from tests.same import assert_same

X = (0.7, 1.3, 2.1, 0.4)
SCALE = 3.0
TABLE = np.array([1.0, 2.0, 3.0, 4.0])

Point = namedtuple("Point", "a b")


class Settings(NamedTuple):
    rate: float
    power: float = 2.0


# -- control flow ---------------------------------------------------------------------------------


def test_loops_with_break_continue_and_else():
    def f(x):
        s, i = 0.0, 0
        while True:
            if i >= x.size:
                break
            if x[i] < 0.5:
                i += 1
                continue
            s += x[i] ** 2
            i += 1
        for j in range(3):
            if x[j] > 5:
                break
        else:
            s *= 2
        while s < 90:
            s *= 1.5
            if s > 1000:
                break
        else:
            s += x[1]
        return s

    assert_agrees(f, X)


def test_ways_to_iterate():
    def f(x):
        s = 0.0
        for k, v in enumerate(x):
            s += k * v
        for a, b in zip(x, x[1:]):  # noqa: B905, RUF007
            s += a * b
        for v in x[::-1]:
            s = s * v + 1.0
        for i in range(x.size - 1, -1, -2):
            s *= x[i]
        for row in x.reshape(2, 2):
            s += row[0] * row[1]
        for index in np.ndindex(2, 2):
            s += x[index[0]] * index[1]
        return s

    assert_agrees(f, X)


def test_branches_and_early_returns():
    def f(x):
        y = x[0] if x[1] else x[2]
        y += x[0] and x[1]
        y += (x[0] - 0.7) or x[2]
        if 0.1 < x[0] < 0.9 and not (x[1] > 5 or x[2] < 0):
            y *= 2
        scale = 1 if x[2] > 1 else 2.5
        if y > 1e9:
            return 0.0
        if x[3] > 0:
            return y * scale * x[3]
        return y

    assert_agrees(f, X, gradient=[0.8, 0.8, 0.8, 2 * (0.7 + 1.3 + 2.1)])


def test_optional_values():
    def f(x, weight=None):
        y = None
        for i in range(3):
            y = x[i] if y is None else y * x[i]
        if weight is None:
            return y
        return y * weight

    assert_agrees(f, X)
    assert_agrees(f, X, 2.5)
    for mode in MODES:
        gradient = da.grad(lambda x: None if x[0] < 0 else x[0] ** 2, mode=mode)
        assert_same(gradient(np.array([3.0])), np.array([6.0]))
        with pytest.raises(da.OutputError, match="returned None"):
            gradient(np.array([-1.0]))


def test_a_value_found_by_comparing():
    def f(x):
        best, at = -np.inf, 0
        for i in range(x.size):
            if x[i] > best:
                best, at = x[i], i
        return best * at + TABLE[at % 2] * x[0] + np.pi * np.e * x[1]

    assert_agrees(f, X, gradient=[1.0, np.pi * np.e, 2.0, 0.0])


def test_iteration_until_convergence():
    @njit
    def root(square, start):
        y = start
        for _ in range(50):
            step = (y * y - square) / (2 * y)
            y = y - step
            if abs(step) < 1e-15:
                break
        return y

    def f(x):
        return root(x[0], 1.0) * root(x[1], x[2])

    a, b = 0.7, 1.3
    assert_agrees(f, X, gradient=[math.sqrt(b / a) / 2, math.sqrt(a / b) / 2, 0.0, 0.0])


# -- what functions refer to ----------------------------------------------------------------------


def test_globals_modules_and_closures():
    factor, offsets = 2.5, np.array([1.0, 2.0])

    @njit
    def square(a):
        return a * a

    def f(x):
        s = sin(x[0]) * SCALE + TABLE[2] * x[2] + math.pi * x[3] + np.pi
        return s + factor * square(x[1]) + offsets[1] * x[2] + gadgets.product(x[0], x[1]) * gadgets.WEIGHT

    assert_agrees(f, X)


def test_helpers_with_defaults_keywords_and_each_other():
    @njit
    def line(x, slope=2.0, intercept=1.0):
        return slope * x + intercept

    @njit
    def summed(first, *others):
        s = first
        for v in others:
            s += v * v
        return s

    @njit
    def twice(g, a):
        return g(g(a))

    def f(x):
        s = line(x[0]) + line(x[1], 3.0) + line(slope=x[2], x=x[3], intercept=x[0])
        return s + summed(x[0], x[1], 2.0, x[2]) * twice(gadgets.cube, x[3])

    assert_agrees(f, X)
    for mode in MODES:
        gradient = da.grad(summed, (0, 1, 2), mode=mode)(1.0, 2.0, 3.0, 4.0)
        assert_same(gradient, (1.0, 4.0, 6.0))


def test_functions_defined_inside_the_function():
    @njit
    def applied(g, x, i):
        return g(x, i) * 2

    def f(x):
        def weighted(i, k=2):
            return x[i] * k

        def worked(x, i):
            work = np.zeros(2)
            work[0] = x[i]
            return work[0] * x[0]

        square = lambda u: u * u  # noqa: E731
        return weighted(1) + weighted(0, 3) * square(x[2]) + applied(worked, x, 1)

    assert_agrees(f, X)


@pytest.mark.filterwarnings("ignore:First-class function type")
def test_helpers_kept_in_a_tuple():
    helpers = (gadgets.cube, gadgets.half)

    def f(x):
        return helpers[0](x[0]) * helpers[1](x[1])

    assert_agrees(f, X, gradient=[3 * 0.49 * 0.65, 0.343 * 0.5, 0.0, 0.0])


def test_recursion():
    @njit
    def power(x, n):
        return 1.0 if n <= 0 else x * power(x, n - 1)

    @njit
    def accumulated(x, product, n):
        if n == 0:
            return product
        return accumulated(x, product * x, n - 1)

    @njit
    def tree(x, low, high):
        if high - low == 1:
            return x[low]
        middle = (low + high) // 2
        return tree(x, low, middle) * tree(x, middle, high) + tree(x, low, middle)

    def f(x):
        return power(x[0], 4) + accumulated(x[1], 1.0, 3) + tree(x, 0, x.size)

    assert_agrees(f, X)


def test_mutual_recursion():
    def f(x):
        return gadgets.even(x[0], 5) * x[1]

    assert_agrees(f, X)


def test_recursion_by_a_call_without_derivatives():
    def f(x):
        return gadgets.balanced(x[0], 0.9) * x[1] + gadgets.residual(1, 0.3, x[2])

    assert_agrees(f, X)


def test_a_recursive_function_itself():
    assert_same(da.derivative(gadgets.even)(0.7, 4), da.grad(gadgets.even, mode="reverse")(0.7, 4))
    assert_same(da.derivative(gadgets.factorial)(2.0, 5), 5 * 2.0**4)


# -- tuples ---------------------------------------------------------------------------------------


def test_tuples_within_a_function():
    def f(x):
        t = (x[0], x[1], 2)
        a, b, c = t
        p = Point(x[2], a * b)
        s = p.a * p.b * c + t[0] + p[1]
        for v in (x[0], x[1], 2.0):
            s += v * v
        mixed = (x[0], 1.0, x[2])
        for i in range(3):
            s += mixed[i] * i
        for v in Point(x[0], 1.0):
            s += v
        longer = mixed + (x[3],)  # noqa: RUF005
        a, b = b, a
        settings = Settings(x[1], 2.0)
        for v in literal_unroll((1, x[1], 3)):
            s += v * x[0]
        return s * longer[1:][2] + settings.rate**settings.power + a / b

    assert_agrees(f, X)


@pytest.mark.parametrize("mode", MODES)
def test_tuples_in_and_out(mode):
    def f(p, settings):
        return Point(p.a * p.b, (p.a**settings.power, settings.rate, 3))

    def g(p, settings):
        value, (other, _, _) = f_jit(p, settings)
        return value + other

    f_jit = njit(f)
    p, settings = Point(2.0, 3.0), Settings(0.5, 3.0)
    assert_same(da.grad(g, mode=mode)(p, settings), Point(3.0 + 12.0, 2.0))
    assert_same(da.grad(g, 1, mode=mode)(p, settings), Settings(0.0, 8.0 * math.log(2.0)), rtol=1e-15)
    by_both = da.grad(g, (0, 1), mode=mode)(p, settings)
    assert_same(by_both[0], Point(15.0, 2.0))

    value, jacobian = da.value_and_jacobian(lambda p: Point(p.a * p.b, (p.a, 3.0)), mode=mode)(p)
    assert value == Point(6.0, (2.0, 3.0))
    assert_same(jacobian, Point(Point(3.0, 2.0), (Point(1.0, 0.0), Point(0.0, 0.0))))


# -- conversions and what looks at types ----------------------------------------------------------


def test_conversions_of_scalars():
    def f(x):
        a, b = float(x[0]), np.float64(x[1])
        s = min(a, b, x[2]) + max(a, b, x[2], 1) + abs(-x[0]) * int(x[2]) + round(x[2])
        s += np.int32(x[2]) * x[3] if bool(x[3]) else 0.0
        c = np.float64(2.0)
        c *= x[0]
        s -= 1
        s *= 2
        s /= x[0]
        s **= 2
        return s + c * a * b

    assert_agrees(f, X)


def test_rounding_to_single_precision():
    def f(x):
        return np.float32(x[0]) * x[1]

    assert_agrees(f, (0.75, 1.5), gradient=[1.5, 0.75])


def test_several_results_of_one_op():
    def f(x):
        q, r = divmod(x[0] * 5, x[1])
        both = divmod(x[2] * 3, 0.8)
        kept = [q, r]
        return q + r * both[1] * kept[1]

    assert_agrees(f, X)


def test_code_that_asks_for_types_gets_the_plain_ones():
    def f(x):
        s = 0.0
        if isinstance(x[0], float):
            s += x[1]
        if x.dtype == np.dtype("float64") and x.itemsize == 8 and x.nbytes == 8 * x.size:
            s += x[2]
        work = np.zeros(x.shape, x.dtype)
        work[0] = x[3]
        return s + work[0] * len(str(x[0]))

    assert_agrees(f, X)


def test_strings_and_dicts():
    def f(x):
        table, found = {1: 1.5, 2: 2.5}, {}
        found[1] = x[0]
        found[2] = x[1] * x[0]
        key = "a" if x[0] > 0 else "bc"
        s = table[len(key)] * x[0] + (x[1] if key == "a" else 0.0)
        for number in found:
            s += found[number] * number
        return s * found[2]

    assert_agrees(f, X)


def test_print_shows_numbers(capfd):
    def f(x):
        print("x is", x[0], 3)
        return x[0] * x[1]

    da.grad(f, mode="reverse")(np.array([0.5, 2.0]))
    assert capfd.readouterr().out == "x is 0.5 3\n"


def test_random_numbers_on_the_side():
    def f(x):
        np.random.seed(3)  # noqa: NPY002
        s = 0.0
        for _ in range(5):
            s += np.random.normal() * x[0] + np.random.random() * x[1]  # noqa: NPY002
        return s

    assert_agrees(f, X)


def test_parallel_and_fastmath_functions_are_compiled_plainly():
    @njit(parallel=True, fastmath=True)
    def squares(x):
        s = 0.0
        work = np.zeros(x.size)
        for i in prange(x.size):
            work[i] = x[i] ** 2
            s += work[i]
        return s

    x = np.array(X)
    for mode in MODES:
        assert_same(da.grad(squares, mode=mode)(x), 2 * x, rtol=1e-15)
        assert_same(da.grad(lambda x: squares(x) * 2, mode=mode)(x), 4 * x, rtol=1e-15)


def test_fastmath_that_orders_sums_is_inherited_and_no_more():
    """Zeros still absorb infinities, which the rest of fastmath would let LLVM assume away."""

    def f(x):
        s = 0.0
        for v in x:
            s += np.sqrt(v) * 0.0 + np.exp(v) + np.maximum(v, 0.0)
        return s

    assert inherited(njit(fastmath=True)(f))["fastmath"] == {"reassoc", "contract"}
    assert inherited(njit(fastmath={"nnan", "reassoc"})(f))["fastmath"] == {"reassoc"}
    assert "fastmath" not in inherited(njit(error_model="numpy")(f))
    x = np.array([0.0, 0.25, 1.0, 2.0, 3.0])
    expected = np.exp(x) + np.array([0.5, 1.0, 1.0, 1.0, 1.0])
    for mode in (*MODES, "adjoint"):
        assert_same(da.grad(njit(fastmath=True)(f), mode=mode)(x), expected, rtol=1e-15)


# -- exceptions -----------------------------------------------------------------------------------


def test_try_and_except():
    def f(x):
        try:
            if x[0] < 0:
                raise ValueError("negative")
            s = gadgets.checked(x[1]) * x[0]
        except Exception:
            s = x[1] * x[2]
        return s * x[2]

    assert_agrees(f, (0.7, 1.3, 2.1))
    assert_agrees(f, (-0.7, 1.3, 2.1), gradient=[0.0, 2.1**2, 2 * 1.3 * 2.1])
    assert_agrees(f, (0.7, -1.3, 2.1), gradient=[0.0, 2.1**2, -2 * 1.3 * 2.1])


RAISING = SimpleNamespace(
    asserting=gadgets.asserting, helped=gadgets.helped, dynamic=gadgets.dynamic, division=gadgets.division,
    emptied=gadgets.emptied, bounds=gadgets.bounds,
)  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", vars(RAISING))
def test_exceptions_are_those_of_the_function(name, mode):
    f = vars(RAISING)[name]
    bad, good = np.array([-1.0, 2.0, -1.0]), np.array([1.0, 2.0, 3.0])
    with pytest.raises(Exception) as wanted:  # noqa: PT011
        f(bad)
    gradient = da.grad(f, mode=mode)
    for _ in range(2):
        with pytest.raises(wanted.type) as found:
            gradient(bad)
        assert found.value.args == wanted.value.args
        assert_same(gradient(good), gadgets.GRADIENTS[name](good))


def test_the_error_model_is_the_functions_own():
    @njit(error_model="numpy")
    def unguarded(x):
        return 1 / (x[0] - x[1]) + x[2]

    for mode in MODES:
        value, gradient = da.value_and_grad(unguarded, mode=mode)(np.ones(3))
        assert value == np.inf
        assert_same(gradient, np.array([-np.inf, np.inf, 1.0]))


def test_second_derivatives_of_all_that():
    @njit
    def helper(x, weight=2.0):
        work, items = np.zeros(2), [0.0]
        for v in (x[0], weight):
            items.append(v * x[1])
        work[0] = items[1] * items[2]
        work += x
        return work[0] * work[1] * gadgets.even(x[0], 2)

    x = np.array([2.0, 3.0])
    gradients = {mode: da.grad(lambda x: helper(x), mode=mode) for mode in MODES}
    hessians = [da.jacobian(g, mode=outer)(x) for g in gradients.values() for outer in MODES]
    step, gradient = 1e-5, gradients["forward"]
    want = [(gradient(x + e) - gradient(x - e)) / (2 * step) for e in step * np.eye(2)]
    np.testing.assert_allclose(hessians[0], want, rtol=1e-8)
    for other in hessians[1:]:
        np.testing.assert_allclose(other, hessians[0], rtol=1e-13)


def shortened(x):
    t = x * 2.0
    t = t[1:]
    out = np.zeros(2)
    t = t[t > 0.5]
    out[:] = t[:2]
    return out[0] * t[-1] + out[1]


def test_a_variable_that_becomes_a_part_of_itself():
    assert_agrees(shortened, [0.1, 0.7, 1.3, 2.1])


def real_part(x):
    c = np.ones(2)
    y = np.real(c)
    y[0] = x[0]
    return c[0] * x[1]


def replaced_in_place(x):
    c = np.ones(2)
    y = np.nan_to_num(c, copy=False)
    y[0] = x[0]
    return c[0] * x[1]


@pytest.mark.parametrize("f", [real_part, replaced_in_place])
def test_stores_into_what_may_be_the_argument(f):
    assert_agrees(f, [3.0, 5.0], gradient=[5.0, 3.0])
