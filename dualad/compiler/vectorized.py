"""Functions made by ``@vectorize``: the loop over elements is written anew, around their Python function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import njit, types

from ..numba_api import Dispatcher, DUFunc, as_dtype, loop_of

__all__ = ["implementation", "of_elements"]


def of_elements(function: DUFunc, scalars: Sequence[types.Type]) -> Dispatcher:
    """The function of numbers that a ufunc calls for elements of these types, which it converts."""
    py_func, signature, options = loop_of(function, tuple(scalars))
    return _jitted(py_func, signature, bool(options.get("fastmath")))


@cache
def _jitted(py_func: Any, signature: Any, fastmath: bool) -> Dispatcher:
    # As @vectorize compiles it.
    dispatcher: Dispatcher = njit(signature, error_model="numpy", fastmath=fastmath)(py_func)
    return dispatcher


@cache
def implementation(function: DUFunc) -> Callable[..., Any]:
    """What Numba would take for an overload: from types to the loop over elements."""
    names = [f"x{i}" for i in range(function.nin)]

    def chosen(*args: types.Type) -> Any:
        scalars = [ty.dtype if isinstance(ty, types.Array) else ty for ty in args]
        scalar = of_elements(function, scalars)
        ranks = [ty.ndim if isinstance(ty, types.Array) else None for ty in args]
        dtype = as_dtype(scalar.nopython_signatures[0].return_type)
        scope = {"np": np, "scalar": scalar, "dtype": dtype.type}
        return _made(_written(names, ranks), "implementation", scope)

    listed = ", ".join(names)
    text = f"def choose({listed}):\n    return chosen({listed})\n"
    choose: Callable[..., Any] = _made(text, "choose", {"chosen": chosen})
    return choose


def _written(names: Sequence[str], ranks: Sequence[int | None]) -> str:
    """The text of the loop for arguments of these ranks, None for a number."""
    arrays = [name for name, rank in zip(names, ranks, strict=True) if rank]
    single = {name: f"{name}[()]" if rank == 0 else name for name, rank in zip(names, ranks, strict=True)}
    head = f"def implementation({', '.join(names)}):\n"
    if not arrays:
        return f"{head}    return scalar({', '.join(single.values())})\n"
    shapes = ", ".join(f"{name}.shape" for name in arrays)
    shape = f"np.broadcast_shapes({shapes})" if len(arrays) > 1 else f"{arrays[0]}.shape"
    lines = [f"shape = {shape}"]
    lines += [f"{name}_ = np.broadcast_to({name}, shape)" for name in arrays]
    items = ", ".join(f"{name}_[at]" if name in arrays else single[name] for name in names)
    lines += [
        "out = np.empty(shape, dtype)",
        "for at in np.ndindex(shape):",
        f"    out[at] = scalar({items})",
    ]
    return head + "".join(f"    {line}\n" for line in [*lines, "return out"])


def _made(text: str, name: str, scope: dict[str, Any]) -> Any:
    exec(compile(text, f"<{name} of a ufunc>", "exec"), scope)
    return scope[name]
