"""Array functions over sizes and memory layouts: none, one, odd; C, Fortran, strided, reversed, read-only."""

import re
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.polynomial.polynomial import polyadd, polydiv, polyint, polymul, polysub, polyval
from numpy.polynomial.polyutils import as_series, trimseq
from scipy.special import erf, expit, gammaln, log_softmax, logsumexp, softmax

import dualad as da
from dualad.pages.numpy_functions import rows
from tests.numpy.expressions import cross2d, is_available
from tests.numpy.survey import first_order, unless_refused
from tests.written import function_from

MODES = ("forward", "tape")
# Functions that the operations below call by name.
NAMED = (
    erf, expit, gammaln, log_softmax, logsumexp, softmax, as_strided, sliding_window_view,
    polyadd, polydiv, polyint, polymul, polysub, polyval, as_series, trimseq,
)  # fmt: skip
# An array as it is; transposed; strided and reversed; a read-only view along an axis that is broadcast.
FORMS = ("a", "a.T", "a[::2, ::-1]", "np.broadcast_to(a, (2,) + a.shape)[1]")
OPERATIONS = {
    "elementwise": "v * np.exp(v) + v[:1] * 2",
    "in place": "doubled(v)",
    "comparison": "np.where(v > 0.5, v, v * v)",
    "mask": "v.ravel()[v.ravel() > 0.5]",
    "sum": "np.array([np.sum(v)])",
    "sum by axis": "np.sum(v, axis=0) + v.sum(1).sum()",
    "mean": "np.array([np.mean(v) + v.mean()])",
    "prod": "np.array([np.prod(v)])",
    "max": "np.array([np.max(v) * v.min()])",
    "ptp": "np.array([np.ptp(v)])",
    "var": "np.array([np.var(v) + v.std()])",
    "median": "np.array([np.median(v)])",
    "percentile": "np.array([np.percentile(v, 30.0)])",
    "nansum": "np.array([np.nansum(v) + np.nanmax(v)])",
    "cumsum": "np.cumsum(v)",
    "cumprod": "np.cumprod(v)",
    "diff": "np.diff(v.copy())",
    "sort": "np.sort(v.ravel())",
    "argsort": "v.ravel()[np.argsort(v.ravel())]",
    "concatenate": "np.concatenate((v, v * v))",
    "stack": "np.stack((v, v * v))",
    "repeat": "np.repeat(v, 2)",
    "roll": "np.roll(v, 1)",
    "flip": "np.flip(v)",
    "take": "np.take(v, np.arange(v.size))",
    "clip": "np.clip(v, 0.2, 0.6)",
    "triangles": "np.tril(v) + np.triu(v, 1) * 2.0",
    "diagonal": "np.diag(np.diag(v))",
    "copies": "np.ascontiguousarray(v) + np.asfortranarray(v) + v.copy()",
    "outer": "np.outer(v, v[:1])",
    "kron": "np.kron(np.ascontiguousarray(v), np.ones((1, 2)))",
    "dot": "np.ascontiguousarray(v) @ np.ascontiguousarray(v.T)",
    "dot of layouts": "v @ v.T",
    "trace": "np.array([np.trace(v)])",
    "norm": "np.array([np.linalg.norm(v)])",
    "cov": "np.cov(v)",
    "unique": "np.unique(v)",
    "convolve": "np.convolve(v.ravel(), np.ones(2))",
    "trapezoid": "np.trapezoid(v)",
    "logarithm of sums": "logsumexp(v, axis=1)",
    "out": "stored_sine(v)",
    "of integers": "v * np.arange(v.shape[1]) + np.arange(v.shape[0])[0:1] ** 2",
    "powers": "np.power(np.abs(v) + 0.1, v) + np.hypot(v, 1.0) + np.arctan2(v, v + 1.0)",
    "special functions": "erf(v) * gammaln(v + 1.0) + expit(v)",
    "softmax": "softmax(v, axis=0) + log_softmax(v)",
    "argmax": "v * v.ravel()[np.argmax(v)]",
    "nanstd": "np.array([np.nanstd(v) + np.nanmean(v) + np.nanprod(v) + np.nanmin(v)])",
    "nancumsum": "np.nancumsum(v) + np.nancumprod(v)",
    "correlations": "np.corrcoef(v)",
    "correlate": "np.correlate(v.ravel(), np.ones(2))",
    "interp": "np.interp(v.ravel(), np.arange(3.0), np.arange(3.0) ** 2)",
    "reshape": "v.copy().reshape(v.size) + np.ravel(v) + v.flatten()",
    "transpose": "np.transpose(v) + v.T + np.swapaxes(v, 0, 1)",
    "split": "np.array_split(v, 2)[0] * 2.0",
    "hstack": "np.hstack((v, v * v)) * 2.0",
    "rot90": "np.rot90(v) * 2.0",
    "vander": "np.vander(v.ravel(), 3)",
    "fancy index": "v[np.arange(v.shape[0])[::-1]] * 2.0",
    "written views": "through_views(v)",
    "iterators": "walked(v)",
    "casts": "v.astype(np.float64) + (v * 3.0).astype(np.int64)",
    "vdot": "np.array([np.vdot(v.ravel(), v.ravel())])",
    "joins": "np.append(np.vstack((v, v * v)), np.vstack((v, v)), 0) + np.concat((v, v, v, v))",
    "joined rows": "np.row_stack((v, v * v))",
    "trapezoids by their earlier name": "np.array([np.trapz(v.ravel())])",
    "joined columns": "np.column_stack((v, v * v)) + np.dstack((v, v))[:, :1, 0]",
    "equal splits": "np.split(v, v.shape[0])[0] + np.hsplit(v, 1)[0] + np.vsplit(v, v.shape[0])[0]",
    "splits in depth": "np.dsplit(np.expand_dims(v, 0), 1)[0] * 2.0",
    "more dimensions": "np.atleast_3d(v) * np.expand_dims(np.atleast_2d(v), 2) + np.atleast_1d(v).sum()",
    "axes": "np.moveaxis(v, 0, 1) * np.permute_dims(v, (1, 0)) + np.asarray(np.asarray_chkfinite(v).T)",
    "average": "np.array([np.average(v.ravel(), weights=v.ravel() + 1.0)])",
    "bincount": "np.bincount(np.arange(v.size) % 4, v.ravel())",
    "broadcast arrays": "np.broadcast_arrays(v, np.zeros((2,) + v.shape))[0] * v",
    "cross": "np.cross(np.repeat(v, 3).reshape((v.size, 3)) * np.arange(3), np.array([2.0, 0.5, 1.0]))",
    "differences": "np.ediff1d(v) * 2.0",
    "plane cross": "cross2d(np.repeat(v, 2).reshape((v.size, 2)), np.array([0.5, 2.0]))",
    "left out and put in": "np.insert(np.delete(v, 0), 0, v.sum())",
    "resize": "np.resize(v, (4, 4))",
    "trimmed": "np.trim_zeros(v.ravel() * (v.ravel() > 0.3))",
    "extract": "np.extract(v > 0.4, v)",
    "flat diagonal": "np.diagflat(v) + diagonal(v.sum(), v.size)",
    "flips by axis": "np.fliplr(v) * np.flipud(v)",
    "filled": "np.full((2, 2), v.sum()) + np.full_like(np.ones((2, 2)), v.sum()) * filled(v.sum())",
    "like": "stored(np.empty_like(v), v) + np.ones_like(v) * np.zeros_like(v) * v",
    "ranges": "np.linspace(x, 2.0, 4) + np.geomspace(1.0 + x, 7.0, 4) * np.logspace(0.0, 0.1 * x, 4)",
    "sets": "np.union1d(v, v[:1]) * np.setxor1d(v.ravel(), v.ravel()[:0])",
    "parts of sets": "np.setdiff1d(v, v[:1, :1]) * v.sum() + np.intersect1d(v.ravel(), v.ravel()[:1]).sum()",
    "windows": "np.kaiser(5, v.sum())",
    "elementwise in Python": "np.sinc(v) + np.nan_to_num(v)",
    "unwrap": "np.unwrap(v.ravel() * 14.0)",
    "nanmedian": "np.array([np.nanmedian(v) * np.nanvar(v)])",
    "nanquantile": "np.nanquantile(v, np.array([0.2, 0.5])) * np.nanpercentile(v, 40.0)",
    "quantile": "np.quantile(v, np.array([0.3, 0.9]))",
    "extremes by other names": "np.array([np.amax(v) * np.amin(v)])",
    "real": "np.real(v.copy()) * v.real + np.imag(v.copy())",
    "roots": "np.roots(np.array([1.0, -2.0 - v.sum(), 1.0 + v.sum()]))",
    "select": "np.select([v > 0.6, v > 0.3], [v * v, v * 2.0], 0.5)",
    "take along axis": "np.take_along_axis(v, np.argsort(v.T.ravel()).reshape(v.shape) % max(1, len(v)), 0)",
    "polynomials": "polyadd(polymul(v.ravel(), v.ravel()[:2]), polysub(v.ravel(), v.ravel()[:1] * 3.0))",
    # Numba's own polyint writes beyond its array if there are no coefficients.
    "divided polynomials": "polydiv(polyint(np.append(v, 1.0), 2), v.ravel()[:2] + 1.0)[0]",
    "values of polynomials": "polyval(v.ravel(), v.ravel())",
    "series": "as_series(v)[0] * trimseq(v.ravel())[:1]",
    "strides": "as_strided(v, (v.shape[1],), (v.strides[1],)) * v",
    "sliding windows": "sliding_window_view(v, 1 + v.shape[0] // 2, 0) * 2.0",
    "drawn": "drawn(v)",
    "numbers": "np.array([np.float64(x) * np.double(x)])",
    "dot by method": "v.dot(v.T) + np.dot(v, v.sum() * np.ones(v.shape[1]))",
}
OPERATIONS = {name: text for name, text in OPERATIONS.items() if is_available(text)}
# Functions of the matrix v, n by m, and of the symmetric positive definite s, n by n.
LINEAR_ALGEBRA = {
    "solve": "np.linalg.solve(s, v) + np.linalg.solve(s, v[:, :1])",
    "inv": "np.linalg.inv(s)",
    "det": "np.array([np.linalg.det(s) + np.linalg.slogdet(s)[1]])",
    "cholesky": "np.linalg.cholesky(s)",
    "qr": "np.linalg.qr(v)[1]",
    "eigh": "np.linalg.eigh(s)[1] ** 2 * np.linalg.eigvalsh(s)",
    "eig": "np.linalg.eig(s)[1].real ** 2 * np.linalg.eigvals(s).real",
    "svd": "np.linalg.svd(v)[1]",
    "pinv": "np.linalg.pinv(v)",
    "lstsq": "np.linalg.lstsq(v.T.copy(), np.ones(v.shape[1]))[0]",
    "matrix_power": "np.linalg.matrix_power(s, 3)",
    "cond": "np.array([np.linalg.cond(s)])",
    "norms": "np.array([np.linalg.norm(v, 1) + np.linalg.norm(v, np.inf) + np.linalg.norm(v, 2)])",
}

# Of those, a few that take the argument in different ways: copies of arguments are made for all alike.
ARGUMENTS = (
    "elementwise",
    "in place",
    "mask",
    "sum by axis",
    "reshape",
    "dot of layouts",
    "written views",
    "solve",
)


@njit
def doubled(v):
    w = v.copy()
    w *= 2.0
    w += v
    return w


@njit
def weighted(y):
    """A sum to which every entry contributes differently, and with a second derivative."""
    s = 0.0
    k = 1.0
    for value in y.flat:
        s += np.sin(k) * value * value
        k += 1.0
    return s


@njit
def stored_sine(v):
    w = np.empty(v.shape)
    np.sin(v, w)
    np.multiply(w, v, w)
    return w


@njit
def through_views(v):
    w = np.zeros(v.shape)
    w[::2] = v[::2]
    w[:, 1:][1:] += 2.0 * v[1:, 1:]
    for row in w:
        row *= row
    return w


@njit
def walked(v):
    w = np.zeros(v.shape)
    for at, x in np.ndenumerate(v):
        w[at] = x * x
    for at in np.ndindex(v.shape):
        w[at] *= v[at]
    total = 0.0
    for x in np.nditer(v):
        total += x.item() ** 2
    return w + total


@njit
def stored(w, v):
    w[:] = v * v
    return w


@njit
def diagonal(x, n):
    w = np.zeros((n, n))
    np.fill_diagonal(w, x)
    return w


@njit
def filled(x):
    w = np.zeros((2, 2))
    w.fill(x)
    return w


@njit
def drawn(v):
    np.random.seed(3)
    w = np.random.permutation(v) * v.sum()
    np.random.shuffle(w)
    return w * np.random.choice(v.ravel(), 3)[0]


def function(operation, forms=FORMS):
    """The sum over all forms of an operation's results."""
    names = {f.__name__: f for f in NAMED} | {"cross2d": cross2d}
    lines = ["def f(a):", "    total = 0.0"]
    for form in forms:
        lines += [f"    v = {form}", "    x = v.sum()"]
        if operation in LINEAR_ALGEBRA:
            lines.append("    s = v @ v.T + np.eye(v.shape[0])")
        lines.append(f"    total += weighted({(OPERATIONS | LINEAR_ALGEBRA)[operation]})")
    return function_from("\n".join([*lines, "    return total\n"]), dict(globals()) | names)


def points():
    """Square matrices without entries, with one, with nine."""
    entries = np.array([[0.7, 0.31, 0.45], [0.15, 0.9, 0.62], [0.53, 0.28, 0.84]])
    return [np.zeros((0, 0)), entries[:1, :1].copy(), entries]


def other_arguments():
    """The last of the points read-only, and in Fortran's order."""
    fixed = points()[-1].copy()
    fixed.flags.writeable = False
    return [fixed, np.asfortranarray(fixed)]


def test_every_supported_function_is_among_them():
    """Except casts of numbers, random draws, and elementwise functions, which share their code."""
    source = Path(__file__).read_text()
    supported = {row.name for section in rows().values() for row in section if row.status == "supported"}
    supported = {name for name in supported if not name.startswith(("np.random.", "Generator."))}
    own = {
        name.rpartition(".")[2]
        for name in supported
        - {"np.float32", "np.single", "np.complex64", "np.csingle", "np.complex128", "np.cdouble"}
    }
    arrays = {name for name in own if not isinstance(getattr(np, name, None), np.ufunc)}
    assert {name for name in arrays if not re.search(rf"\b{name}\b", source)} == set()


@pytest.mark.battery
@pytest.mark.filterwarnings("ignore:.*faster on contiguous arrays")
@pytest.mark.parametrize("operation", [*OPERATIONS, *LINEAR_ALGEBRA])
def test_sizes_and_layouts(operation):
    agree(function(operation), points(), exact=operation not in LINEAR_ALGEBRA)


@pytest.mark.battery
@pytest.mark.filterwarnings("ignore:.*faster on contiguous arrays")
@pytest.mark.parametrize("operation", ARGUMENTS)
def test_layouts_of_arguments(operation):
    agree(function(operation), other_arguments(), exact=operation not in LINEAR_ALGEBRA)


def outcome(f, a):
    """The value, or the exception."""
    try:
        return f(a)
    except (ValueError, IndexError, StopIteration, ZeroDivisionError, RuntimeError, AssertionError) as error:
        return error


def agree(f, points, exact):
    """Numba's values and exceptions; one gradient from all modes.

    Values are Numba's to the bit, unless BLAS may have been given another layout.
    """
    plain = njit(f)
    gradients = {mode: da.value_and_grad(f, mode=mode) for mode in (*MODES, "adjoint")}
    if unless_refused(lambda: gradients["adjoint"](points[-1])) is None:
        del gradients["adjoint"]
    for a in points:
        value = outcome(plain, a.copy())
        if isinstance(value, Exception):
            for gradient in gradients.values():
                with pytest.raises(type(value)) as raised:
                    gradient(a)
                assert str(raised.value).startswith(str(value).partition("\n")[0][:30])
            continue
        values, slopes = zip(*[gradient(a) for gradient in gradients.values()], strict=True)
        np.testing.assert_allclose(values, [value] * len(values), rtol=0.0 if exact else 1e-13)
        for slope in slopes:
            assert slope.shape == a.shape
            np.testing.assert_allclose(slope, slopes[0], rtol=1e-12, atol=1e-12)


@pytest.mark.battery
@pytest.mark.filterwarnings("ignore:.*faster on contiguous arrays")
@pytest.mark.parametrize("operation", [*OPERATIONS, *LINEAR_ALGEBRA])
def test_nested(operation):
    # Rules of linear algebra are given copies in C order, whatever the layout is.
    f = njit(function(operation, FORMS[:1] if operation in LINEAR_ALGEBRA else FORMS[1:3]))
    gradient = da.grad(f, mode="tape")
    forward, reverse = (da.jacobian(gradient, mode=mode) for mode in MODES)
    for a in points()[1:]:
        if isinstance(outcome(f, a.copy()), Exception):
            continue  # of one row there is no covariance
        np.testing.assert_allclose(reverse(a), forward(a), rtol=1e-11, atol=1e-11)
    by_adjoint = unless_refused(lambda: da.jacobian(da.grad(f, mode="adjoint"), mode="forward")(a))
    if by_adjoint is not None:
        np.testing.assert_allclose(by_adjoint, forward(a), rtol=1e-11, atol=1e-11)
    da.assert_derivatives(f, a, jac=gradient, hess=lambda a: settled(forward(a)), rtol=1e-9)


def settled(hessian):
    """What cancels but for rounding is zero."""
    return np.where(np.abs(hessian) < 1e-15 * np.max(np.abs(hessian)), 0.0, hessian)


def broadcast(a, b):
    return a * np.sin(b) + np.maximum(b, a) / (1.0 + a * a)


@pytest.mark.parametrize(
    "shapes", [((3, 1), (1, 3)), ((3, 3), (3,)), ((1, 1), (3, 2)), ((0, 3), (1, 3)), ((3, 1), (0,))]
)
def test_broadcasting(shapes):
    rng = np.random.default_rng(1)
    a, b = (rng.uniform(0.1, 1.0, shape) for shape in shapes)
    for argnum in (0, 1):
        forward, reverse = (da.jacobian(broadcast, argnums=argnum, mode=mode)(a, b) for mode in MODES)
        np.testing.assert_allclose(reverse, forward, rtol=1e-13, atol=1e-14)
        assert forward.shape == np.broadcast_shapes(*shapes) + (a, b)[argnum].shape
    if a.size and b.size:
        da.assert_derivatives(njit(broadcast), a, b, jac=da.jacobian(broadcast), rtol=1e-10)


def test_results_of_no_elements():
    first_order(lambda x: np.exp(x) * x[:0].sum() + np.cumsum(x), np.zeros(0))


@pytest.mark.parametrize("shape", [(0,), (0, 0)])
@pytest.mark.parametrize("mode", MODES)
def test_mean_of_nothing(shape, mode):
    """As Numba's own: not a number, while the variance of nothing raises."""
    x = np.zeros(shape)
    value, gradient = da.value_and_grad(lambda a: np.mean(a) + a.mean(), mode=mode)(x)
    assert np.isnan(value)
    assert gradient.shape == shape
    with pytest.raises(ZeroDivisionError):
        da.value_and_grad(lambda a: np.var(a), mode=mode)(x)
