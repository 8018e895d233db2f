"""The table is complete, consistent and free of machinery."""

from __future__ import annotations

import builtins
import inspect
import itertools
import math
import operator
import subprocess
import sys

import numpy as np
import pytest

from dualad.rules import Op, for_call, lookup, table
from dualad.rules.accuracy import samples
from dualad.rules.algebra import Operand, apply
from dualad.rules.readings import Real
from dualad.rules.table import Refused
from dualad.rules.table import op as define

ALL = list(table())
# What compiled code does with instructions; every other op of a formula needs a kernel.
INSTRUCTIONS = {
    "add", "sub", "mul", "truediv", "neg", "pos", "abs", "where", "absorbing", "float", "logical_and",
    "logical_or", "logical_not", "lt", "le", "gt", "ge", "eq", "ne", "ahead", "heading", "unsettled",
}  # fmt: skip
KINKED = {
    "abs", "acosh", "around", "asin", "atan2", "atanh", "cbrt", "ceil", "clip", "copysign", "divmod", "floor",
    "floordiv", "fmax", "fmin", "fmod", "frexp", "hypot", "log", "max", "maximum", "min", "minimum", "mod",
    "nan_to_num", "pow", "rint", "round", "sign", "sqrt", "trunc",
}  # fmt: skip


class Trace(Operand):
    """Notes the names of the ops a formula uses."""

    def __init__(self, names):
        self.names = names

    def stage(self, name, operands):
        self.names.add(name)
        outputs = lookup(name).outputs
        return self if outputs == 1 else (self,) * outputs


def formulas(op):
    found = [p for k in range(op.outputs) for p in op.partials_of(k)] if op.partials else []
    return [p for p in found if callable(p) and not isinstance(p, Refused)]


@pytest.mark.parametrize("op", ALL, ids=lambda op: op.name)
def test_op_is_complete(op):
    assert op.reference is not None
    assert op.oracle is not None
    assert len(op.domain) == op.arity
    assert op.note or op.name not in KINKED
    assert op.is_called or op.note, "a helper says what it computes"
    assert all(len(arguments) == op.arity for arguments, _ in op.edges)
    assert all(len(expected) == op.arity * op.outputs for _, expected in op.edges)
    if not op.passive:
        assert len(op.partials) == (op.outputs if op.outputs > 1 else op.arity)


@pytest.mark.parametrize("op", ALL, ids=lambda op: op.name)
def test_formulas_use_ops_of_the_table_with_kernels(op):
    names = set()
    for formula, n in itertools.product(formulas(op), (0, 1)):
        trace = Trace(names)
        arguments = [n * (i == op.integers[0]) if i in op.integers else trace for i in range(op.arity)]
        formula(*arguments, (trace,) * op.outputs if op.outputs > 1 else trace)
    for name in names:
        assert name in INSTRUCTIONS or lookup(name).kernel is not None, name


@pytest.mark.parametrize("op", ALL, ids=lambda op: op.name)
def test_partials_take_arguments_and_result(op):
    for formula in formulas(op):
        assert len(inspect.signature(formula).parameters) == op.arity + 1


@pytest.mark.parametrize("op", ALL, ids=lambda op: op.name)
def test_reference_agrees_with_oracle(op):
    import mpmath

    for arguments in samples(op, count=5):
        exact = [a if i in op.integers else mpmath.mpf(float(a)) for i, a in enumerate(arguments)]
        operands = [a if i in op.integers else Real(a) for i, a in enumerate(arguments)]
        got = apply(op.name, *operands)
        with mpmath.workdps(700 if op.tolerance is None else 100):
            want = op.oracle(mpmath.mp, *exact)
        for g, w in zip(got, want, strict=True) if op.outputs > 1 else [(got, want)]:
            rel = 1e-7 if op.name == "float32" else max(1e-14, op.tolerance or 0.0)
            small = 1e-16 if op.name == "sinc" else 1e-300
            if op.name in ("betaln", "kl_div"):  # SciPy's values cancel; our partials do not use them
                small = 1e-14 * max(map(abs, arguments))
            assert float(g.value) == pytest.approx(float(w), rel=rel, abs=small)


def test_no_callable_belongs_to_two_ops():
    seen = [(call, op.name) for op in ALL for call in op.calls]
    assert len({call for call, _ in seen}) == len(seen)
    assert all(for_call(call).name == name for call, name in seen)


def test_a_second_owner_is_refused():
    with pytest.raises(ValueError, match="belongs to ops 'sin'"):
        define("sine", math.sin, 1)
    with pytest.raises(ValueError, match="defined twice"):
        define("sin", (), 1)
    assert isinstance(lookup("sin"), Op)


def test_for_call_of_strangers():
    assert for_call(len) is None
    assert for_call([]) is None  # unhashable


def test_rules_import_neither_numba_nor_scipy():
    code = "import sys, dualad.rules; print([m for m in ('numba', 'scipy', 'mpmath') if m in sys.modules])"
    stub = "import sys, types; m = types.ModuleType('dualad'); m.__path__ = [%r]; sys.modules['dualad'] = m; "
    path = str(__import__("dualad").__path__[0])
    done = subprocess.run(
        [sys.executable, "-c", stub % path + code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# -- everything Numba compiles on real scalars is in the table ------------------------------------------

# Functions of real numbers that are no operations on them.
NOT_OPS = {"complex", "hash", "print", "range", "repr", "slice", "str", "sum", "type"}
# Reductions and scans of arrays, which Numba also takes for a scalar: rules for arrays cover them.
REDUCTIONS = {"all", "amax", "amin", "any", "average", "cumsum", "max", "mean", "min", "prod", "std", "sum"}
# Conversions to types that are not real numbers of single or double precision; no operations on numbers.
NOT_REAL = {
    "bytes_", "complex128", "complex64", "datetime64", "finfo", "float16", "nditer", "object_", "str_",
    "timedelta64",
}  # fmt: skip


@pytest.fixture(scope="module")
def compiles():
    """Whether Numba resolves a call of a function with arguments of given types."""
    from numba.core import compiler, errors, targetconfig
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()

    def resolves(function, *args):
        typing = cpu_target.typing_context
        with targetconfig.ConfigStack().enter(compiler.Flags()):
            try:
                return typing.resolve_function_type(typing.resolve_value_type(function), args, {}) is not None
            except (errors.NumbaError, TypeError, ValueError, AssertionError, AttributeError, KeyError):
                return False

    return resolves


def test_all_of_math_is_in_the_table(compiles):
    from numba import types

    found = set()
    for name in dir(math):
        function = getattr(math, name)
        if callable(function) and any(
            compiles(function, *args)
            for args in ((types.float64,), (types.float64, types.float64), (types.float64, types.intc))
        ):
            found.add(name)
    found.discard("gcd")  # of integers: Numba would truncate its arguments
    assert len(found) > 35
    assert {name for name in found if for_call(getattr(math, name)) is None} == set()


def test_all_operators_are_in_the_table(compiles):
    from numba import types

    double = types.float64
    found = {n for n in dir(operator) if n[0] != "_" and any(
        compiles(getattr(operator, n), *[double] * k) for k in (1, 2))}  # fmt: skip
    assert len(found) > 20
    assert {name for name in found if for_call(getattr(operator, name)) is None} == set()


def test_all_builtins_are_in_the_table(compiles):
    from numba import types

    found = {n for n in dir(builtins) if n[0].islower() and callable(getattr(builtins, n)) and any(
        compiles(getattr(builtins, n), *[types.float64] * k) for k in (1, 2))}  # fmt: skip
    assert {name for name in found - NOT_OPS if for_call(getattr(builtins, name)) is None} == set()
    assert for_call(int) is not None  # an overload that literal typing hides


def test_all_real_ufuncs_are_in_the_table():
    from numba.np import ufunc_db

    def is_real(loop):
        return loop.startswith("d") and set(loop.split("->")[0]) <= set("dil")

    real = [u for u in ufunc_db.get_ufuncs() if any(map(is_real, ufunc_db.get_ufunc_info(u)))]
    assert len(real) > 65
    assert {u.__name__ for u in real if for_call(u) is None} == set()


def test_all_numpy_functions_of_scalars_are_in_the_table(compiles):
    from numba import types

    candidates = [n for n in dir(np) if callable(getattr(np, n)) and n not in REDUCTIONS | NOT_REAL]
    candidates = [n for n in candidates if for_call(getattr(np, n)) is None and not _is_abstract(n)]
    assert {n for n in candidates if compiles(getattr(np, n), types.float64)} - _aliases() == set()


def _is_abstract(name):
    """Whether it is a class of numbers without numbers of its own, of which NumPy 2.0 makes a dtype."""
    thing = getattr(np, name)
    return isinstance(thing, type) and issubclass(thing, np.generic) and thing not in np.sctypeDict.values()


def _aliases():
    """Second names of the types that are excluded, or of integers."""
    excluded = {getattr(np, n) for n in NOT_REAL}
    return {n for n in dir(np) if isinstance(getattr(np, n), type) and getattr(np, n) in excluded}
