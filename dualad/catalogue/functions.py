"""Functions of NumPy and Python that are no ops and have no array rule, and facts of some that are or have.

Each is named once. What a version of NumPy lacks is left out (:mod:`dualad.names`).
"""

from __future__ import annotations

from .table import DRAWN_BY_REJECTION, Category, Sharing, enter

_VIEW = Sharing.VIEW

enter(
    Category.CREATION, "array empty empty_like full full_like ones ones_like zeros zeros_like", creates=True
)
enter(Category.CREATION, "asarray", result=_VIEW, creates=True)

enter(
    Category.MOVING,
    """
    column_stack concat concatenate delete diagflat diff dstack hstack partition random.choice
    random.permutation repeat resize roll row_stack stack take take_along_axis tril triu vstack where
    """,
)
enter(Category.MOVING, "copy", creates=True)
enter(
    Category.MOVING,
    """
    array_split asfortranarray atleast_1d atleast_2d atleast_3d broadcast_to diag dsplit expand_dims flip
    fliplr flipud hsplit lib.stride_tricks.as_strided lib.stride_tricks.sliding_window_view moveaxis
    ndenumerate nditer permute_dims ravel reshape rot90 split swapaxes transpose vsplit
    """,
    result=_VIEW,
)
enter(Category.MOVING, "ascontiguousarray", result=_VIEW, creates=True)
enter(Category.MOVING, "random.shuffle", writes=(0,))

enter(
    Category.RECOMPILED,
    """
    append arange average bincount clip convolve corrcoef correlate cov cross cumprod ediff1d extract
    geomspace insert interp intersect1d kaiser linspace logspace nancumprod nancumsum nanmean nanpercentile
    nanprod nanquantile nanstd nansum nanvar percentile quantile roots select setdiff1d setxor1d sort
    trapezoid trapz union1d unique unwrap vander
    polynomial.polynomial.polyadd polynomial.polynomial.polydiv polynomial.polynomial.polyint
    polynomial.polynomial.polymul polynomial.polynomial.polysub polynomial.polynomial.polyval
    polynomial.polyutils.as_series polynomial.polyutils.trimseq
    """,
)
enter(Category.RECOMPILED, "extensions.cross2d", "numba.np.")
# Draws that are functions of a standard one; the parameters of others do not move the value.
enter(Category.DRAW, "getrandbits randint random randrange seed", "random.", reason=DRAWN_BY_REJECTION)
enter(Category.DRAW, "betavariate gammavariate vonmisesvariate", "random.", reason=DRAWN_BY_REJECTION)
enter(
    Category.RECOMPILED,
    """
    exponential gumbel laplace logistic lognormal normal pareto power rayleigh triangular uniform weibull
    """,
    "numpy.random.",
)
enter(
    Category.RECOMPILED,
    "expovariate gauss lognormvariate normalvariate paretovariate triangular uniform weibullvariate",
    "random.",
)
enter(Category.RECOMPILED, "asarray_chkfinite broadcast_arrays nan_to_num", result=_VIEW)
enter(Category.RECOMPILED, "fill_diagonal", writes=(0,))
enter(Category.RECOMPILED, "prod", identity=True)

enter(
    Category.PASSIVE,
    """
    angle argpartition argsort digitize histogram in1d isin iscomplex isreal linalg.matrix_rank nanargmax
    nanargmin
    """,
)
enter(Category.PASSIVE, "iscomplexobj isrealobj", whole=True)
enter(Category.PASSIVE, "argmax argmin searchsorted", integer=True)
enter(
    Category.CONSTANT,
    """
    all any argwhere bartlett blackman broadcast_shapes flatnonzero hamming hanning indices nonzero
    shape size tri tril_indices tril_indices_from triu_indices triu_indices_from
    """,
)
enter(Category.CONSTANT, "count_nonzero", integer=True)
enter(Category.CONSTANT, "eye identity", creates=True)

enter(Category.PLAIN, "isscalar", result=Sharing.PASSIVE, whole=True)
enter(Category.PLAIN, "format hasattr hash isinstance repr str type", "builtins.", result=Sharing.PASSIVE)
enter(Category.DESCRIPTION, "dtype finfo iinfo ndindex")
enter(
    Category.REFUSED,
    "polynomial.Polynomial",
    reason="its coefficients are plain numbers; call polyval and the like",
)
enter(Category.REFUSED, "frombuffer", result=_VIEW, reason="it reads memory as other numbers")

# Of complex numbers.
enter(
    Category.UNKNOWN,
    """
    acos acosh asin asinh atan atanh cos cosh exp log log10 phase polar rect sin sinh sqrt tan tanh
    """,
    "cmath.",
    result=Sharing.FRESH,
)
enter(Category.UNKNOWN, "isclose isfinite isinf isnan", "cmath.", result=Sharing.PASSIVE)

# Facts of ops, of functions with an array rule, and of such as Numba may learn to compile.
enter(Category.UNKNOWN, "amax amin max mean min sum", identity=True)
enter(
    Category.UNKNOWN,
    "asanyarray diagonal linalg.diagonal real require rollaxis squeeze trim_zeros",
    result=_VIEW,
)
enter(Category.UNKNOWN, "allclose array_equal", whole=True)
enter(Category.UNKNOWN, "copyto place put putmask", writes=(0,))
enter(Category.UNKNOWN, "dot outer", writes=(2,))
enter(Category.UNKNOWN, "int round", "builtins.", integer=True)
enter(Category.UNKNOWN, "int64 intp", integer=True)
enter(Category.UNKNOWN, "ceil floor trunc", "math.", integer=True)
enter(Category.UNKNOWN, "maximum minimum sign square", integral=True)
enter(Category.UNKNOWN, "len", "builtins.", result=Sharing.PASSIVE, integer=True)
enter(Category.UNKNOWN, "range", "builtins.", result=Sharing.PASSIVE)
enter(
    Category.UNKNOWN,
    "enumerate iter list next print reversed sum tuple zip",
    "builtins.",
    result=_VIEW,
)

# Operators of Python, and what else it computes from numbers by itself.
_ZERO, _INTEGER_ZERO = "division by zero", "integer division by zero"
enter(Category.UNKNOWN, "max min", "builtins.", result=_VIEW, static=True, integral=True)
enter(Category.UNKNOWN, "abs", "builtins.", static=True, integral=True)
enter(Category.UNKNOWN, "divmod", "builtins.", raises=(_ZERO, _INTEGER_ZERO))
enter(Category.UNKNOWN, "add lshift mul neg pos rshift sub", "operator.", static=True, integral=True)
enter(Category.UNKNOWN, "and_ invert or_ xor", "operator.", static=True, integral=True, logical=True)
enter(Category.UNKNOWN, "eq ge gt is_ is_not le lt ne not_", "operator.", static=True)
enter(
    Category.UNKNOWN,
    "mod",
    "operator.",
    static=True,
    integral=True,
    raises=("modulo by zero", "integer modulo by zero"),
)
enter(Category.UNKNOWN, "floordiv", "operator.", static=True, integral=True, raises=(_ZERO, _INTEGER_ZERO))
enter(Category.UNKNOWN, "pow", "operator.", static=True, integral=True, raises=(_ZERO, _ZERO))
enter(Category.UNKNOWN, "truediv", "operator.", static=True, raises=(_ZERO, _ZERO))
