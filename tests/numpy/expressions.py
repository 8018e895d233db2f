"""Expressions with NumPy: for every function that is supported or passive at least one.

The keys are names of the page docs/numpy.md; `x` is :data:`POINT` or an array of its size.
"""

import re

import numpy as np
from numba import njit

from dualad.names import ABSENT, named
from tests.written import function_from

cross2d = named("numba.np.extensions.cross2d")

POINT = np.array([0.7, 0.3, 0.45, 0.15, 0.9, 0.6])

M = "x.reshape((2, 3))"
Q = "x[:4].reshape((2, 2))"
A = "(x[:4].reshape((2, 2)) + 2.0 * np.eye(2))"  # well conditioned
S = "(x[:4].reshape((2, 2)) @ x[:4].reshape((2, 2)).T + np.eye(2))"  # symmetric, positive definite
STRIDES = "np.lib.stride_tricks"

FUNCTIONS = {
    "all": "x * np.all(x > 0)",
    "allclose": "x * np.allclose(x, x)",
    "amax": "np.amax(x)",
    "amin": "np.amin(x)",
    "angle": "x + np.angle(x)",
    "any": "x * np.any(x > 0.5)",
    "append": (f"np.append({M}, {M}, axis=0)", "np.append(x, x[0] * 2.0)"),
    "arange": ("np.arange(x[3], x[0], 0.25)", "x * np.arange(6)"),
    "argmax": ("x * np.argmax(x)", "x * x.argmax()"),
    "argmin": "x * np.argmin(x)",
    "argpartition": "x[np.argpartition(x, 2)[2]]",
    "argsort": "x[np.argsort(x)]",
    "argwhere": "x[np.argwhere(x > 0.5)[0, 0]]",
    "around": "x * np.around(x, 1)",
    "array": ("np.array([x[0], x[1] * x[2]])", "np.array([[x[0], 1.0], [2.0, x[1]]])"),
    "array_equal": "x * np.array_equal(x, x)",
    "array_split": "np.array_split(x, 4)[1]",
    "asarray": ("np.asarray(x) * 2", "np.asarray([x[0], x[1]])"),
    "asarray_chkfinite": "np.asarray_chkfinite(x) * 2",
    "ascontiguousarray": f"np.ascontiguousarray({M}.T) * 2",
    "asfortranarray": f"np.asfortranarray({M}) * 2",
    "atleast_1d": "np.atleast_1d(x) * 2",
    "atleast_2d": "np.atleast_2d(x) * 2",
    "atleast_3d": "np.atleast_3d(x) * 2",
    "average": ("np.average(x)", "np.average(x, weights=x * x)"),
    "bartlett": "x * np.bartlett(6)",
    "bincount": ("np.bincount(np.array([1, 2, 1, 5, 0, 1]), x)", "x * np.bincount(np.array([1, 2, 1, 5]))"),
    "blackman": "x * np.blackman(6)",
    "broadcast_arrays": ("np.broadcast_arrays(x, np.zeros((2, 6)))[0] * x",
                         "np.broadcast_arrays(np.ones((2, 1)), x)[1] * x"),
    "broadcast_shapes": "x * np.broadcast_shapes((2, 1), (6,))[1]",
    "broadcast_to": "np.broadcast_to(x, (2, 6)) * 1.0",
    "clip": ("np.clip(x, 0.2, 0.65)", "np.clip(x, x[1], None)", "np.clip(x, x[::-1], 3.0)"),
    "column_stack": "np.column_stack((x, x * x))",
    "concat": "np.concat((x, x * x))",
    "concatenate": ("np.concatenate((x, x * x))", f"np.concatenate(({M}, {Q}), axis=1)"),
    "convolve": ("np.convolve(x, x[:3])", 'np.convolve(x, x[:3], mode="same")'),
    "copy": "np.copy(x)",
    "corrcoef": f"np.corrcoef({M})",
    "correlate": "np.correlate(x, x[:3])",
    "count_nonzero": "x * np.count_nonzero(x > 0.5)",
    "cov": (f"np.cov({M})", "np.cov(x)", "np.cov(x, x * x)"),
    "cross": "np.cross(x[:3], x[3:])",
    "cumprod": "np.cumprod(x)",
    "cumsum": "np.cumsum(x)",
    "delete": ("np.delete(x, 1)", "np.delete(x, np.array([1, 2]))"),
    "diag": ("np.diag(x)", f"np.diag({Q})"),
    "diagflat": "np.diagflat(x)",
    "diff": ("np.diff(x)", "np.diff(x, 2)"),
    "digitize": "x * np.digitize(x, np.array([0.2, 0.5]))",
    "dot": ("np.dot(x, x)", f"np.dot({M}, x[:3])", f"np.dot({M}, {M}.T)", f"{Q} @ {M}", "dot_into(x)"),
    "dsplit": "np.dsplit(x.reshape((1, 1, 6)), 2)[1]",
    "dstack": "np.dstack((x, x * x))",
    "ediff1d": "np.ediff1d(x)",
    "empty": "stored(np.empty(6), x)",
    "empty_like": "stored(np.empty_like(x), x)",
    "expand_dims": "np.expand_dims(x, 0) * 1.0",
    "extract": "np.extract(x > 0.5, x)",
    "eye": "np.eye(6) * x",
    "fill_diagonal": ("diagonal(x)", "diagonals(x)"),
    "flatnonzero": "x[np.flatnonzero(x > 0.5)]",
    "flip": "np.flip(x)",
    "fliplr": f"np.fliplr({M})",
    "flipud": "np.flipud(x)",
    "full": "np.full(3, x[0])",
    "full_like": "np.full_like(x, x[0])",
    "geomspace": ("np.geomspace(x[0], x[1], 4)", "np.geomspace(1.0, 2.0, 6) * x"),
    "hamming": "x * np.hamming(6)",
    "hanning": "x * np.hanning(6)",
    "histogram": "x[:5] * np.histogram(x, 5)[0]",
    "hsplit": "np.hsplit(x, 2)[1]",
    "hstack": "np.hstack((x, x))",
    "identity": "np.identity(6) * x",
    "imag": "np.imag(x) + x",
    "indices": "x * np.indices((6,))[0]",
    "insert": ("np.insert(x, 1, x[0])", "np.insert(np.ones(3), np.array([1, 2]), x[:2])"),
    "interp": ("np.interp(1.5, np.arange(6.0), x)", "np.interp(x, np.arange(3.0), np.arange(3.0) ** 2)",
               "np.interp(np.array([0.5, 2.5]), np.arange(6.0), x)"),
    "intersect1d": "np.intersect1d(x, x[:3])",
    "isclose": "x * np.isclose(x, x)",
    "iscomplex": "x + np.iscomplex(x)",
    "iscomplexobj": "x + np.iscomplexobj(x)",
    "in1d": "x * np.in1d(x, x[:2])",
    "isin": "x * np.isin(x, x[:2])",
    "isneginf": "x + np.isneginf(x)",
    "isposinf": "x + np.isposinf(x)",
    "isreal": "x * np.isreal(x)",
    "isrealobj": "x * np.isrealobj(x)",
    "isscalar": "x * np.isscalar(x[0])",
    "kaiser": ("np.kaiser(6, x[0])", "x * np.kaiser(6, 3.0)"),
    "kron": f"np.kron({Q}, {Q})",
    "linspace": ("np.linspace(x[0], x[1], 5)", "np.linspace(0.0, 1.0, 6) * x"),
    "logspace": ("np.logspace(x[0], x[1], 4)", "np.logspace(0.0, 1.0, 6) * x"),
    "max": "np.max(x)",
    "mean": "np.mean(x)",
    "median": "np.median(x)",
    "min": "np.min(x)",
    "moveaxis": f"np.moveaxis({M}, 0, 1) * 1.0",
    "nan_to_num": "np.nan_to_num(with_gap(x))",
    "nanargmax": "x * np.nanargmax(x)",
    "nanargmin": "x * np.nanargmin(x)",
    "nancumprod": "np.nancumprod(with_gap(x))",
    "nancumsum": "np.nancumsum(with_gap(x))",
    "nanmax": "np.nanmax(with_gap(x))",
    "nanmean": "np.nanmean(with_gap(x))",
    "nanmedian": "np.nanmedian(with_gap(x))",
    "nanmin": "np.nanmin(with_gap(x))",
    "nanpercentile": "np.nanpercentile(with_gap(x), 30.0)",
    "nanprod": "np.nanprod(with_gap(x))",
    "nanquantile": "np.nanquantile(with_gap(x), 0.3)",
    "nanstd": "np.nanstd(with_gap(x))",
    "nansum": "np.nansum(with_gap(x))",
    "nanvar": "np.nanvar(with_gap(x))",
    "nonzero": "x[np.nonzero(x > 0.5)[0]]",
    "ones": "np.ones(6) * x",
    "ones_like": "np.ones_like(x) * x",
    "outer": ("np.outer(x, x)", "outer_into(x)"),
    "partition": "np.partition(x, 2)[2]",
    "percentile": "np.percentile(x, 40.0)",
    "permute_dims": f"np.permute_dims({M}, (1, 0)) * 1.0",
    "prod": "np.prod(x)",
    "ptp": "np.ptp(x)",
    "quantile": "np.quantile(x, np.array([0.3, 0.4]))",
    "ravel": "np.ravel(x) * 1.0",
    "real": "np.real(x) * 1.0",
    "repeat": "np.repeat(x, 2)",
    "reshape": "np.reshape(x, (2, 3)) * 1.0",
    "resize": "np.resize(x, (2, 2))",
    "roll": "np.roll(x, 2)",
    "roots": "np.roots(np.array([1.0, -x[0] - x[1], x[0] * x[1]]))",
    "rot90": f"np.rot90({M})",
    "round": "x * np.round(x, 1)",
    "row_stack": "np.row_stack((x, x * x))",
    "searchsorted": "x * np.searchsorted(np.array([0.2, 0.5]), x)",
    "select": ("np.select([x > 0.6, x > 0.3], [x * x, x * 2], 0.0)",
               "np.select([x > 0.6, x > 0.3], [x * x, np.ones(6)], 0.0)"),
    "setdiff1d": "np.setdiff1d(x, x[:3])",
    "setxor1d": "np.setxor1d(x, x[:3])",
    "shape": "x * np.shape(x)[0]",
    "sinc": "np.sinc(x)",
    "size": "x * np.size(x)",
    "sort": "np.sort(x)",
    "split": "np.split(x, 2)[1]",
    "stack": "np.stack((x, x * 2.0))",
    "std": "np.std(x)",
    "sum": ("np.sum(x)", f"np.sum({M}, axis=1)"),
    "swapaxes": f"np.swapaxes({M}, 0, 1) * 1.0",
    "take": "np.take(x, np.array([1, 2]))",
    "take_along_axis": f"np.take_along_axis({M}, np.array([[0], [2]]), 1)",
    "trace": f"np.trace({Q})",
    "transpose": f"np.transpose({M}) * 1.0",
    "trapz": "np.trapz(x, x * x)",
    "trapezoid": ("np.trapezoid(x)", "np.trapezoid(x, x * x)"),
    "tri": "np.tri(6) * x",
    "tril": f"np.tril({Q})",
    "tril_indices": "x[np.tril_indices(3)[0]]",
    "tril_indices_from": f"x[np.tril_indices_from({M})[0]]",
    "trim_zeros": ("np.trim_zeros(x * np.arange(6.0))", 'np.trim_zeros(x * np.arange(6.0), "b")'),
    "triu": f"np.triu({Q})",
    "triu_indices": "x[np.triu_indices(3)[0]]",
    "triu_indices_from": f"x[np.triu_indices_from({M})[0]]",
    "union1d": "np.union1d(x, x[:3])",
    "unique": "np.unique(x)",
    "unwrap": "np.unwrap(x * 14.0)",
    "vander": "np.vander(x)",
    "var": "np.var(x)",
    "vdot": "np.vdot(x, x)",
    "vsplit": f"np.vsplit({M}, 2)[0] * 1.0",
    "vstack": "np.vstack((x, x))",
    "where": ("np.where(x > 0.5, x * x, x)", "x[np.where(x > 0.5)[0]]"),
    "zeros": "np.zeros(6) + x",
    "zeros_like": "np.zeros_like(x) + x",
    "cdouble": "np.cdouble(x[0] * 1j).imag * x",
    "complex128": "np.complex128(x[0]).real * x",
    "complex64": "np.complex64(x[0]).real * x",
    "csingle": "np.csingle(x[0] * 1j).imag * x",
    "double": "np.double(x[0]) * x",
    "float32": "np.float32(x[0]) * x",
    "float64": "np.float64(x[0]) * x",
    "ndenumerate": "squares_by_ndenumerate(x)",
    "nditer": "squares_by_nditer(x)",
    "single": "np.single(x[0]) * x",
    "polynomial.polynomial.polyadd": "np.polynomial.polynomial.polyadd(x, x[:2] * x[2])",
    "polynomial.polynomial.polydiv": "np.polynomial.polynomial.polydiv(x, x[:2])[0]",
    "polynomial.polynomial.polyint": "np.polynomial.polynomial.polyint(x, 2)",
    "polynomial.polynomial.polymul": "np.polynomial.polynomial.polymul(x, x[:2])",
    "polynomial.polynomial.polysub": "np.polynomial.polynomial.polysub(x, x[:2] * x[2])",
    "polynomial.polynomial.polyval": ("np.polynomial.polynomial.polyval(x[0], x)",
                                      "np.polynomial.polynomial.polyval(x[:2], x)"),
    "polynomial.polyutils.as_series": "np.polynomial.polyutils.as_series(x.reshape((2, 3)))[1]",
    "polynomial.polyutils.trimseq": "np.polynomial.polyutils.trimseq(x * np.arange(5.0, -1.0, -1.0))",
    "linalg.cholesky": f"np.linalg.cholesky({S})",
    "linalg.cond": (f"np.linalg.cond({A})", f"np.linalg.cond({A}, 1)"),
    "linalg.det": f"np.linalg.det({A})",
    "linalg.eig": f"np.linalg.eig({S})[0].real",
    "linalg.eigh": f"np.linalg.eigh({S})[1] ** 2",
    "linalg.eigvals": f"np.linalg.eigvals({S}).real",
    "linalg.eigvalsh": f"np.linalg.eigvalsh({S})",
    "linalg.inv": f"np.linalg.inv({A})",
    "linalg.lstsq": f"np.linalg.lstsq(np.ascontiguousarray({M}.T), x[:3])[0]",
    "linalg.matrix_power": f"np.linalg.matrix_power({A}, 3)",
    "linalg.matrix_rank": f"x * np.linalg.matrix_rank({M})",
    "linalg.norm": (f"np.linalg.norm({M})", f"np.linalg.norm({A}, 2)", "np.linalg.norm(x, 3.0)",
                    f"np.linalg.norm({M}, 1)"),
    "linalg.pinv": f"np.linalg.pinv({M})",
    "linalg.qr": f"np.linalg.qr({A})[1]",
    "linalg.slogdet": f"np.linalg.slogdet({A})[1]",
    "linalg.solve": (f"np.linalg.solve({A}, x[4:])", f"np.linalg.solve({A}, {M})"),
    "linalg.svd": f"np.linalg.svd({M})[1]",
    "lib.stride_tricks.as_strided": f"{STRIDES}.as_strided(x, (3,), (x.strides[0] * 2,)) * 1.0",
    "lib.stride_tricks.sliding_window_view": f"{STRIDES}.sliding_window_view(x, 3) * 1.0",
    "random.choice": "seeded_choice(x)",
    "random.exponential": "np.random.exponential(fixed(x)[0], 3)",
    "random.gumbel": "np.random.gumbel(fixed(x)[0], x[1], 3)",
    "random.laplace": "np.random.laplace(fixed(x)[0], x[1], 3)",
    "random.logistic": "np.random.logistic(fixed(x)[0], x[1], 3)",
    "random.lognormal": ("np.random.lognormal(fixed(x)[0], x[1])", "np.random.lognormal(fixed(x)[0])"),
    "random.normal": ("np.random.normal(fixed(x)[0], x[1], (2, 2))", "np.random.normal(fixed(x)[0])"),
    "random.pareto": "np.random.pareto(x[1] * x[1] + fixed(x).size, 3)",
    "random.permutation": "seeded_permutation(x)",
    "random.power": "np.random.power(x[1] * x[1] + fixed(x).size, 3)",
    "random.rayleigh": "np.random.rayleigh(x[1] * x[1] + fixed(x).size, 3)",
    "random.shuffle": "seeded_shuffle(x)",
    "random.triangular": "np.random.triangular(fixed(x)[0], x[0] + x[1] ** 2, x[0] + 3.0 * x[1] ** 2, 3)",
    "random.uniform": ("np.random.uniform(fixed(x)[0], x[1], 3)", "np.random.uniform(fixed(x)[0], x[2])"),
    "random.weibull": "np.random.weibull(x[1] * x[1] + fixed(x).size, 3)",
}  # fmt: skip

METHODS = {
    "T": f"{M}.T * 1.0",
    "all": "x * (x > 0).all()",
    "any": "x * (x > 0).any()",
    "argmax": "x * x.argmax()",
    "argmin": "x * x.argmin()",
    "argsort": "x[x.argsort()]",
    "astype": ("x.astype(np.float64) * 1.0", "x[(x * 3).astype(np.int64)] * x.astype(np.bool_)"),
    "clip": ("x.clip(0.2, 0.65)", "x.clip(x[1], x[0])"),
    "conj": "x.conj() * 1.0",
    "conjugate": "x.conjugate() * 1.0",
    "copy": "x.copy()",
    "cumprod": "x.cumprod()",
    "cumsum": "x.cumsum()",
    "dot": "x.dot(x)",
    "fill": "filled(x)",
    "flat": "squares_of_flat(x)",
    "flatten": f"{M}.flatten() * 1.0",
    "imag": "x.imag + x",
    "item": "x * x[:1].item()",
    "max": "x.max()",
    "mean": "x.mean()",
    "min": "x.min()",
    "nonzero": "x[(x > 0.5).nonzero()[0]]",
    "prod": "x.prod()",
    "ravel": f"{M}.ravel() * 1.0",
    "real": "x.real * 1.0",
    "repeat": "x.repeat(2)",
    "reshape": "x.reshape((3, 2)) * 1.0",
    "sort": "sorted_squares(x)",
    "std": "x.std()",
    "sum": ("x.sum()", f"{M}.sum(axis=0)", f"{M}.sum(0)"),
    "take": "x.take(np.array([1, 2]))",
    "transpose": f"{M}.transpose() * 1.0",
    "var": "x.var()",
}

# Ways to walk over arrays and into them.
LANGUAGE = {
    "cross2d": "cross2d(x[:2], x[4:])",
    "ndindex": "squares_by_ndindex(x)",
    "slices": "into_slices(x)",
    "fancy": "x[np.array([1, 1, 3])]",
    "mask": "x[x > 0.5]",
    "masked store": "into_mask(x)",
    "no dimensions": "np.sin(np.asarray(x[0])) * x",
}

# Elementwise functions; others are given x, or x and x reversed and shifted.
UFUNCS = {
    "arccosh": "np.arccosh(x + 1.5)",
    "divmod": "np.divmod(x, 0.4)[1]",
    "isfinite": "x * np.isfinite(x)",
    "ldexp": "np.ldexp(x, 3)",
    "nextafter": "np.nextafter(x, 2.0)",
}


@njit
def stored(y, x):
    y[:] = x * x
    return y


@njit
def with_gap(x):
    y = x.copy()
    y[2] = np.nan
    return y


@njit
def dot_into(x):
    y = np.empty((2, 2))
    z = np.empty((2, 2))
    np.dot(x.reshape((2, 3)), x.reshape((3, 2)), y)
    return np.dot(y, y, out=z) * z


@njit
def outer_into(x):
    y = np.empty((3, 3))
    return np.outer(x[:3], x[3:], y) * y


@njit
def diagonal(x):
    y = np.zeros((3, 3))
    np.fill_diagonal(y, x[0])
    return y


@njit
def diagonals(x):
    y = np.ones((6, 3))
    np.fill_diagonal(y, x[:2] * x[2:4], True)
    return y


@njit
def seeded(x):
    np.random.seed(3)
    draws = np.random.rand(6) + np.random.normal(0.0, 1.0, 6) + np.random.uniform(0.0, 1.0)
    return x * (draws + np.random.randint(1, 5) + np.random.exponential(2.0))


@njit
def fixed(x):
    np.random.seed(3)
    return x


@njit
def seeded_choice(x):
    np.random.seed(3)
    return np.random.choice(x, 3)


@njit
def seeded_permutation(x):
    np.random.seed(3)
    return np.random.permutation(x)


@njit
def seeded_shuffle(x):
    np.random.seed(3)
    y = x * x
    np.random.shuffle(y)
    return y


@njit
def filled(x):
    y = np.zeros(3)
    y.fill(x[0])
    return y


@njit
def squares_of_flat(x):
    y = np.zeros(6)
    for i, v in enumerate(x.reshape((2, 3)).flat):
        y[i] = v * v
    return y


@njit
def sorted_squares(x):
    y = x * x
    y.sort()
    return y


@njit
def squares_by_ndenumerate(x):
    y = np.zeros((2, 3))
    for i, v in np.ndenumerate(x.reshape((2, 3))):
        y[i] = v * v
    return y


@njit
def squares_by_nditer(x):
    s = 0.0
    for v in np.nditer(x):
        s += v.item() ** 2
    return s


@njit
def squares_by_ndindex(x):
    s = 0.0
    for i in np.ndindex(x.shape):
        s += x[i] ** 2
    return s


@njit
def into_slices(x):
    y = np.zeros((2, 3))
    half = y[:, 1:]
    half[0] = x[:2]
    y[1, ::2] += x[2:4]
    return y


@njit
def into_mask(x):
    y = x * x
    y[x > 0.5] = x[0]
    y[x < 0.2] *= 2.0
    return y


def is_available(expression):
    """Whether the installed versions have every name in it."""
    absent = [name.rpartition(".")[2] for name in ABSENT if named(name) is None]
    return not any(re.search(rf"\b{name}\b", expression) for name in absent)


def _listed(prefix, table):
    for name, given in table.items():
        for expression in (given,) if isinstance(given, str) else given:
            if is_available(expression):
                yield prefix + name, expression


def ufunc_expression(ufunc):
    """An expression with an elementwise function at a point where it is smooth, or of integers."""
    name = ufunc.__name__
    if name in UFUNCS:
        return UFUNCS[name]
    if name == "isnat":
        return 'x * np.isnat(np.zeros(x.size, dtype="M8[D]"))'
    if not any(set("efd") & set(loop.split("->")[0]) for loop in ufunc.types):
        call = f"np.{name}(np.arange(6){', 2' * (ufunc.nin - 1)})"
    else:
        call = f"np.{name}(x{', x[::-1] + 0.4' * (ufunc.nin - 1)})"
    return f"x * {call}"


def expressions(ufuncs):
    """All (name on the page, expression) pairs, with one for each of the elementwise functions."""
    yield from _listed("np.", FUNCTIONS)
    yield from _listed("ndarray.", METHODS)
    yield from _listed("", LANGUAGE)
    for ufunc in sorted(ufuncs, key=lambda ufunc: ufunc.__name__):
        yield f"np.{ufunc.__name__}", ufunc_expression(ufunc)


def function(expression):
    """The function of `x` that an expression is."""
    return function_from(f"def f(x):\n    return {expression}\n", dict(globals()))
