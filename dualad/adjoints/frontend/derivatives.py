"""Derivatives inside a function: a gradient's compiled adjoint is inlined, others are called.

The adjoint of a derivative that is called is a vector-Jacobian product of that derivative.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from ...compiler.analysis.summaries import written_arguments
from ..analysis.memory import may_share
from ..errors import NotTransformable
from ..ir import numba_types
from ..ir.nodes import FLOATS, OTHER, Call, Const, Op, Tuple, Value, leaves, values_of, walk
from ..library import foreign
from .callees import LARGE, Callee, form_of
from .complex_numbers import is_complex
from .inlined import inlined


def derivative(reader: Any, driver: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
    """What a derivative gives that the function calls."""
    given = inspect.signature(driver.py_func).bind(*args, **keywords)
    given.apply_defaults()
    if given.kwargs:
        raise NotTransformable(f"the derivative {driver.__name__!r} with keyword arguments")
    passed = [reader.captured("argument", value) for value in given.args]  # those of *args one by one
    if any(map(_has_complex, passed)):
        raise NotTransformable(f"complex numbers as arguments of {driver.__name__!r}")
    argtypes = tuple(map(numba_types.of, passed))
    if written_arguments(driver, argtypes) and may_share(passed):
        # On the tape the derivative looks at the addresses.
        raise NotTransformable(f"arrays that may share memory in a call of {driver.__name__!r}")
    original = getattr(driver.differentiated, "original", None)
    options = getattr(original, "targetoptions", {})
    reader.check_options(driver, options, ("error_model", "python"), ("boundscheck", None))
    try:
        adjoint, form = _adjoint(reader, driver, argtypes)
    except NotTransformable:
        return _called(reader, driver, passed, argtypes)
    with reader.build.at_most(LARGE), reader.build.of_derivative():
        found = inlined(reader, adjoint, passed)
    value, adjoints = found.items
    gradient = numba_types.formed(form, iter(adjoints.items))
    return Tuple((value, gradient)) if driver.kernel.with_value else gradient


def _adjoint(reader: Any, driver: Any, argtypes: tuple[Any, ...]) -> tuple[Any, Any]:
    """The compiled adjoint that a gradient takes, and the form of the gradient."""
    known = reader.callees.adjoints
    if (driver, argtypes) not in known:
        if not hasattr(driver.kernel, "program"):
            raise NotTransformable(f"the derivative {driver.__name__!r} inside the function")
        adjoint, form = driver.kernel.program(argtypes)
        if any(isinstance(s, Op) and s.rule is not None and s.rule.decides for s in walk(adjoint.body)):
            # What it is at kinks depends on how its arguments move: tapes know.
            raise NotTransformable("the gradient of a function with kinks")
        known[driver, argtypes] = adjoint, form
    return known[driver, argtypes]


def _has_complex(tree: Any) -> bool:
    """Whether there are complex numbers in a tree."""
    return is_complex(tree) or (isinstance(tree, Tuple) and any(map(_has_complex, tree.items)))


# -- called -----------------------------------------------------------------------------------------


@dataclass(eq=False)
class DerivativeCallee(Callee):
    """A derivative for numbers and arrays; it may raise what its function raises."""

    raises: bool = True

    def adjoint(
        self, name: str, active: frozenset[int], seeded: frozenset[int]
    ) -> tuple[Callable[..., Any], str]:
        """The adjoint by some arguments, given those of some parts of the result; and its text.

        It is called as those of other callees: with the arguments, the seeds, and the adjoints of arrays, to
        which it adds; it returns the result and the adjoints of numbers.
        """
        chosen = sorted(active)
        arguments = [f"x{i}" for i in range(len(self.arguments))]
        seeds = {k: f"seed{k}" for k in sorted(seeded)}
        outs = list(leaves(self.result))
        zeros = [f"np.zeros(y{k}.shape)" if out.is_array else "0.0" for k, out in enumerate(outs)]
        parts = [seeds.get(k, zero) for k, zero in enumerate(zeros)]
        numbers = [i for i in chosen if self.arguments[i].rank is None]
        arrays = [i for i in chosen if i not in numbers]
        lines = []
        if any(out.is_array and k not in seeds for k, out in enumerate(outs)):
            values = _tuple(f"y{k}" for k, _ in enumerate(parts))
            lines.append(f"{values} = derivative({', '.join(arguments)})")
        by = [f"x{i}" for i in chosen], [f"slope{i}" for i in chosen]
        primals, slopes = map(_tuple, by) if len(chosen) > 1 else (side[0] for side in by)
        cotangent = _tuple(parts) if isinstance(self.result, Tuple) else parts[0]
        others = [x for i, x in enumerate(arguments) if i not in active]
        lines.append(f"result, {slopes} = pullback({', '.join([primals, cotangent, *others])})")
        lines += [f"bar{i} += slope{i}" for i in arrays]
        lines.append(f"return result, {_tuple(f'slope{i}' for i in numbers)}")
        parameters = [*arguments, *seeds.values(), *(f"bar{i}" for i in arrays)]
        text = f"def {name}({', '.join(parameters)}):\n    " + "\n    ".join(lines) + "\n"
        pullback = self.function.pullback(chosen[0] if len(chosen) == 1 else tuple(chosen))
        scope = {"pullback": pullback, "derivative": self.function, "np": np}
        file = f"<adjoint {next(_numbers)} of a derivative>"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        exec(compile(text, file, "exec"), scope)
        made: Any = scope[name]
        return made, text


def _tuple(items: Iterable[str]) -> str:
    return f"({''.join(f'{item}, ' for item in items)})"


_numbers = count(1)


def _called(reader: Any, driver: Any, args: Sequence[Any], argtypes: Sequence[Any]) -> Any:
    """The result of a derivative that is called."""
    name = driver.__name__
    if not all(isinstance(arg, Value | Const) and arg.kind != OTHER for arg in args):
        raise NotTransformable(f"the derivative {name!r} of something other than numbers and arrays")
    result = foreign.out(reader.build, name, numba_types.result_of(driver, argtypes))
    nested = any(isinstance(part, Tuple) for part in getattr(result, "items", ()))
    if nested or any(value.kind not in FLOATS for value in values_of(result)):
        raise NotTransformable(f"the derivative {name!r}, whose result has other parts than floats")
    key = driver, tuple(map(form_of, args))
    callee = reader.callees.known.setdefault(key, DerivativeCallee(driver, key[1]))
    callee.result = result
    outs = tuple(values_of(result))
    reader.build.emit(Call(outs, callee, tuple(args), result), *outs)
    for value in outs:
        if value.is_array:
            reader.build.with_extents(value, value.extents or ())
    return result
