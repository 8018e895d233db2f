"""The documentation page on compiled adjoints: which constructs have one, found by trying each."""

from __future__ import annotations

import ctypes
import linecache
import math
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import guvectorize, njit, prange, types, vectorize
from numba.extending import get_cython_function_address
from scipy import special

from ..adjoints.engine import adjoint, whole
from ..adjoints.errors import NotTransformable
from ..drivers.api import derivative, grad
from ..numba_api import literal_unroll

__all__ = ["Row", "page", "rows"]

TRANSFORMED, TAPE = "transformed", "tape"

# Arguments of the examples: x and y float vectors, m and q float matrices, k an integer vector, s a float,
# n an integer, t a string.
PARAMETERS = {
    "x": types.float64[::1],
    "y": types.float64[::1],
    "m": types.float64[:, ::1],
    "q": types.float64[:, ::1],
    "k": types.int64[::1],
    "s": types.float64,
    "n": types.int64,
    "t": types.unicode_type,
}

Pair = namedtuple("Pair", "first second")


@njit
def _helper(v, scale=2.0):  # type: ignore[no-untyped-def]
    if v > 1.0:
        return v * scale
    return v * v


@njit
def _recursive(x, n):  # type: ignore[no-untyped-def]
    if n == 0:
        return x
    return x * _recursive(x, n - 1)


@njit
def _stores(a, v):  # type: ignore[no-untyped-def]
    for i in range(a.size):
        a[i] = v * a[i]


@njit
def _cubes(x):  # type: ignore[no-untyped-def]
    s = 0.0
    for v in x:
        s += v * v * v
    return s


@njit
def _sizes(x):  # type: ignore[no-untyped-def]
    s = 0.0
    for v in x:
        s += abs(v)
    return s


@njit
def _cubes_of(x):  # type: ignore[no-untyped-def]
    for v in x:
        yield v * v * v


@njit
def _total(*values):  # type: ignore[no-untyped-def]
    s = 0.0
    for v in values:
        s += v * v
    return s


@njit("float64(float64)", error_model="numpy")
def _halved(v):  # type: ignore[no-untyped-def]
    return 1.0 / v


@vectorize
def _squares(v):  # type: ignore[no-untyped-def]
    return v * v


@guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
def _doubles(v, out):  # type: ignore[no-untyped-def]
    out[:] = 2.0 * v


_pointer = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(
    get_cython_function_address("scipy.special.cython_special", "ndtri")
)

NAMES = {
    "np": np,
    "math": math,
    "special": special,
    "prange": prange,
    "literal_unroll": literal_unroll,
    "Pair": Pair,
    "helper": _helper,
    "recursive": _recursive,
    "stores": _stores,
    "cubes": _cubes_of,
    "total": _total,
    "halved": _halved,
    "squares": _squares,
    "doubles": _doubles,
    "pointer": _pointer,
    "gradient": grad(_cubes),
    "kinked_gradient": grad(_sizes),
    "slope": derivative(_helper),
    "TABLE": np.array([1.0, 2.0, 3.0]),
    "SCALE": 2.0,
}

# Sections of the page: names of constructs, and function bodies that use them.
CONSTRUCTS: dict[str, dict[str, str]] = {
    "Control flow": {
        "`for` over a range, any step": "for i in range(n, 0, -2):\n    s += x[i]\nreturn s",
        "`for` over `prange`, serially": "for i in prange(n):\n    s += x[i] * x[i]\nreturn s",
        "nested loops, bounds from outer indices": (
            "for i in range(n):\n    for j in range(i):\n        s += x[i] * x[j]\nreturn s"
        ),
        "`while`": "while s < 10.0:\n    s = s * x[0] + 1.0\nreturn s",
        "`while True` with `break`": "while True:\n    s = s * x[0]\n    if s < 1.0:\n        break\nreturn s",
        "`break`, `continue`": (
            "for i in range(n):\n    if x[i] < 0.0:\n        continue\n    if x[i] > 9.0:\n        break\n"
            "    s += x[i]\nreturn s"
        ),
        "`return` inside a loop": "for i in range(n):\n    s *= x[i]\n    if s > 9.0:\n        return s\nreturn -s",
        "`if`, `elif`, `else`": (
            "if s > 1.0:\n    s = x[0]\nelif s > 0.0:\n    s = x[1] * x[2]\nelse:\n    s = 0.0\nreturn s"
        ),
        "`match`": (
            "match n:\n    case 1 | 2:\n        s *= x[0]\n    case k if k > 9:\n        s = x[1]\n"
            "    case _:\n        s *= x[1]\nreturn s"
        ),
        "conditional expression": "return x[0] if s > 0.0 else x[1] * x[2]",
        "`and`, `or`, `not`, chained comparison": (
            "if 0 < n < 9 and not (x[0] > s or n == 3):\n    s *= x[1]\nreturn s"
        ),
        "`for ... else`": (
            "for i in range(n):\n    if x[i] > 9.0:\n        break\nelse:\n    s = x[0]\nreturn s * x[1]"
        ),
        "`raise`, `assert`": "assert n > 0\nif s < 0.0:\n    raise ValueError('negative')\nreturn s * x[0]",
        "`try`": "try:\n    s = x[0] * s\nexcept Exception:\n    s = 0.0\nreturn s",
        "comprehension": "return sum([v * v for v in x])",
        "comprehension with a condition, of several loops": (
            "return sum([v * v for v in x if v > 0.0]) + max([v * w for v in x for w in y])"
        ),
        "generator": "for v in cubes(x):\n    s += v\nreturn s",
    },
    "Iteration": {
        "`for v in x`": "for v in x:\n    s += v * v\nreturn s",
        "rows of a matrix": "for row in m:\n    s += row[0] * row[1]\nreturn s",
        "`enumerate`": "for i, v in enumerate(x):\n    s += i * v\nreturn s",
        "`zip`": "for a, b in zip(x, y):\n    s += a * b\nreturn s",
        "`reversed`": "for i in reversed(range(n)):\n    s = s * x[i]\nreturn s",
        "`literal_unroll`": "for v in literal_unroll((1, 2.0)):\n    s += v * x[0]\nreturn s",
        "over a tuple": "for v in (x[0], x[1] * s):\n    s += v * v\nreturn s",
        "`np.ndenumerate`": "for (i, j), v in np.ndenumerate(m):\n    s += i * v * v\nreturn s",
        "`np.ndindex`": "for i, j in np.ndindex(m.shape):\n    s += m[i, j] ** 2\nreturn s",
        "`x.flat`": "for v in m.flat:\n    s += v * v\nreturn s",
        "the loop index after its loop": "for i in range(n):\n    s += x[i]\nreturn s * x[i]",
    },
    "Functions": {
        "helpers, with defaults and keywords": "return helper(x[0]) + helper(v=x[1], scale=s)",
        "helpers that store into arrays": "a = x * 2.0\nstores(a, s)\nreturn a.sum()",
        "helpers with `*args`": "return total(x[0], s, x[1] * s)",
        "recursion": "return recursive(x[0], n)",
        "helpers with declared types, of another error model": "return halved(n) + halved(x[0]) / s",
        "functions made by `@vectorize`": "return squares(x).sum() * squares(s)",
        "functions made by `@guvectorize`": "a = x.copy()\ndoubles(x, a)\nreturn a.sum()",
        "pointers to functions of `scipy.special`": "return pointer(s) * x[0]",
        "inner functions and lambdas": (
            "def inner(v):\n    return v * s\nouter = lambda v: inner(v) + v\nreturn outer(x[0])"
        ),
        "gradients with a compiled adjoint": "return np.sum(gradient(x) ** 2) * s",
        "gradients of functions with kinks": "return np.sum(kinked_gradient(x)) * s",
        "other derivatives": "return slope(s) * x[0]",
        "globals: numbers, arrays": "return SCALE * x[0] * TABLE[1]",
        "operations of the op table": "return math.sin(s) * np.exp(x[0]) + special.erf(x[1])",
        "operations with two results": "return math.frexp(s)[0] * x[0]",
        "`print`": "print(n)\nreturn x[0] * s",
    },
    "Values": {
        "augmented assignment": "s *= x[0]\ns -= x[1]\nreturn s",
        "multiple assignment, swaps": "a, b = x[0], x[1]\na, b = b, a * b\nreturn a * b + s",
        "tuples": "pair = (x[0], (x[1], s))\nreturn pair[0] * pair[1][0] * pair[1][1]",
        "named tuples": "pair = Pair(x[0], x[1])\nreturn pair.first * pair.second",
        "several results": "return x[0] * s, (x * s, n)",
        "variables that change from integer to float": "a = 0\nfor v in x:\n    a += v\nreturn a",
        "assignment expression": "if (a := x[0] * s) > 1.0:\n    return a\nreturn s",
        "lists that grow": "a = [s]\nfor v in x:\n    a.append(a[-1] * v)\nreturn a[-1]",
        "lists that shrink, stacks": (
            "a = [0]\nwhile len(a) > 0:\n    i = a.pop()\n    s += x[i] * x[i]\n    if 2 * i + 2 < n:\n"
            "        a.extend([2 * i + 1, 2 * i + 2])\nreturn s"
        ),
        "lists of tuples": "a = [(i, x[i] * s) for i in range(n)]\nfor i, v in a:\n    s += i * v\nreturn s",
        "lists of lists": "a = [[v * w for w in x] for v in y]\nreturn a[1][0] * np.array(a).sum()",
        "lists of arrays that grow": "a = []\nfor i in range(n):\n    a.append(x * i)\nreturn a[1][0]",
        "list literals": "a = [x[0], x[1] * s]\nreturn np.array(a).sum()",
        "dictionaries, as tables": (
            "a = {0: 1.0, 1: s}\nfor i in range(n):\n    if i in a:\n        s += a[i] * x[i]\na[2] = x[1]\n"
            "for i, v in a.items():\n    s += i * v\nreturn s"
        ),
        "dictionaries that grow in a loop": "a = {0: s}\nfor i in range(n):\n    a[i] = x[i]\nreturn a[1]",
        "sets": "a = {1, 2}\na.add(n)\nreturn x[0] * len(a) if 1 in a else s",
        "strings as options": "if t == 'sum':\n    return x.sum()\nreturn s if t in ('a', 'b') else s * len(t)",
        "`type(x)` as a conversion": "T = type(s)\nreturn T(0.5) * x[0]",
        "comparisons of tuples": "return x[0] if x.shape == y.shape else s",
        "integers of other types": "a = k.astype(np.int32)\na += np.int32(1)\nreturn (x * a).sum() * s",
        "integers without a sign": "a = k.astype(np.uint64)\na += np.uint64(1)\nreturn (x * a).sum() * s",
        "single precision": "a = np.float32(s) * np.float32(0.1)\nfor v in x.astype(np.float32):\n    a += v\nreturn a",
        "complex numbers": "z = complex(x[0], s)\nreturn abs(z * np.exp(1j * s) + z**2 / (1 + z))",
        "complex numbers of single precision": "return abs(np.complex64(complex(x[0], s)))",
    },
    "Arrays": {
        "elements, read and stored": "a = np.zeros(n)\nfor i in range(n):\n    a[i] = x[i] * s\nreturn a.sum()",
        "updates in place": "a = np.zeros(3)\nfor i in range(n):\n    a[i % 3] += x[i] * x[i]\nreturn a[0] * a[1]",
        "negative indices": "return x[-1] * x[n - 7]",
        "slices, with steps": "return (x[1::2] * s).sum() + x[::-1][0]",
        "stores through views": "a = x.copy()\nb = a[1:]\nb[0] = s\nb *= 2.0\nreturn a.sum()",
        "rows and columns of a matrix": "return (m[0] * s).sum() * m[:, 1].sum()",
        "new axes": "return (x[:, None] * y[None, :]).sum()",
        "`...`": "return m[..., 0].sum() * s",
        "boolean masks, read": "return x[x > 0.5].sum()",
        "boolean masks, stored": "a = x.copy()\na[x > 0.5] = s\nreturn a.sum()",
        "integer arrays as indices": "return (x[k] * s).sum()",
        "arrays that are rebound": "a = x\nfor _ in range(n):\n    a = a * s + y\nreturn a.sum()",
        "arrays that swap names": (
            "a, b = x.copy(), np.zeros(x.size)\nfor _ in range(n):\n    b[:] = a * s\n    a, b = b, a\n"
            "return a.sum()"
        ),
        "broadcasting, of extent 1 too": "return (m * x + y).sum()",
        "`shape`, `size`, `ndim`, `len`": "return s * x.size * m.shape[0] * m.ndim * len(y)",
        "one expression stored to two slices": "a = m.copy()\na[0, :] = a[:, 0] = a[0, :] * s\nreturn a.sum()",
        "`out=` of `dot`, `outer`": "a = np.empty(x.size)\nnp.dot(m, x, out=a)\nreturn a.sum()",
        "arrays of complex numbers": (
            "a = np.zeros(n, np.complex128)\nfor i in range(n):\n    a[i] = x[i] + 1j * s\n"
            "a *= np.exp(1j * x)\nreturn np.sum(np.abs(a)) + a.imag[0]"
        ),
        "quotients of arrays of complex numbers": "return np.sum((x / (1 + 1j * x)).imag)",
        "`out=`": "a = np.empty(x.size)\nnp.multiply(x, y, out=a)\nreturn a.sum()",
    },
    "Functions of arrays": {
        "`zeros`, `ones`, `full`, `empty` and the like": (
            "a = np.full(n, s)\nb = np.zeros_like(x)\nreturn a.sum() + b.sum() + np.ones(3).sum() * s"
        ),
        "`arange`, `linspace`": "return (np.linspace(0.0, 1.0, 5) * s).sum() + np.arange(n).sum()",
        "`eye`, `diag`": "return (np.eye(3) * s).sum() + np.diag(m).sum()",
        "`sum`, `mean`": "return x.sum() * np.mean(m)",
        "`sum` with `axis`": "return (m.sum(axis=0) ** 2).sum()",
        "`max`, `min`": "return x.max() * np.min(y)",
        "`prod`, `cumsum`, `var`, `std`": "return np.prod(x) + np.cumsum(x)[2] + np.var(x) * x.std()",
        "`argmax`, `argmin`": "return x[np.argmax(y)] * s",
        "`sort`, `argsort`": "return np.sort(x)[0] * x[np.argsort(y)][1]",
        "`median`, `percentile`": "return np.median(x) * np.percentile(y, 30.0)",
        "`interp`": "return np.interp(s, x, y) + np.interp(y, x, y).sum()",
        "`histogram`, as counts": "return (np.histogram(y, 4)[0] * s).sum()",
        "`append`, `insert`, `delete`": (
            "return (np.append(x, s) ** 2).sum() + np.insert(x, 1, s).sum() * np.delete(x, 0).sum()"
        ),
        "`nanmean`, `nanvar`, `nansum`": "return np.nanmean(x) * np.nanvar(y) + np.nansum(x)",
        "`where`": "return np.where(x > 0.0, x * s, y).sum() + np.where(s > 0.0, s, x[0])",
        "`cross`": "return np.cross(x, [0, 0, 1])[0] * s",
        "`searchsorted` with `side`": "return x[np.searchsorted(y, s, side='right')]",
        "`clip`, `maximum`": "return np.clip(x, 0.0, s).sum() + np.maximum(x, y).sum()",
        "`concatenate`, `stack`": "return (np.concatenate((x, y)) ** 2).sum() + np.stack((x, y))[0, 1]",
        "`reshape`, `ravel`, `T`": "return (m.T * s).sum() + (m.reshape(m.size) ** 2).sum() + m.ravel()[0]",
        "`repeat`, `roll`": "return (np.repeat(x, k) ** 2).sum() + np.roll(x, 1)[0] * s",
        "`dot`, `@`": "return (m @ x).sum() * (x @ y)",
        "`outer`": "return (np.outer(x, y) ** 2).sum()",
        "`linalg.solve`, `inv`, `det`": "return (np.linalg.solve(m, x) * y).sum() * np.linalg.det(np.linalg.inv(m))",
        "`linalg.cholesky`": "return np.linalg.cholesky(m)[0, 0]",
        "`linalg.qr`, `eigh`, `svd`, `slogdet`": (
            "q, r = np.linalg.qr(m)\nvalues, vectors = np.linalg.eigh(m)\nreturn r[0, 0] * values[0]"
        ),
        "`linalg.norm`": "return np.linalg.norm(x)",
        "`scipy.special.logsumexp`, `softmax`": "return special.logsumexp(x) * special.softmax(y)[0]",
        "random draws": "return x[0] * np.random.rand()",
    },
}

# Functions whose adjoints the page shows, with a sentence on each and the types of the parameters.
_VECTOR = types.float64[::1]
SHOWN = {
    "Rosenbrock's function": (
        """\
def rosen(x):
    s = 0.0
    for i in range(x.size - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s
""",
        "The sum is linear in its terms, so their adjoints do not have to wait for it: the loop is *fused*.",
        (_VECTOR,),
    ),
    "An LSTM cell": (
        """\
def cell(w, b, x, h, c):
    n = h.size
    z = w @ np.concatenate((x, h)) + b
    signal = 0.0
    for i in range(n):
        forget = 1.0 / (1.0 + np.exp(-z[i]))
        enter = 1.0 / (1.0 + np.exp(-z[n + i]))
        leave = 1.0 / (1.0 + np.exp(-z[2 * n + i]))
        change = np.tanh(z[3 * n + i])
        signal += leave * np.tanh(forget * c[i] + enter * change)
    return signal
""",
        "The product of a matrix and a vector has an adjoint rule, which is called; the loop is *fused*.",
        (types.float64[:, ::1], *[_VECTOR] * 4),
    ),
    "A banded solve": (
        """\
def solve(lower, diagonal, upper, b):
    n = b.size
    d, x = diagonal.copy(), b.copy()
    for i in range(1, n):
        factor = lower[i - 1] / d[i - 1]
        d[i] -= factor * upper[i - 1]
        x[i] -= factor * x[i - 1]
    x[n - 1] /= d[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = (x[i] - upper[i] * x[i + 1]) / d[i]
    return x
""",
        "Values that the loops overwrite are stored on a tape, a row per iteration, and read in the opposite order.",
        (_VECTOR,) * 4,
    ),
}

_HEAD = """\
# Compiled adjoints

In reverse mode dualad reads the source of your function, derives its adjoint, much as one would write it by hand, and
compiles it; it records no operations at run time. A function that it cannot transform runs on the operation tape,
with one warning (`dualad.TapeWarning`) that names the construct and its line. The result is the same.

```python
da.grad(f)  # the compiled adjoint if there is one, otherwise the tape
da.grad(f, mode="adjoint")  # the compiled adjoint, or UnsupportedError with the reason
da.grad(f, mode="tape")  # the tape
print(da.explain(f, *args))  # which engine is used and why; how each loop is handled
print(da.adjoint_source(f, *args))  # the code of the adjoint
warnings.simplefilter("ignore", da.TapeWarning)
```

`explain` reports for each loop one of these:

| loop | meaning |
|---|---|
| *fused* | each iteration runs forward and backward at once; nothing is stored |
| *taped* | each iteration stores values on a tape for the reverse sweep, so many bytes per iteration |
| *recomputed* | the reverse sweep re-runs the iterations from values that still exist |
| *passive* | the loop has no reverse sweep |

It also reports why a loop is not fused, what an iteration stores (copies of arrays included), and for its reverse sweep:

| reverse sweep | meaning |
|---|---|
| *forward order* | it runs over the iterations in their original order |
| *select* | it visits only the one iteration that determined the value |
| *skipped* | it is left out if the adjoints of the loop's results are zero |
| *optimistic* | products are computed without zero-absorption first, and again with it if a NaN appears |

Tapes and copies together obey `dualad.set_tape_limit`. They are released when the call returns or raises an exception.
(Numba releases the memory of a function only if it returns; dualad's code also releases it if an exception leaves it.)

In the output of `adjoint_source`, `v_b` is the adjoint of `v`, and `v_bar` an adjoint that is carried from iteration to
iteration. `v_r` is the value of `v` in an iteration, read from the tape or recomputed. One variable holds all values that
your function assigns to it; a value without a name is `t`, or is written where it is used. `weighted` and `absorbing`
are products in which a zero absorbs infinities and NaN.

The value is that of your function to the bit, also in single precision. Adjoints are accumulated in double precision;
those of `float32` arguments are rounded to `float32` at the end. Helpers are inlined; recursive or large ones are called,
and so are their adjoints. The environment variable `DUALAD_REVERSE=tape` makes every function run on the tape.

## The source

The source must be that of the running code. dualad finds it for functions of modules, also after a reload, of cells
of notebooks and IPython (with and without autoreload), of doctests, and for all code whose text is in Python's
`linecache`. It is sent along when a derivative is [sent to another process](processes.md). A function runs on the tape if
Python keeps no text of it (`exec`, a program read from a pipe; before Python 3.13 also `python -c` and the prompt), or if its
file was edited before its first derivative was compiled. After an edit create the derivative again: an older
`da.grad(f)` still computes what `f` was.

## The value check

The first call with new argument types compares values. If Numba has compiled your function for these types, the
function and its adjoint are run once more on copies of the arguments; a difference reveals a bug in dualad. Then a
`dualad.FaultWarning` asks for a report, and the tape computes the derivatives of this function. Later calls cost nothing
more. `dualad.set_value_check("always")` compiles the function for the check if necessary; `"never"` omits the check. The
environment variable `DUALAD_VALUE_CHECK` does the same. The check covers arguments that are numbers, arrays and tuples
of these; it does not cover Hessians, nor derivatives inside `@njit`. A derivative from the disk cache is not checked
again, and one that failed is not stored there.

{adjoints}
## Constructs

dualad tries each construct below in one example: *transformed* means that it has a compiled adjoint. `dualad adjoints`
makes this page; a test compares it with the code.
"""


@dataclass(frozen=True)
class Row:
    """A construct and the engine that handles it.

    Attributes
    ----------
    name : str
        Its name on the page.
    engine : str
        "transformed" or "tape".
    reason : str
        Why it runs on the tape.
    """

    name: str
    engine: str
    reason: str = ""


def rows() -> Iterator[tuple[str, list[Row]]]:
    """The rows of each section."""
    for section, examples in CONSTRUCTS.items():
        yield section, [_row(name, body) for name, body in examples.items()]


def example(body: str) -> Any:
    """The function with this body."""
    head = f"def f({', '.join(PARAMETERS)}):\n"
    return _function(head + "".join(f"    {line}\n" for line in body.splitlines()))


def _function(source: str) -> Any:
    """The function that a text defines, which stays where Python looks for sources."""
    filename = f"<construct {abs(hash(source)):x}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), dict(NAMES), namespace)
    return namespace.popitem()[1]


def _shown() -> str:
    """Functions with their adjoints."""
    parts = []
    for title, (source, comment, argtypes) in SHOWN.items():
        made = adjoint(_function(source), argtypes, range(len(argtypes)), whole)
        parts.append(f"### {title}\n\n```python\n{source}```\n\n{comment}\n\n```python\n{made.source}```\n")
    return "## Adjoints, as they are compiled\n\n" + "\n".join(parts)


def _row(name: str, body: str) -> Row:
    floats = [i for i, ty in enumerate(PARAMETERS.values()) if getattr(ty, "dtype", ty) == types.float64]
    try:
        adjoint(example(body), list(PARAMETERS.values()), floats, whole)
    except NotTransformable as refusal:
        return Row(name, TAPE, refusal.reason)
    return Row(name, TRANSFORMED)


def page() -> str:
    """The page as Markdown."""
    parts = [_HEAD.format(adjoints=_shown())]
    for section, found in rows():
        lines = [f"### {section}", "", "| construct | engine | reason |", "|---|---|---|"]
        lines += [
            f"| {row.name} | {row.engine} | {row.reason.replace('|', chr(92) + '|')} |" for row in found
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
