"""``hessian``, ``hvp``, and drivers of drivers."""

import itertools
import math

import numpy as np
import pytest
from numba import njit
from scipy.optimize import rosen_hess, rosen_hess_prod

import dualad as da
from tests.same import assert_same

MODES = ("forward", "reverse")
both_modes = pytest.mark.parametrize("mode", MODES)
pairings = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(MODES, MODES)))


@njit
def rosenbrock(x):
    s = 0.0
    for i in range(x.size - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


@njit
def product(x):
    """A value with every derivative up to the number of its arguments."""
    p = 1.0
    for i in range(x.size):
        p *= math.exp(0.1 * x[i]) * x[i]
    return p


@njit
def coupled(a, n, b):
    """Two active arguments around a passive one; Hessian blocks that differ."""
    s = a**n
    for i in range(b.size):
        s += a * (i + 1) * b[i] ** 2
    return s


X = np.array([-1.2, 1.0, 0.3, 2.0, -0.7])


@both_modes
@pytest.mark.parametrize("n", [2, 5, 9])
def test_hessian_as_published(n, mode):
    x = np.linspace(-1.5, 2.0, n)
    assert_same(da.hessian(rosenbrock, mode=mode)(x), rosen_hess(x), atol=1e-11)


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 5, 8])
def test_hessian_chunks(chunk):
    assert_same(da.hessian(rosenbrock, chunk=chunk)(X), rosen_hess(X), atol=1e-11)


@both_modes
def test_hvp_as_published(mode):
    p = np.array([0.5, -1.0, 2.0, 0.0, 1.0])
    assert_same(da.hvp(rosenbrock, mode=mode)(X, p), rosen_hess_prod(X, p), atol=1e-11)


@pairings
def test_jacobian_of_gradient(outer, inner):
    hessian = da.jacobian(da.grad(rosenbrock, mode=inner), mode=outer)
    assert_same(hessian(X), rosen_hess(X), atol=1e-11)


# One mode throughout, and both by turns; every nesting of scalars is in tests/staging/test_confusion.py.
THIRD = [("forward",) * 3, ("reverse",) * 3, ("forward", "reverse", "forward")]
FURTHER = [p for p in itertools.product(MODES, repeat=3) if p not in THIRD]


@pytest.mark.parametrize(
    ("outer", "middle", "inner"),
    [*THIRD, *(pytest.param(*p, marks=pytest.mark.battery) for p in FURTHER)],
)
def test_third_derivatives(outer, middle, inner):
    """Every nesting of three gives the same symmetric tensor; its diagonal is known."""
    third = da.jacobian(da.jacobian(da.grad(product, mode=inner), mode=middle), mode=outer)
    x = np.array([0.7, -1.1])
    got = third(x)
    assert got.shape == (2, 2, 2)
    for axes in itertools.permutations(range(3)):
        np.testing.assert_allclose(got, got.transpose(axes), rtol=1e-13)
    # d^k/dx^k of x e^(x/10) is (x + 10 k) e^(x/10) / 10^k.
    factors = [[(v + 10 * k) * math.exp(0.1 * v) / 10**k for k in range(4)] for v in x]
    np.testing.assert_allclose(got[0, 0, 0], factors[0][3] * factors[1][0], rtol=1e-13)
    np.testing.assert_allclose(got[0, 0, 1], factors[0][2] * factors[1][1], rtol=1e-13)
    np.testing.assert_allclose(got[1, 1, 1], factors[0][0] * factors[1][3], rtol=1e-13)


@pairings
def test_gradient_of_gradient_of_scalar(outer, inner):
    assert da.grad(da.grad(lambda x: x**5, mode=inner), mode=outer)(2.0) == 160.0


def test_gradient_four_times():
    f = lambda x: math.sin(2.0 * x)  # noqa: E731
    for mode in ("forward", "reverse", "forward", "reverse"):
        f = da.grad(f, mode=mode)
    assert f(0.3) == pytest.approx(16.0 * math.sin(0.6), rel=1e-14)


def test_gradient_of_a_function_of_a_gradient():
    """A gradient used as a value inside a function: the Laplacian's kin, |grad f|^2."""
    gradient = da.grad(rosenbrock)

    def steepness(x):
        g = gradient(x)
        s = 0.0
        for i in range(g.size):
            s += g[i] * g[i]
        return s

    want = 2.0 * rosen_hess(X) @ gradient(X)
    for mode in MODES:
        assert_same(da.grad(steepness, mode=mode)(X), want, rtol=1e-12)


@both_modes
def test_blocks_by_tuples_of_arguments(mode):
    b = np.array([2.0, 5.0])
    got = da.hessian(coupled, (0, 2), mode=mode)(3.0, 4, b)
    mixed = 2.0 * np.array([1.0, 2.0]) * b
    assert_same(got, ((108.0, mixed), (mixed, np.diag([6.0, 12.0]))))
    assert_same(da.hessian(coupled, mode=mode)(3.0, 4, b), 108.0)
    assert_same(da.hessian(coupled, -1, mode=mode)(3.0, 4, b), np.diag([6.0, 12.0]))


@both_modes
def test_hvp_by_tuples_of_arguments(mode):
    b = np.array([2.0, 5.0])
    direction = (1.0, np.array([0.5, 0.25]))
    got = da.hvp(coupled, (0, 2), mode=mode)((3.0, b), direction, 4)
    mixed = 2.0 * np.array([1.0, 2.0]) * b
    assert_same(got, (float(108.0 + mixed @ direction[1]), mixed + np.array([3.0, 3.0])))


@both_modes
def test_hvp_passes_further_arguments(mode):
    b = np.array([2.0, 5.0])
    assert_same(da.hvp(coupled, 2, mode=mode)(b, np.array([1.0, 1.0]), 3.0, 4), np.array([6.0, 12.0]))


@both_modes
def test_hessian_of_a_matrix_argument(mode):
    def f(x):
        return x[0, 1] ** 2 * x[1, 0]

    x = np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])
    want = np.zeros((2, 2, 2, 2))
    want[0, 1, 0, 1] = 6.0
    want[0, 1, 1, 0] = want[1, 0, 0, 1] = 4.0
    assert_same(da.hessian(f, mode=mode)(x), want)


@both_modes
def test_single_precision_stays(mode):
    x = np.float32([1.5, -0.5])
    got = da.hessian(lambda x: x[0] ** 2 * x[1], mode=mode)(x)
    assert_same(got, np.float32([[-1.0, 3.0], [3.0, 0.0]]))


@both_modes
def test_empty(mode):
    assert_same(da.hessian(rosenbrock, mode=mode)(np.ones(0)), np.ones((0, 0)))
    assert_same(da.hvp(rosenbrock, mode=mode)(np.ones(0), np.ones(0)), np.ones(0))


@both_modes
def test_linear_function_has_no_curvature(mode):
    assert_same(da.hessian(lambda x: 3.0 * x[0] - x[1], mode=mode)(X), np.zeros((5, 5)))


@both_modes
def test_jacobian_of_jvp_and_of_vjp(mode):
    """The directional drivers are differentiated like any other function."""
    v = np.array([1.0, -2.0, 0.5, 0.0, 1.0])
    push = da.jvp(rosenbrock)
    pull = da.vjp(rosenbrock)
    along = da.grad(lambda x, v: push(x, v)[1], mode=mode)
    back = da.jacobian(lambda x: pull(x, 1.0)[1], mode=mode)
    assert_same(along(X, v), rosen_hess_prod(X, v), atol=1e-11)
    assert_same(back(X), rosen_hess(X), atol=1e-11)


@both_modes
def test_gradient_by_the_direction_of_a_jvp(mode):
    """jvp is linear in its tangent: the gradient by it is the gradient of the function."""
    push = da.jvp(rosenbrock)
    got = da.grad(lambda v, x: push(x, v)[1], mode=mode)(np.ones(5), X)
    assert_same(got, da.grad(rosenbrock)(X), rtol=1e-12)


@both_modes
def test_gradient_by_the_cotangent_of_a_vjp(mode):
    pull = da.vjp(rosenbrock)
    got = da.jacobian(lambda w, x: pull(x, w)[1], mode=mode)(2.0, X)
    assert_same(got, da.grad(rosenbrock)(X), rtol=1e-12)


@njit
def cubic(x):
    return x[0] * x[1] ** 2


def test_products_of_products():
    """`jvp`, `vjp` and `hvp` nest in one another as they are, without a function around the inner one."""
    x, v, w, still = np.array([0.7, 1.3]), np.array([0.4, -1.1]), np.array([0.3, 0.9]), np.zeros(2)
    gradient = np.array([x[1] ** 2, 2 * x[0] * x[1]])
    hessian = np.array([[0.0, 2 * x[1]], [2 * x[1], 2 * x[0]]])
    third = np.array([[0.0, 2 * v[1]], [2 * v[1], 2 * v[0]]])  # along v
    push, pull, product = da.jvp(cubic), da.vjp(cubic), da.hvp(cubic)

    assert_same(
        da.jvp(push)(((x,), (v,)), ((w,), (still,)))[1], (float(gradient @ w), float(v @ hessian @ w))
    )
    assert_same(da.jvp(pull)(((x,), 2.0), ((w,), 0.0))[1][1][0], 2 * hessian @ w)
    (by_x,), (by_v,) = da.vjp(push)(((x,), (v,)), (0.0, 1.0))[1]
    assert_same(by_x, hessian @ v)
    assert_same(by_v, gradient)
    (by_x,), by_seed = da.vjp(pull)(((x,), 2.0), (0.0, (w,)))[1]
    assert_same(by_x, 2 * hessian @ w)
    assert_same(by_seed, float(gradient @ w))
    assert_same(da.jacobian(push)((x,), (v,))[1][0], hessian @ v)
    assert_same(da.jacobian(product)(x, v), third)
    assert_same(da.jvp(product)((x, v), (w, still))[1], third @ w)


@both_modes
def test_starred_arguments_that_are_stored_into(mode):
    """All of them are one parameter: what is known of one place holds for the others."""

    @njit
    def f(x, *rest):
        rest[1][0] = 2.0 * x
        return rest[1][0] * rest[0][0] + rest[1][1]

    a, b = np.array([3.0, 4.0]), np.array([5.0, 6.0])
    assert_same(da.grad(f, mode=mode)(1.5, a, b), 6.0)
    assert_same(b, np.array([5.0, 6.0]))
