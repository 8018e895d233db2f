"""Records, structured arrays, typed containers and StructRef as passive arguments."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit, typed, types
from numba.experimental import structref
from numba.extending import overload_method

import dualad as da
from tests.grid import MODES, assert_everywhere

x = np.array([0.5, -1.5, 2.0])
DTYPE = np.dtype([("x", "f8"), ("n", "i8"), ("y", "f4"), ("v", "f8", (2,)), ("i", "i4")], align=True)


def table():
    rows = np.zeros(3, DTYPE)
    rows["x"], rows["n"], rows["y"], rows["v"], rows["i"] = (
        [1.0, 2.0, 3.0],
        [0, 2, 1],
        0.5,
        [1.0, 2.0],
        [2, 0, 1],
    )
    return rows


def by_attribute(x, a):
    s = 0.0
    for i in range(a.size):
        s += a[i].x * x[a[i].n] ** 2 * a[i].v[1]
    return s


def by_column(x, a):
    s = np.sum(a["x"] * x**2) * a.shape[0]
    for i in range(len(a)):
        s += a["x"][i] * x[a["i"][i]] ** 2 * a.x[0]
    return s


def by_row(x, a):
    s = 0.0
    for row in a:
        s += row.x * x[row.n] ** 2 * row["x"]
    return s


def of_one(x, row):
    return row.x * x[0] ** 2 + row["n"] * x[1] ** 3


class CurveType(types.StructRef):
    def preprocess_fields(self, fields):
        return tuple((name, types.unliteral(ty)) for name, ty in fields)


structref.register(CurveType)


class Curve(structref.StructRefProxy):
    def __new__(cls, k, w):
        return structref.StructRefProxy.__new__(cls, k, w)


structref.define_proxy(Curve, CurveType, ["k", "w"])


@overload_method(CurveType, "energy")
def _energy(self, x):
    return lambda self, x: np.sum(x * x) * self.k


def of_fields(x, curve):
    return np.sum(x * x) * curve.k + curve.w[1] * x[0] ** 3


def arrays_by_name():
    d = typed.Dict.empty(types.unicode_type, types.float64[:])
    d["a"] = np.array([1.0, 2.0])
    return d


def of_containers(x, by_name, arrays, raw):
    s = by_name["a"][1] * x[0] ** 2 if "a" in by_name else 0.0
    for a in arrays:
        s += a[0] * x[1] ** 2 * len(arrays)
    return s + raw[0] * x[2] ** 2


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (by_attribute, (table(),)),
        (by_column, (table(),)),
        (by_row, (table(),)),
        (of_one, (table()[1],)),
        (of_one, (np.rec.array(table())[2],)),
        (of_fields, (Curve(3.0, np.array([1.0, 2.0])),)),
        (of_containers, (arrays_by_name(), typed.List([np.array([1.0, 2.0]), np.array([3.0])]), b"\x01\x02")),
    ],
)
def test_passive_use(f, args):
    assert_everywhere(njit(f), x, *args, rtol=1e-7)


def assigned(x, a):
    a[0].x = 5.0
    return a[0].x * x[0]


def stored(x, a):
    a["x"][0] = 5.0
    return a[0].x * x[0]


@pytest.mark.parametrize("f", [assigned, stored])
@pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])
def test_records_that_are_stored_into_are_copied(f, mode):
    rows = table()
    np.testing.assert_array_equal(da.grad(f, mode=mode)(x, rows), [5.0, 0.0, 0.0])
    assert rows["x"][0] == 1.0


def active_in_a_record(x, a):
    a[0].x = x[0]
    return a[0].x * x[0]


def set_field(x, curve):
    curve.k = 2.0
    return x[0] * curve.k


def set_item(x, by_name):
    by_name["a"] = x
    return x[0]


def of_method(x, curve):
    return curve.energy(x)


CURVE = Curve(3.0, np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("f", "arg", "reason"),
    [
        (
            active_in_a_record,
            table(),
            "depends on the differentiated arguments does not fit into float64; keep it in",
        ),
        (
            set_field,
            CURVE,
            r"it stores into its argument 'curve' \(.*, line {}\); .* a CurveType cannot be copied",
        ),
        (
            set_item,
            arrays_by_name(),
            r"its argument 'by_name' \(.*, line {}\); .* a DictType cannot be copied",
        ),
        (
            of_method,
            CURVE,
            r"its argument 'curve' may be changed by the method 'energy' \(.*, line {}\); .*an @njit",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["forward", "tape"])
def test_refusals(f, arg, reason, mode):
    message = reason.format(f.__code__.co_firstlineno + 1)
    with pytest.raises(da.UnsupportedError, match=message):
        da.grad(f, mode=mode)(x, arg)


@pytest.mark.parametrize(
    ("f", "arg", "reason"),
    [
        (assigned, table(), r"`a\[0\].x`"),
        (stored, table(), "a store into an array in 'a'"),
        (set_field, CURVE, "`curve.k`"),
        (of_method, CURVE, "the attribute 'energy' of 'curve'"),
    ],
)
def test_there_is_no_adjoint_of_stores(f, arg, reason):
    with pytest.raises(da.UnsupportedError, match=rf"no compiled adjoint: .*: .*{reason}"):
        da.grad(f, mode="adjoint")(x, arg)


def test_methods_as_functions():
    @njit
    def energy(curve, x):
        return np.sum(x * x) * curve.k

    for mode in MODES:
        gradient = da.grad(lambda x, curve: energy(curve, x), mode=mode)(x, CURVE)
        np.testing.assert_allclose(gradient, 6.0 * x)


@njit
def climbing(n, x, scale):
    if n == 0:
        return np.exp(x) * scale
    if x == 0.0:
        return climbing(n - 1, 0.5, 1.0)  # without anything that is differentiated
    return np.sqrt(n + x) * climbing(n - 1, x, scale) + climbing(n - 1, 0.25, 2.0)


def test_recursion_with_passive_calls_inside():
    @njit
    def f(x, n):
        return climbing(n, x[0], x[1]) + climbing(n, 0.5, 1.0) * x[2] ** 2

    assert_everywhere(f, x, 2)
    assert_everywhere(f, np.array([0.7, 1.5, 0.3]), 3)
