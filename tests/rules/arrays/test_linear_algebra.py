"""Rules of linear algebra as plain NumPy functions."""

import numpy as np
import pytest

from dualad.rules.arrays import rule_for
from dualad.rules.arrays.factorisations import BLOCK, lower_inverse
from dualad.rules.arrays.spectra import with_values
from tests.rules.arrays.application import STEP, Application, normal


class Ordered(Application):
    """Eigenvalues ascend, and the vectors point one way: LAPACK's order and signs may change on the way."""

    def at(self, t):
        w, v = super().at(t)
        order = np.argsort(w)
        return w[order], v[:, order] * np.sign(np.diag(v[:, order]))


def regular(n, seed=1):
    """A matrix far from singular, with real eigenvalues that are far from equal."""
    return normal(n, n, seed=seed) * 0.3 / max(n, 1) + np.diag(1.0 + np.arange(n))


def spread(m, n):
    """A matrix with singular values that are far from each other and from 0."""
    u, _, vt = np.linalg.svd(normal(m, n), full_matrices=False)
    return u @ np.diag(1.0 + np.arange(min(m, n))) @ vt


SQUARE = [0, 1, 2, 5]
SHAPES = [(1, 1), (3, 3), (5, 3), (3, 5), (1, 4), (4, 1)]


@pytest.mark.parametrize("active", [None, ["a"], ["b"]])
@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 4), (4, 2)), ((3, 4), (4,)), ((4,), (4, 2)), ((4,), (4,)), ((1, 1), (1, 1)), ((2, 0), (0, 3))],
)
def test_dot(a, b, active):
    Application(np.dot, normal(*a), normal(*b), active=active).check()
    if len(a) == len(b) == 1:
        Application(np.vdot, normal(*a), normal(*b), active=active).check()


@pytest.mark.parametrize("active", [None, ["a"], ["b"]])
@pytest.mark.parametrize("function", [np.outer, np.kron])
@pytest.mark.parametrize(
    ("a", "b"), [((3,), (2,)), ((2, 3), (3, 2)), ((2, 3), (2,)), ((2,), (2, 3)), ((0,), (2,))]
)
def test_outer_and_kron(function, a, b, active):
    Application(function, normal(*a), normal(*b), active=active).check()


@pytest.mark.parametrize("offset", [0, 1, -1, 7, -7])
@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (0, 3)])
def test_trace(shape, offset):
    Application(np.trace, normal(*shape), offset).check()


@pytest.mark.parametrize("n", SQUARE)
@pytest.mark.parametrize("function", [np.linalg.inv, np.linalg.det, np.linalg.slogdet])
def test_square(function, n):
    Application(function, regular(n)).check()


@pytest.mark.parametrize("n", SQUARE)
def test_eig(n):
    Ordered(np.linalg.eig, np.triu(regular(n)) + 0.01 * normal(n, n)).check()


def test_complex_eigenvalues_are_refused():
    with pytest.raises(ValueError, match="complex eigenvalues"):
        rule_for(np.linalg.eig).primal(np.array([[0.0, 1.0], [-1.0, 0.0]]))


@pytest.mark.parametrize("active", [None, ["a"], ["b"]])
@pytest.mark.parametrize("right", [(), (3,), (1,)])
@pytest.mark.parametrize("n", SQUARE)
def test_solve(n, right, active):
    Application(np.linalg.solve, regular(n), normal(n, *right), active=active).check()


@pytest.mark.parametrize(
    "a",
    [
        [[1.0, 2.0], [2.0, 4.0]],
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]],
        [[0.0, 0.0], [0.0, 0.0]],
        [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
    ],
)
def test_determinant_of_a_singular_matrix(a):
    application = Application(np.linalg.det, np.array(a))
    application.y = 0.0  # some have one of the size of rounding errors
    application.check()


def test_logarithm_of_a_zero_determinant():
    application = Application(np.linalg.slogdet, np.zeros((2, 2)))
    slope = application.tangent()
    assert slope[0] == 0.0
    assert np.isnan(slope[1])
    assert np.isnan(application.adjoint([np.array(0.0), np.array(1.0)])["a_bar"]).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_pinv(shape):
    Application(np.linalg.pinv, spread(*shape)).check()


def test_pinv_of_a_deficient_matrix():
    """Along directions that keep the rank."""
    a, b, da, db = (normal(*shape, seed=i) for i, shape in enumerate([(5, 2), (2, 4), (5, 2), (2, 4)]))
    application = Application(np.linalg.pinv, a @ b, 1e-8)
    application.directions["a_dot"] = da @ b + a @ db
    h = 1e-4
    [tangent] = application.tangent()
    at = [np.linalg.pinv((a + t * h * da) @ (b + t * h * db), 1e-8) for t in (-2, -1, 1, 2)]
    np.testing.assert_allclose(tangent, (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h), rtol=0, atol=1e-9)
    bar = normal(4, 5, seed=9)
    added = application.adjoint([bar])["a_bar"]
    assert np.vdot(added, application.directions["a_dot"]) == pytest.approx(np.vdot(bar, tangent), rel=1e-10)


@pytest.mark.parametrize("active", [None, ["a"], ["b"]])
@pytest.mark.parametrize("right", [(), (2,)])
@pytest.mark.parametrize("shape", SHAPES)
def test_lstsq(shape, right, active):
    Application(np.linalg.lstsq, spread(*shape), normal(shape[0], *right), -1.0, active=active).check()


def test_lstsq_of_a_deficient_matrix():
    """By the right-hand side: the shortest solution of a system of rank 2."""
    a = normal(5, 2) @ normal(2, 4, seed=2)
    Application(np.linalg.lstsq, a, normal(5), 1e-10, active=["b"]).check()


@pytest.mark.parametrize("n", [0, 1, 2, 5, BLOCK, BLOCK + 1, 2 * BLOCK + 3])
def test_cholesky(n):
    a = normal(n, n)
    Application(np.linalg.cholesky, a @ a.T / max(n, 1) + np.eye(n)).check()


@pytest.mark.parametrize("n", [0, 1, BLOCK, 2 * BLOCK + 3])
def test_inverse_of_a_triangle(n):
    lower = np.tril(normal(n, n)) / max(n, 1) + np.eye(n)
    np.testing.assert_allclose(lower_inverse(lower) @ lower, np.eye(n), rtol=0, atol=1e-13)


@pytest.mark.parametrize("shape", [*SHAPES, (40, 35), (0, 2), (2, 0)])
def test_qr(shape):
    Application(np.linalg.qr, normal(*shape) + 3 * np.eye(*shape)).check()


@pytest.mark.parametrize("n", SQUARE)
def test_eigh(n):
    a = regular(n)
    Application(np.linalg.eigh, a + a.T).check()


def test_vectors_of_equal_eigenvalues():
    """Values and the vectors of other values have derivatives; the vectors of equal values do not."""
    application = Application(np.linalg.eigh, np.diag([1.0, 1.0, 2.0]))
    w_dot, v_dot = application.tangent()
    direction = application.directions["a_dot"]
    np.testing.assert_array_equal(w_dot, np.diag(direction))
    assert np.isnan(v_dot[:, :2]).all()
    np.testing.assert_allclose(v_dot[:, 2], [direction[2, 0], direction[2, 1], 0.0])
    by_values = application.adjoint([np.ones(3), np.zeros((3, 3))])["a_bar"]
    np.testing.assert_array_equal(by_values, np.eye(3))
    other = np.zeros((3, 3))
    other[0, 2] = 1.0
    by_third = application.adjoint([np.zeros(3), other])["a_bar"]
    assert np.vdot(by_third, direction) == pytest.approx(v_dot[0, 2])
    other[1, 0] = 1.0
    assert np.isnan(application.adjoint([np.zeros(3), other])["a_bar"]).any()


def test_nearly_equal_eigenvalues():
    """Apart by rounding errors they are equal: what divides by their difference would be anything."""
    q = np.linalg.qr(normal(4, 4))[0]
    a = q @ np.diag([0.7, 0.7, 0.7, 2.0]) @ q.T
    application = Application(np.linalg.eigh, a)
    assert len(set(application.y[0][:3])) > 1
    assert np.isnan(application.tangent()[1][:, :3]).all()
    np.testing.assert_allclose(
        application.adjoint([2 * application.y[0], np.zeros((4, 4))])["a_bar"],
        4 * np.tril(a, -1) + np.diag(2 * np.diag(a)),
        rtol=0,
        atol=1e-14,
    )
    v_bar = np.zeros((4, 4))
    v_bar[:, :3] = application.y[1][:, [1, 2, 0]]
    assert np.isnan(application.adjoint([np.zeros(4), v_bar])["a_bar"]).any()


def test_weighted_squares_of_equal_eigenvalues():
    """V w**2 V' of the identity, its diagonal weighted: the adjoints of the vectors rotate nothing."""
    w, v = np.linalg.eigh(np.eye(3))
    weights = np.array([1.0, 2.0, 5.0])
    bars = [2 * w * weights, 2 * np.diag(weights) @ v * w**2]
    added = Application(np.linalg.eigh, np.eye(3)).adjoint(bars)["a_bar"]
    np.testing.assert_allclose(added, 2 * np.diag(weights), atol=1e-15)


def test_logarithm_of_the_identity():
    """Of V log(w) V' the adjoints do not tell the derivative where w is 1: NaN, and not half of it."""
    added = Application(np.linalg.eigh, np.eye(2)).adjoint([np.array([1.0, 2.0]), np.zeros((2, 2))])["a_bar"]
    assert np.isnan(added).any()


@pytest.mark.parametrize("n", SQUARE)
def test_eigvalsh(n):
    a = regular(n)
    Application(np.linalg.eigvalsh, a + a.T).check()
    values = np.linspace(1.0, 2.0, n)
    Application(with_values, a + a.T, values).check()


def test_directions_in_which_equal_eigenvalues_part():
    """The eigenvalues of the matrix after a step along the direction, in order."""
    q = np.linalg.qr(normal(4, 4))[0]
    application = Application(np.linalg.eigvalsh, q @ np.diag([1.0, 1.0, 1.0, 3.0]) @ q.T)
    moving = application.directions["a_dot"]
    found = application.rule.nested(application.values["a"], moving)
    moving = np.tril(moving) + np.tril(moving, -1).T
    wanted = (np.linalg.eigvalsh(application.values["a"] + 1e-6 * moving) - [1, 1, 1, 3]) / 1e-6
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("equal", [(1.0, 1.0, 1.0, 1.0), (2.0, 2.0, 1.0, 1.0), (1.0, 1.0 + 1e-16, 2.0, 3.0)])
def test_inverse_by_equal_eigenvalues(equal):
    """with_values(a, 1 / w) is the inverse, whose tangent is -inv(a) a_dot inv(a)."""
    q = np.linalg.qr(normal(4, 4))[0]
    a = q @ np.diag(equal) @ q.T
    application = Application(np.linalg.eigvalsh, a)
    moving = application.directions["a_dot"]
    w_dot = application.rule.nested(a, moving)
    w = np.linalg.eigvalsh(a)
    found = with_values.forward(a, 1 / w, moving, -w_dot / w**2)
    moving = np.tril(moving) + np.tril(moving, -1).T
    inverse = np.linalg.inv(a)
    np.testing.assert_allclose(found, -inverse @ moving @ inverse, rtol=0, atol=1e-12)


def test_a_matrix_without_a_basis_of_eigenvectors():
    w_dot, v_dot = Application(np.linalg.eig, np.eye(3, k=1)).tangent()
    assert np.isnan(w_dot).all()
    assert np.isnan(v_dot).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_svd(shape):
    Application(np.linalg.svd, spread(*shape), False).check()


@pytest.mark.parametrize(
    ("shape", "wide"), [((5, 3), False), ((3, 5), True), ((4, 1), False), ((3, 3), False)]
)
def test_full_svd(shape, wide):
    """The further vectors up to a rotation among them: their projector, and its tangent."""
    application = Application(np.linalg.svd, spread(*shape), True)
    u, s, vt = application.y
    u_dot, s_dot, vt_dot = application.tangent()
    thin = Application(np.linalg.svd, spread(*shape), False)
    np.testing.assert_allclose(s_dot, thin.tangent()[1], rtol=1e-12)
    v, v_dot = (vt.T, vt_dot.T) if wide else (u, u_dot)
    k = s.size

    def projector(t):
        u, _, vt = application.at(t)
        rest = (vt.T if wide else u)[:, k:]
        return rest @ rest.T

    at = [projector(t * STEP) for t in (-2, -1, 1, 2)]
    wanted = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * STEP)
    found = v_dot[:, k:] @ v[:, k:].T
    np.testing.assert_allclose(found + found.T, wanted, rtol=0, atol=1e-9)
    np.testing.assert_allclose(v.T @ v_dot + v_dot.T @ v, 0.0, atol=1e-13)
    bars = [normal(*part.shape) for part in (u, s, vt)]
    added = application.adjoint(bars)["a_bar"]
    forward = sum(np.vdot(*pair) for pair in zip(bars, (u_dot, s_dot, vt_dot), strict=True))
    assert np.vdot(added, application.directions["a_dot"]) == pytest.approx(forward, rel=1e-11)


def test_vectors_of_equal_singular_values():
    application = Application(np.linalg.svd, np.diag([2.0, 1.0, 1.0]), False)
    u_dot, s_dot, _ = application.tangent()
    np.testing.assert_allclose(sorted(s_dot), sorted(np.diag(application.directions["a_dot"])))
    assert np.isfinite(u_dot[:, 0]).all()
    assert np.isnan(u_dot[1:, 1:]).all()
    bars = [np.zeros((3, 3)), np.ones(3), np.zeros((3, 3))]
    np.testing.assert_allclose(application.adjoint(bars)["a_bar"], np.eye(3))


ORDERS = [None, np.inf, -np.inf, 1, -1, 2, -2]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_norms_of_matrices(shape, order):
    Application(np.linalg.norm, spread(*shape), order).check()


@pytest.mark.parametrize("order", [*ORDERS, 0, 3, 0.5, -2.5])
@pytest.mark.parametrize("x", [[1.5], [0.8, -2.1, 1.3, -0.4]])
def test_norms_of_vectors(x, order):
    Application(np.linalg.norm, np.array(x), order).check()


@pytest.mark.parametrize("order", [None, 2, 1, 3])
@pytest.mark.parametrize("shape", [0, 3])
def test_norm_of_nothing(order, shape):
    application = Application(np.linalg.norm, np.zeros(shape), order)
    assert application.tangent() == [0.0]
    np.testing.assert_array_equal(application.adjoint([np.array(1.0)])["x_bar"], np.zeros(shape))


@pytest.mark.parametrize(
    ("order", "x", "partials"),
    [
        (np.inf, [2.0, -2.0, 1.0], [0.5, -0.5, 0.0]),
        (-np.inf, [2.0, -1.0, 1.0], [0.0, -0.5, 0.5]),
        (1, [2.0, 0.0, -1.0], [1.0, 0.0, -1.0]),
        (1, [[1.0, -2.0], [2.0, 1.0]], [[0.5, -0.5], [0.5, 0.5]]),
        (-np.inf, [[1.0, -2.0], [2.0, 5.0]], [[1.0, -1.0], [0.0, 0.0]]),
    ],
)
def test_ties_share(order, x, partials):
    added = Application(np.linalg.norm, np.array(x), order).adjoint([np.array(1.0)])["x_bar"]
    np.testing.assert_array_equal(added, partials)


@pytest.mark.parametrize("n", [-5, -1, 0, 1, 2, 3, 4, 6, 7, 13])
def test_powers(n):
    a = regular(3)
    found = rule_for(np.linalg.matrix_power).primal(a, n)
    np.testing.assert_allclose(found, np.linalg.matrix_power(a, n), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_condition_numbers(order):
    a = regular(3)
    assert rule_for(np.linalg.cond).primal(a, order) == pytest.approx(np.linalg.cond(a, order), rel=1e-13)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [(np.dot, [(3, 2), (2, 3)]), (np.linalg.solve, [(3, 3), (3,)]), (np.linalg.inv, [(3, 3)]),
     (np.linalg.svd, [(3, 3)]), (np.linalg.qr, [(4, 3)]), (np.linalg.norm, [(3, 3)]),
     (np.linalg.eigh, [(3, 3)])],
)  # fmt: skip
def test_single_precision(function, shapes):
    """Tangents of single precision are the double ones up to its rounding errors, and stay single."""
    arrays = [regular(3)[: shape[0], : shape[1]] if shape == (3, 3) else normal(*shape) for shape in shapes]
    double = Application(function, *arrays)
    single = Application(function, *[array.astype(np.float32) for array in arrays])
    for name in single.active:
        single.directions[name + "_dot"] = double.directions[name + "_dot"].astype(np.float32)
    for found, wanted in zip(single.tangent(), double.tangent(), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-4)
