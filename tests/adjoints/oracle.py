"""What must hold of every adjoint, checked on the text that is emitted, run as plain Python."""

from __future__ import annotations

import itertools
import types
from collections import namedtuple

import numpy as np
from numba import typeof
from numba.core.dispatcher import Dispatcher

from dualad.adjoints.engine import SWITCHES, adjoint, whole
from tests.adjoints.duals import Dual, derivatives, dot, poisoned, value

COMBINATIONS = tuple(
    frozenset(chosen)
    for size in range(len(SWITCHES) + 1)
    for chosen in itertools.combinations(sorted(SWITCHES), size)
)
TOLERANCE = 1e-13
Outcome = namedtuple("Outcome", "results error slopes majorants")


def leaves(result):
    """The arrays and numbers of a result."""
    if isinstance(result, tuple):
        return [leaf for item in result for leaf in leaves(item)]
    return [result]


def differentiated(args):
    """The positions of what has derivatives."""
    return [n for n, arg in enumerate(args) if np.asarray(arg).dtype.kind == "f"]


def reference(function, args, active=None):
    """Values and, by leaf, derivatives and majorants; or the exception."""
    active = differentiated(args) if active is None else active
    try:
        with np.errstate(all="ignore"):
            results, size = derivatives(function, args, active)
    except Exception as error:
        return Outcome(None, error, None, None)
    parts = [np.asarray(leaf) for leaf in leaves(results)]
    values = [np.array([value(v) for v in part.ravel()]).reshape(part.shape) for part in parts]
    rows = [[v if isinstance(v, Dual) else None for v in part.ravel()] for part in parts]
    slopes, majorants = (
        [
            np.array([np.zeros(size) if v is None else getattr(v, name) for v in row]).reshape(len(row), size)
            for row in rows
        ]
        for name in ("slope", "majorant")
    )
    return Outcome(values, None, slopes, majorants)


def seeds_for(values, number=0):
    """An adjoint for every leaf that is of floats."""
    rng = np.random.default_rng(number)
    return [rng.uniform(0.5, 2, v.shape) * rng.choice([-1, 1], v.shape) for v in values]


def check(function, args, active=None, combinations=COMBINATIONS, expected=None):
    """Hold the adjoint under every combination of switches against the reference; returns the adjoints."""
    active = differentiated(args) if active is None else active
    expected = expected or reference(function, args, active)
    made = {}
    for switches in combinations:
        made[switches] = adjoint(function, [typeof(arg) for arg in args], active, whole, switches)
        try:
            compare(made[switches], args, active, expected)
        except BaseException as error:
            error.add_note(f"switches {sorted(switches)}\n{made[switches].source}")
            raise
    return made


def compare(made, args, active, expected):
    """One emitted adjoint, uncompiled, against the reference."""
    emitted = made.function
    poison(emitted)
    copies = {id(arg): arg.copy() for arg in args if isinstance(arg, np.ndarray)}
    given = [copies.get(id(arg), arg) for arg in args]  # the same array twice is so here
    seeds = [] if expected.error else seeds_for(expected.results)
    passed = [
        seed if seed.ndim else float(seed)
        for seed, value in zip(seeds, expected.results or (), strict=True)
        # what is an integer on this path and a float on another is a float
        if value.dtype.kind == "f" or len(made.seeds) == len(expected.results)
    ]
    if expected.error is not None:
        try:
            emitted(*given, *[np.ones((1,) * rank) if rank else 1.0 for rank in made.seeds])
        except type(expected.error):
            return
        raise AssertionError(f"the function raises {expected.error!r}, its adjoint does not")
    with np.errstate(all="ignore"):
        results, gradients = emitted(*given, *passed)
    for before, after in zip(args, given, strict=True):
        np.testing.assert_array_equal(after, before, "an argument was written to")
    for got, want in zip(leaves(results), expected.results, strict=True):
        np.testing.assert_array_equal(got, want, "the value", strict=False)
    got = np.concatenate([np.ravel(g).astype(float) for g in gradients])
    pairs = [(s.ravel(), j, m) for s, j, m in zip(seeds, expected.slopes, expected.majorants, strict=True)]
    wanted = sum(combined(s, j) for s, j, _ in pairs)
    bound = sum(np.abs(s) @ m for s, _, m in pairs)
    assert np.all(is_close(got, wanted, bound)), f"gradient {got} instead of {wanted}"
    for array, gradient in zip([args[n] for n in active], gradients, strict=True):
        assert np.shape(gradient) == np.shape(array)


def is_close(got, wanted, bound):
    """Whether numbers differ by rounding alone; NaN and infinity are as they are."""
    with np.errstate(invalid="ignore"):
        near = np.abs(got - wanted) <= TOLERANCE * bound
    return (got == wanted) | (np.isnan(got) & np.isnan(wanted)) | (near & np.isfinite(wanted))


def combined(seed, jacobian):
    """seed @ jacobian, where zeros absorb."""
    with np.errstate(invalid="ignore"):
        terms = np.where(jacobian == 0, 0.0, seed[:, None] * jacobian)
    return terms.sum(0)


class _Poisoned:
    """NumPy whose empty arrays hold what no program may read."""

    def __getattr__(self, name):
        return getattr(np, name)

    empty = staticmethod(lambda shape, dtype=float: poisoned(shape, dtype))
    dot = staticmethod(dot)


def poison(emitted):
    """Fill new arrays and tapes with NaN, so that reading what was not stored shows."""
    names = emitted.__globals__
    names["np"] = _Poisoned()
    for name in ("grown", "grown_integers"):
        if name in names:
            names[name] = _grown
    for name in ("planted", "common_extent", "advances"):  # nothing is to be compiled
        if name in names:
            names[name] = names[name].py_func
    uncompiled(names, {})
    names["is_too_large"] = lambda elements: False


def uncompiled(names, known):
    """The user's functions among the names, and those that they call, as the Python they were."""
    for name, thing in list(names.items()):
        if isinstance(thing, Dispatcher) and not _is_ours(thing.py_func):
            if thing not in known:
                python = thing.py_func
                known[thing] = types.FunctionType(
                    python.__code__, dict(python.__globals__), name, python.__defaults__, python.__closure__
                )
                uncompiled(known[thing].__globals__, known)
            names[name] = known[thing]


def _is_ours(function):
    return (function.__module__ or "").startswith("dualad.")


def _grown(tape, needed, beside=0):
    larger = poisoned(max(needed, 2 * tape.size, 64), float if tape.dtype.kind == "f" else np.int64)
    larger[: tape.size] = tape
    return larger
