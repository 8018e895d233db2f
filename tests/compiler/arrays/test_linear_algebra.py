"""Linear algebra compiled: what the rules' own tests do not see.

That is tuples, integers among results, layouts, passive operands, exceptions, and nesting. Compiling is
slow: all functions in all modes are in ``python -m tests.compiler.arrays.linear_algebra``.
"""

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.compiler.arrays.linear_algebra import POINT, differences, hessian_error, relative, weighted

MODES = ("forward", "tape")


@njit
def assorted(a):
    """Results that are scalars, arrays and tuples, some with an integer."""
    sign, logarithm = np.linalg.slogdet(a)
    w, v = np.linalg.eigh(a)
    x, residuals, rank, s = np.linalg.lstsq(a[:, :2].copy(), a[:, 2].copy())
    total = sign * logarithm + weighted(w) + weighted(v * v)
    return (
        total + rank * weighted(x) + weighted(residuals) + weighted(s) + weighted(np.linalg.cholesky(a @ a.T))
    )


@pytest.mark.battery
@pytest.mark.parametrize("mode", MODES)
def test_assorted(mode):
    assert relative(da.grad(assorted, mode=mode)(POINT), differences(assorted, POINT)) < 1e-9


@njit
def solved(a):
    return weighted(np.linalg.solve(a, a[:, 0] * a[:, 1]))


@pytest.mark.battery
@pytest.mark.parametrize(("inner", "outer"), [("tape", "forward"), ("tape", "tape")])
def test_nested(inner, outer):
    assert hessian_error(solved, inner, outer) < 1e-9


def test_layouts():
    """A result for a read-only Fortran-ordered, a transposed or a strided matrix is that for a copy."""
    gradient = da.grad(solved, mode="tape")
    wanted = gradient(POINT)
    fortran = np.asfortranarray(POINT)
    fortran.flags.writeable = False
    np.testing.assert_array_equal(gradient(fortran), wanted)
    wide = np.zeros((6, 9))
    wide[::2, ::3] = POINT
    np.testing.assert_array_equal(gradient(wide[::2, ::3]), wanted)


@njit
def inverted(a):
    return np.sum(np.linalg.solve(a, np.ones(a.shape[0])))


@pytest.mark.parametrize("mode", MODES)
def test_exceptions(mode):
    gradient = da.grad(inverted, mode=mode)
    for wrong in (np.ones((2, 2)), np.ones((2, 3)), np.full((2, 2), np.nan)):
        with pytest.raises(np.linalg.LinAlgError) as plain:
            inverted(wrong)
        with pytest.raises(np.linalg.LinAlgError) as ours:
            gradient(wrong)
        assert str(ours.value) == str(plain.value)


def test_small_matrices():
    @njit
    def f(a):
        return np.sum(a @ a) + np.trace(a)

    gradient = da.grad(f, mode="tape")
    for n in (0, 1):
        np.testing.assert_array_equal(gradient(np.ones((n, n))), 2 * np.ones((n, n)) + np.eye(n))


@njit
def spread(a):
    return weighted(np.outer(a[0], a[1, 0]) * a[2, 1])


def test_scalars_among_the_arguments():
    for mode in MODES:
        assert relative(da.grad(spread, mode=mode)(POINT), differences(spread, POINT)) < 1e-9


@njit
def eigenvalues(a):
    w, v = np.linalg.eig(a)
    return weighted(w.real) + weighted(v.real * v.real)


@pytest.mark.battery
@pytest.mark.parametrize("mode", MODES)
def test_matrices_without_a_basis_of_eigenvectors(mode):
    gradient = da.grad(eigenvalues, mode=mode)
    assert np.isnan(gradient(np.eye(3, k=1))).any()
    assert np.isfinite(gradient(POINT)).all()


@njit
def along_real_eigenvectors(a):
    w, v = np.linalg.eig(a)
    return w.real[0] * v.real[1, 0] ** 2


@pytest.mark.battery
@pytest.mark.parametrize("mode", [*MODES, "adjoint"])
def test_eigenvalues_that_numpy_makes_complex_numbers(mode):
    """As NumPy does from 2.5 on with all of them: real ones are differentiated, others refused."""
    gradient = da.value_and_grad(along_real_eigenvectors, mode=mode)
    a = np.array([[1.0, 0.2], [0.3, 2.0]])
    value, slopes = gradient(a)
    assert value == along_real_eigenvectors(a)
    assert relative(slopes, differences(along_real_eigenvectors, a)) < 1e-9
    with pytest.raises(ValueError, match=r"complex eigenvalues|domain change"):
        gradient(np.array([[0.0, 1.0], [-1.0, 0.0]]))


@njit
def spectral(a, which):
    if which == 0:
        return np.sum(np.linalg.eigvalsh(a))
    if which == 1:
        return np.sum(np.log(np.linalg.eigvalsh(a)))
    w = np.linalg.eigvalsh(a)
    return w[0] * w[1] * w[2]


@njit
def of_eigenvectors(a):
    w, v = np.linalg.eigh(a)
    return np.sum(np.diag((v * (w * w)) @ v.T) * np.array([1.0, 2.0, 5.0]))


def second_of_logarithm_of_determinant(a):
    """-tr(inv(a) s inv(a) t), s and t symmetric: only entries on and below the diagonal are read."""
    inverse, n = np.linalg.inv(a), a.shape[0]
    basis = np.zeros((n, n, n, n))
    for i in range(n):
        for j in range(i + 1):
            basis[i, j, i, j] = basis[i, j, j, i] = 1.0
    moved = np.einsum("pq,ijqr->ijpr", inverse, basis)
    return moved, -np.einsum("ijpq,klqp->ijkl", moved, moved)


TURNED = np.linalg.qr(POINT)[0]
EQUAL = {
    "multiple of the identity": 0.7 * np.eye(3),
    "equal but for rounding": TURNED @ np.diag([0.7, 0.7, 0.7]) @ TURNED.T,
    "a pair": TURNED @ np.diag([0.7, 2.0, 0.7]) @ TURNED.T,
    "different": TURNED @ np.diag([0.7, 2.0, 1.1]) @ TURNED.T,
}


@pytest.mark.battery
@pytest.mark.parametrize("mode", ["adjoint", "tape"])
def test_functions_of_equal_eigenvalues(mode):
    gradient, hessian = da.grad(spectral, mode=mode), da.hessian(spectral, mode=mode)
    for a in EQUAL.values():
        moved, second = second_of_logarithm_of_determinant(a)
        first = np.einsum("ijpp->ij", moved)
        np.testing.assert_allclose(gradient(a, 0), np.eye(3), atol=1e-13)
        np.testing.assert_allclose(hessian(a, 0), np.zeros((3, 3, 3, 3)), atol=1e-13)
        np.testing.assert_allclose(gradient(a, 1), first, rtol=0, atol=1e-12)
        np.testing.assert_allclose(hessian(a, 1), second, rtol=0, atol=1e-11)
        determinant = np.linalg.det(a)
        outer = np.einsum("ij,kl->ijkl", first, first)
        np.testing.assert_allclose(hessian(a, 2), determinant * (second + outer), rtol=0, atol=1e-11)
    slopes = da.grad(of_eigenvectors, mode=mode)(np.eye(3))
    np.testing.assert_allclose(np.diag(slopes), [2.0, 4.0, 10.0], rtol=1e-14)


@njit
def cubes_of_eigenvalues(a, b):
    return np.sum(np.linalg.eigvalsh(np.array([[a, 0.0], [0.0, b]])) ** 3)


@njit
def squares_of_eigenvalues(v):
    return np.sum(np.linalg.eigvalsh(np.array([[v[0], 0.0], [v[2], v[1]]])) ** 2)


@pytest.mark.battery
def test_equal_eigenvalues_in_forward_mode_over_itself():
    """Values and their derivatives pair up, whichever of the directions comes first in LAPACK's order."""
    for argnum in (0, 1):
        assert da.derivative(cubes_of_eigenvalues, argnum, order=2)(1.0, 1.0) == pytest.approx(6.0, rel=1e-14)
    found, wanted = (
        da.hessian(squares_of_eigenvalues, mode="forward")(np.array([1.0, 1.0, 0.0])),
        [2.0, 2.0, 4.0],
    )
    known = ~np.isnan(found)
    np.testing.assert_allclose(found[known], np.diag(wanted)[known], rtol=0, atol=1e-14)
    assert known[:2, :2].all()


@pytest.mark.battery
def test_functions_of_equal_eigenvalues_are_right_or_nan_in_other_nestings():
    for hessian in (da.hessian(spectral, mode="forward"), da.jacobian(da.grad(spectral), mode="reverse")):
        for a in EQUAL.values():
            found, wanted = hessian(a, 1), second_of_logarithm_of_determinant(a)[1]
            known = ~np.isnan(found)
            np.testing.assert_allclose(found[known], wanted[known], rtol=0, atol=1e-11)
