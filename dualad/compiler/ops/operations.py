"""Typing templates and lowerings of the ops, made from the op table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from numba import types
from numba.extending import lower_builtin

from ...numba_api import AbstractTemplate, Signature, signature
from ...rules.arrays.extrema import OF_ELEMENTS
from ...rules.table import Op, lookup, table
from ...staging import complex_numbers
from ...staging.stage import Stage
from ...types.active import (
    LONGEST_EXPRESSION,
    Active,
    Dual,
    Expr,
    complex_of,
    contained,
    is_complex,
    is_number,
    is_real,
    is_scalar,
    level_of,
    lowered,
    part_of,
    storage,
    weighted_signs,
)
from . import elementwise


def result_type(typing: Any, op: Op, function: Any, args: Sequence[types.Type]) -> types.Type:
    """The type of ``function(*args)`` with scalar arguments of which some may be active.

    Without a function the op is one of a formula, whose result is a float.
    """
    if op.fold and len(args) > 2:
        first = result_type(typing, op, function, args[:2])
        return result_type(typing, op, function, (first, *args[2:]))
    level = max(level_of(ty) for ty in args)
    if level == 0 and function is None:
        return max((ty for ty in args if isinstance(ty, types.Float)), default=types.float64)
    if level == 0:
        fnty = typing.resolve_value_type(function)
        ty: types.Type = fnty.get_call_type(typing, tuple(args), {}).return_type
        return ty
    inner = [lowered(ty, level) for ty in args]
    result = result_type(typing, op, function, inner)
    if op.passive:
        return result
    if is_complex(result):
        return _complex(op, args, result, level)
    if any(map(is_complex, args)):  # the modulus
        return _attached(lookup("hypot"), 0, [part_of(args[0])] * 2, result, level)
    if op.outputs == 1:
        return _attached(op, 0, args, result, level)
    return types.Tuple([_attached(op, k, args, ty, level) for k, ty in enumerate(result)])


def _attached(op: Op, output: int, args: Sequence[types.Type], base: types.Type, level: int) -> types.Type:
    """The type of an output of `op` whose value one level down has type `base`."""
    live = [
        (ty, partial)
        for ty, partial in zip(args, op.partials_of(output), strict=True)
        if level_of(ty) == level and not (isinstance(partial, int | float) and partial == 0)
    ]
    if not live or not is_real(base):
        return base
    first = live[0][0]
    if isinstance(first, Dual):
        return first.over(storage(base))
    signs = tuple(sign for ty, partial in live for sign in weighted_signs(partial, ty))
    if len(signs) > LONGEST_EXPRESSION:
        return first.over(storage(base))
    return Expr(storage(base), signs, level, first.nested)


def _complex(op: Op, args: Sequence[types.Type], base: types.Type, level: int) -> types.Type:
    """The type of a complex result whose value one level down has type `base`."""
    for ty, partial in zip(args, op.on_complex or op.partials, strict=True):
        if level_of(ty) == level and (callable(partial) or partial != 0):
            part = part_of(ty)
            assert isinstance(part, Active)
            return complex_of(part.over(part_of(base)))
    return base


def takes(op: Op, args: Sequence[types.Type]) -> bool:
    """Whether scalars of these types are operands of the op."""
    if not any(map(is_complex, args)):
        return all(map(is_scalar, args))
    takes_complex = bool(op.on_complex) or op.truth or complex_numbers.is_special(op)
    return takes_complex and all(map(is_number, args))


@cache
def template_for(
    op: Op, function: Any, differentiable: Callable[[Any], Any], typing_key: Any
) -> type[AbstractTemplate]:
    """A template that answers for active scalar arguments of `function`, and for nothing else.

    Where it is a fold of the elements of a vector, `differentiable` compiles that.
    """
    implementation_key = ("dualad", op.name, function)

    @cache
    def fold() -> Any:
        return differentiable(OF_ELEMENTS[function])  # of which types keep no reference

    class ActiveCall(AbstractTemplate):
        key = typing_key
        prefer_literal = True

        def generic(self, args: Any, kws: Any) -> Signature | None:
            if kws or not any(map(contained, args)):
                return None
            if _is_folded(args, function):
                return types.Dispatcher(fold()).get_call_type(self.context, args, {})
            if any(isinstance(ty, types.Array) for ty in args):
                return elementwise.array_signature(self.context, function, args, takes, result_type)
            if not takes(op, args) or not _arity_fits(op, len(args)):
                return None
            kept = [
                ty if i == op.exponent and isinstance(ty, types.IntegerLiteral) else types.unliteral(ty)
                for i, ty in enumerate(args)
            ]
            result = result_type(self.context, op, function, [types.unliteral(ty) for ty in args])
            return signature(result, *kept)

        def get_impl_key(self, sig: Signature) -> Any:
            return implementation_key

    @lower_builtin(implementation_key, types.VarArg(types.Any))
    def lower(context: Any, builder: Any, sig: Signature, args: Any) -> Any:
        if _is_folded(sig.args, function):
            folded = context.get_function(types.Dispatcher(fold()), sig)
            return folded(builder, args)
        if any(isinstance(ty, types.Array) for ty in sig.args):
            return elementwise.lower(context, builder, function, sig, args)
        stage = Stage(context, builder)
        operands = [
            stage.value(ty, arg) if hasattr(arg, "type") else arg
            for ty, arg in zip(sig.args, args, strict=True)
        ]
        result = stage.call(op, function, operands)
        if op.outputs == 1 or not isinstance(result, tuple):
            return stage.cast(result, sig.return_type).ll
        parts = [stage.cast(r, ty).ll for r, ty in zip(result, sig.return_type, strict=True)]
        return context.make_tuple(builder, sig.return_type, parts)

    ActiveCall.__name__ = f"Active_{op.name}"
    return ActiveCall


def _is_folded(args: Sequence[types.Type], function: Any) -> bool:
    """Whether it is a call of Python's min or max of the elements of one vector."""
    return (
        function in OF_ELEMENTS and len(args) == 1 and isinstance(args[0], types.Array) and args[0].ndim == 1
    )


def _arity_fits(op: Op, count: int) -> bool:
    return op.arity <= count <= op.arity + op.optional or (op.fold and count >= 2)


def calls() -> list[tuple[Op, Any]]:
    """Every (op, callable) pair of the table."""
    return [(op, function) for op in table() for function in op.calls] + [
        (op, op.cmath) for op in table() if op.cmath is not None
    ]
