"""A reference for adjoints: the same Python source run on dual numbers in object arrays.

Nothing of the library is in it. Along with each value go its derivative by each input and the
*majorant* of that: the sum, over all paths from an input, of the products of the absolute values of
the partials, which bounds the rounding errors of any order of summation.
"""

from __future__ import annotations

import math
import types

import numpy as np


class Dual:
    """A number with its derivative and majorant by each input."""

    __slots__ = ("majorant", "slope", "value")

    def __init__(self, value, slope, majorant):
        self.value, self.slope, self.majorant = value, slope, majorant

    def __add__(self, other):
        if isinstance(other, np.ndarray):
            return NotImplemented
        return combined(value(self) + value(other), (1.0, self), (1.0, other))

    def __radd__(self, other):
        return combined(value(other) + self.value, (1.0, self))

    def __sub__(self, other):
        if isinstance(other, np.ndarray):
            return NotImplemented
        return combined(value(self) - value(other), (1.0, self), (-1.0, other))

    def __rsub__(self, other):
        return combined(value(other) - self.value, (-1.0, self))

    def __mul__(self, other):
        if isinstance(other, np.ndarray):
            return NotImplemented
        return combined(self.value * value(other), (value(other), self), (self.value, other))

    def __rmul__(self, other):
        return combined(value(other) * self.value, (value(other), self))

    def __truediv__(self, other):
        if isinstance(other, np.ndarray):
            return NotImplemented
        y = value(other)
        return combined(self.value / y, (1 / y, self), (-self.value / y / y, other))

    def __rtruediv__(self, other):
        return combined(value(other) / self.value, (-value(other) / self.value / self.value, self))

    def __pow__(self, other):
        return combined(self.value**other, (other * self.value ** (other - 1), self))

    def __neg__(self):
        return combined(-self.value, (-1.0, self))

    def __pos__(self):
        return self

    def __abs__(self):
        return combined(abs(self.value), (np.sign(self.value), self))

    def __lt__(self, other):
        return self.value < value(other)

    def __le__(self, other):
        return self.value <= value(other)

    def __gt__(self, other):
        return self.value > value(other)

    def __ge__(self, other):
        return self.value >= value(other)

    def __eq__(self, other):
        return self.value == value(other)

    def __ne__(self, other):
        return self.value != value(other)

    def __bool__(self):
        return bool(self.value != 0)

    def __int__(self):
        return int(self.value)

    __hash__ = None


def value(number):
    """The number without its derivative."""
    return number.value if isinstance(number, Dual) else number


def combined(total, *terms):
    """A value from (partial, number); a zero partial absorbs infinities."""
    slope: object = 0.0
    majorant: object = 0.0
    for partial, number in terms:
        if isinstance(number, Dual) and partial != 0:
            slope = slope + _product(partial, number.slope)
            majorant = majorant + _product(abs(partial), number.majorant)
    return total if isinstance(slope, float) else Dual(total, slope, majorant)


def _product(partial, slope):
    product = partial * slope
    return product if math.isfinite(partial) else np.where(slope == 0, 0.0, product)


def _unary(function, partial):
    def of(x):
        y = function(value(x))
        return combined(y, (partial(value(x), y), x)) if isinstance(x, Dual) else y

    return of


def _chosen(pick):
    """max and min of two: halves at ties."""

    def of(*args):
        if len(args) == 1:
            args = tuple(args[0])
        result = args[0]
        for other in args[1:]:
            one, two = value(result), value(other)
            best = pick(one, two)
            if one == two:
                result = combined(best, (0.5, result), (0.5, other))
            else:
                result = result if best == one else other
        return result

    return of


_PARTIALS = {
    "sin": lambda x, y: math.cos(x),
    "cos": lambda x, y: -math.sin(x),
    "exp": lambda x, y: y,
    "log": lambda x, y: 1 / x if x > 0 else math.inf if x == 0 else math.nan,
    "sqrt": lambda x, y: 0.5 / y if y else math.inf,
    "tanh": lambda x, y: 4 * math.exp(-2 * abs(x)) / (1 + math.exp(-2 * abs(x))) ** 2,
    "arccos": lambda x, y: -1 / math.sqrt(1 - x * x) if abs(x) < 1 else -math.inf,
    "arctanh": lambda x, y: 1 / (1 - x * x) if abs(x) < 1 else math.inf,
    "atan": lambda x, y: 1 / (1 + x * x),
    "arctan": lambda x, y: 1 / (1 + x * x),
}

# -- stand-ins for modules --------------------------------------------------------------------------


def objects(array):
    """An array whose elements may be dual numbers."""
    return array.astype(object) if array.dtype.kind == "f" else array


def _made(make):
    return lambda *args, **keywords: objects(make(*args, **keywords))


def _like(make):
    def of(array, *args, **keywords):
        keywords.setdefault("dtype", float if array.dtype == object else array.dtype)
        return objects(make(array.shape, *args, **keywords))

    return of


def poisoned(shape, dtype=float):
    """What np.empty may return."""
    return np.full(shape, np.nan if dtype is float else -(2**40), dtype=dtype)


def _array(thing, dtype=None):
    found = np.array(thing, dtype=object)
    whole = all(isinstance(v, int | np.integer) for v in found.ravel())
    return found.astype(np.int64) if whole and dtype is None else found


def _sum(array, axis=None):
    array = np.asarray(array)
    if axis is None:
        total = 0 if array.dtype.kind in "iub" else 0.0
        for element in array.ravel():  # in C order, one after the other, as compiled code does
            total = total + element
        return total
    array = np.moveaxis(array, axis, -1)
    out = np.empty(array.shape[:-1], array.dtype)
    for index in np.ndindex(*out.shape):
        out[index] = _sum(array[index])
    return out


def _folded(pick):
    return lambda array: _extreme(pick, list(np.asarray(array).ravel()))


def _extreme(pick, items):
    best = items[0]
    for item in items[1:]:
        if math.isnan(value(item)) or pick(value(item), value(best)):
            best = item
    return best


def dot(a, b):
    """The product, its terms added in their order: that of BLAS depends on where the arrays lie."""
    if a.ndim == b.ndim == 1:
        if a.shape != b.shape:
            raise ValueError("shapes do not match")
        total = 0.0
        for first, second in zip(a, b, strict=True):
            total = total + first * second
        return total
    out = np.empty((*a.shape[:-1], *b.shape[1:]), np.result_type(a, b))
    rows = [dot(row, b) for row in a] if a.ndim == 2 else [dot(a, column) for column in b.T]
    for position, item in enumerate(rows):
        out[position] = item
    return out


def _where(condition, x, y):
    return np.where(np.asarray(condition, bool), np.asarray(x, object), np.asarray(y, object))


def _quotient(a, b):
    x, y = np.float64(value(a)), np.float64(value(b))
    return combined(x / y, (1 / y, a), (-(x / y) / y, b))


def _power(a, exponent):
    x = np.float64(value(a))
    return combined(x**exponent, (exponent * x ** (exponent - 1), a))


def _hypot(a, b):
    x, y = value(a), value(b)
    r = np.hypot(x, y)
    return combined(r, (x / r if r else 0.0, a), (y / r if r else 0.0, b))


def _elementwise(function, count):
    ufunc = np.frompyfunc(function, count, 1)

    def of(*args):
        return ufunc(*args) if any(isinstance(a, np.ndarray) for a in args) else function(*args)

    return of


class _Module:
    """A module with some of its functions replaced."""

    def __init__(self, module, **replaced):
        self.__dict__.update(replaced, _module=module)

    def __getattr__(self, name):
        return getattr(self._module, name)


_MATH = _Module(
    math,
    **{name: _unary(getattr(math, name), p) for name, p in _PARTIALS.items() if hasattr(math, name)},
    fabs=abs,
    isnan=lambda x: math.isnan(value(x)),
)
_NUMPY = _Module(
    np,
    **{
        name: _elementwise(_unary(getattr(np, name), p), 1)
        for name, p in _PARTIALS.items()
        if hasattr(np, name)
    },
    abs=_elementwise(abs, 1),
    absolute=_elementwise(abs, 1),
    true_divide=_elementwise(_quotient, 2),
    power=_elementwise(_power, 2),
    hypot=_elementwise(_hypot, 2),
    square=_elementwise(lambda x: x * x, 1),
    maximum=_elementwise(_chosen(np.maximum), 2),
    minimum=_elementwise(_chosen(np.minimum), 2),
    zeros=_made(np.zeros),
    ones=_made(np.ones),
    full=_made(np.full),
    eye=_made(np.eye),
    empty=_made(poisoned),
    zeros_like=_like(np.zeros),
    ones_like=_like(np.ones),
    full_like=_like(np.full),
    empty_like=_like(poisoned),
    array=_array,
    sum=_sum,
    mean=lambda array: _sum(array) / np.asarray(array).size,
    max=_folded(lambda new, best: new > best),
    min=_folded(lambda new, best: new < best),
    dot=dot,
    where=_where,
    floor=_elementwise(lambda x: np.floor(value(x)), 1),
    searchsorted=lambda array, x: np.searchsorted(np.array([value(v) for v in array]), value(x)),
)
_BUILTINS = {"max": _chosen(max), "min": _chosen(min), "sum": _sum, "float": lambda x: x}
_REPLACED = {id(math): _MATH, id(np): _NUMPY}


def on_duals(function, known=None):
    """The function with what it calls replaced by what takes dual numbers."""
    known = {} if known is None else known
    function = getattr(function, "py_func", function)
    if id(function) in known:
        return known[id(function)]
    names = dict(_BUILTINS)
    replaced = types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, _cells(function, known)
    )
    known[id(function)] = replaced
    names["__builtins__"] = __builtins__
    for name, thing in function.__globals__.items():
        if name in function.__code__.co_names or name in _constants(function.__code__):
            names[name] = _stand_in(thing, known)
    return replaced


def _constants(code):
    """The names that functions inside a function refer to."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from constant.co_names
            yield from _constants(constant)


def _cells(function, known):
    if function.__closure__ is None:
        return None
    return tuple(types.CellType(_stand_in(cell.cell_contents, known)) for cell in function.__closure__)


def _stand_in(thing, known):
    if id(thing) in _REPLACED:
        return _REPLACED[id(thing)]
    direct = {id(f): getattr(_MATH, n) for n, f in vars(math).items() if callable(f)}
    if id(thing) in direct:
        return direct[id(thing)]
    if isinstance(getattr(thing, "py_func", thing), types.FunctionType):
        return on_duals(thing, known)
    return thing


def derivatives(function, args, active):
    """Run the function on dual numbers: by the positions in `active`.

    Every argument is an object of its own, also where the same is given twice.
    """
    sizes = [np.size(args[n]) for n in active]
    units = np.eye(sum(sizes))
    given, first = [], 0
    for position, arg in enumerate(args):
        if position not in active:
            # It may be a work array, which takes dual numbers.
            given.append(objects(arg.copy()) if isinstance(arg, np.ndarray) else arg)
        elif isinstance(arg, np.ndarray):
            array = np.empty(arg.shape, object)
            for index in np.ndindex(*arg.shape):
                array[index] = Dual(arg[index], units[first], units[first])
                first += 1
            given.append(array)
        else:
            given.append(Dual(arg, units[first], units[first]))
            first += 1
    return on_duals(function)(*given), sum(sizes)
