"""Adjoints run as the Python they are written in, beside Numba's values and differences of them."""

from __future__ import annotations

import numpy as np
from numba import njit, typeof

from dualad.adjoints.engine import SWITCHES, adjoint, whole

# Weights of f(x + kh) - f(x - kh), k = 1..4: exact for polynomials of degree 8 (Fornberg 1988).
WEIGHTS = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
STEP = 2e-3


def agrees(f, *args, switches=(SWITCHES,), rtol=1e-9, step=STEP, exact=True):
    """Value to the bit of Numba's, all gradients those of differences, arguments as before; the source.

    Results of several numbers are weighted. Not `exact` are functions that Python and NumPy round otherwise
    than Numba, which the emitted code calls by their names.
    """
    py_func = getattr(f, "py_func", f)
    primal = f if py_func is not f else njit(f)
    value = primal(*duplicated(args))
    active = tuple(i for i, arg in enumerate(args) if any(_is_float(leaf) for leaf in _leaves(arg)))
    seeds = [_weights(leaf) for leaf in _leaves(value) if _is_float(leaf)]
    references = _differences(primal, args, seeds, step)
    for chosen in switches:
        made = adjoint(py_func, [typeof(arg) for arg in args], active, whole, chosen)
        given = duplicated(args)
        got, gradients = made.function(*given, *seeds)
        assert_same(got, value, 0.0 if exact else 1e-14)
        assert_same(given, args)
        for gradient, reference in zip(gradients, references, strict=True):
            np.testing.assert_allclose(gradient, reference, rtol=rtol, atol=rtol, err_msg=made.source)
    return made.source


def duplicated(thing):
    """A copy in which arrays lie in memory as they did."""
    if isinstance(thing, tuple):
        items = [duplicated(item) for item in thing]
        return type(thing)(*items) if hasattr(thing, "_fields") else tuple(items)
    if not isinstance(thing, np.ndarray):
        return thing
    owner = thing if thing.base is None else thing.base
    offset = thing.ctypes.data - owner.ctypes.data
    copied = np.ndarray(thing.shape, thing.dtype, owner.copy(order="A"), offset, thing.strides)
    copied.flags.writeable = thing.flags.writeable
    return copied


def assert_same(one, other, rtol=0.0):
    """The same numbers in the same places, to the bit if there is no tolerance."""
    if isinstance(other, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b, rtol)
    elif other is None:
        assert one is None
    else:
        assert np.asarray(one).dtype.kind == np.asarray(other).dtype.kind
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)


def _leaves(thing):
    if isinstance(thing, tuple):
        return [leaf for item in thing for leaf in _leaves(item)]
    return [thing]


def _is_float(leaf):
    return isinstance(leaf, float) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f")


def _weights(leaf):
    return np.cos(np.arange(1.0, np.size(leaf) + 1)).reshape(np.shape(leaf)) if np.ndim(leaf) else 1.25


def _differences(primal, args, seeds, step):
    """The gradient of the weighted results by every float of the arguments."""

    def result(path, position, moved):
        given = duplicated(args)
        given = _replaced(given, path, position, moved)
        results = [leaf for leaf in _leaves(primal(*given)) if _is_float(leaf)]
        return sum(np.sum(seed * leaf) for seed, leaf in zip(seeds, results, strict=True))

    found = []
    for path, leaf in _paths(args):
        gradient = np.zeros(np.shape(leaf))
        for position in np.ndindex(np.shape(leaf)):
            parts = [
                w * (result(path, position, k * step) - result(path, position, -k * step))
                for k, w in enumerate(WEIGHTS, 1)
            ]
            gradient[position] = sum(parts) / step
        found.append(gradient)
    return found


def _paths(thing, path=()):
    if isinstance(thing, tuple):
        return [found for i, item in enumerate(thing) for found in _paths(item, (*path, i))]
    return [(path, thing)] if _is_float(thing) else []


def _replaced(thing, path, position, by):
    if path:
        items = list(thing)
        items[path[0]] = _replaced(items[path[0]], path[1:], position, by)
        return type(thing)(*items) if hasattr(thing, "_fields") else tuple(items)
    if isinstance(thing, float):
        return thing + by
    writeable = thing.flags.writeable
    thing.flags.writeable = True
    thing[position] += by
    thing.flags.writeable = writeable
    return thing
