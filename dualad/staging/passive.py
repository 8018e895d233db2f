"""Operations on passive values: one instruction, a Numba implementation, or a library symbol."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import errors
from numba.extending import register_jitable

from ..numba_api import cgutils, fold_arguments
from ..registry import entering
from ..rules import kernels, order_kernels, special_kernels
from ..rules.table import Op
from . import scipy_symbols
from .value import Emitter, Value

LARGEST_UNROLLED_POWER = 64


# The kernels that other kernels call.
for _shared in (
    kernels.polygamma, special_kernels.gamma_density, special_kernels.polygamma_step,
    order_kernels.hankel_slope, order_kernels.kv_slope, order_kernels.power_slope,
):  # fmt: skip
    register_jitable(_shared)

# Code of ops that are neither one instruction nor a kernel, by their names. It takes the type in which the
# operands meet, and the operands.
_CODE: dict[str, Callable[..., Value]] = {}
_emits = partial(entering, _CODE)


def emit(stage: Emitter, op: Op, operands: Sequence[Any]) -> Value:
    """An op of a formula on passive operands."""
    simple = folded(stage, op, operands)
    if simple is not None:
        return simple
    ty = _common_float(operands)
    if op.instruction:
        return _instruction(stage, op, ty, operands)
    if op.decides:
        return stage.constant(ty, 0.0)
    code = _CODE.get(op.name)
    return _kernel(stage, op, ty, operands) if code is None else code(stage, ty, *operands)


def _instruction(stage: Emitter, op: Op, ty: types.Type, operands: Sequence[Any]) -> Value:
    name, _, predicate = op.instruction.partition(" ")
    if not name.startswith("f"):
        truths = [_boolean(stage, operand) for operand in operands]
        return stage.value(types.boolean, getattr(stage.builder, name)(*truths))
    lls = [stage.cast(operand, ty).ll for operand in operands]
    if predicate:
        compare = stage.builder.fcmp_unordered if predicate == "!=" else stage.builder.fcmp_ordered
        return stage.value(types.boolean, compare(predicate, *lls))
    return stage.value(ty, getattr(stage.builder, name)(*lls))


def call(stage: Emitter, function: Any, operands: Sequence[Any]) -> Any:
    """Numba's own implementation of `function`, the one plain compiled code would run."""
    fnty = stage.typing.resolve_value_type(function)
    static = _static_call(stage, fnty, operands)
    if static is not None:
        return static
    argtypes = tuple(types.unliteral(_type_of(stage, o)) for o in operands)
    signature = fnty.get_call_type(stage.typing, argtypes, {})
    implementation = stage.context.get_function(fnty, signature)
    result = implementation(stage.builder, _arguments(stage, signature, operands))
    if isinstance(signature.return_type, types.BaseTuple):
        return tuple(
            stage.value(ty, stage.builder.extract_value(result, k))
            for k, ty in enumerate(signature.return_type)
        )
    return stage.value(signature.return_type, result)


def _arguments(stage: Emitter, signature: Any, operands: Sequence[Any]) -> list[Any]:
    """The operands as `signature` wants them: defaults filled in, ``*args`` packed."""
    if signature.pysig is None:
        return [stage.cast(o, ty).ll for o, ty in zip(operands, signature.args, strict=True)]

    def default(index: int, parameter: Any, value: Any) -> Any:
        return stage.context.get_constant_generic(stage.builder, signature.args[index], value)

    def starred(index: int, parameter: Any, values: Sequence[Any]) -> Any:
        ty = signature.args[index]
        lls = [stage.cast(o, item).ll for o, item in zip(values, ty.types, strict=True)]
        return stage.context.make_tuple(stage.builder, ty, lls)

    folded = fold_arguments(
        signature.pysig, operands, {}, lambda i, _, o: stage.cast(o, signature.args[i]).ll, default, starred
    )
    return list(folded)


def _static_call(stage: Emitter, fnty: Any, operands: Sequence[Any]) -> Value | None:
    """``x ** 2`` with a literal exponent has an implementation of its own in Numba."""
    if all(hasattr(o, "ll") for o in operands):
        return None
    argtypes = tuple(_type_of(stage, o) for o in operands)
    try:
        signature = fnty.get_call_type(stage.typing, argtypes, {})
        implementation = stage.context.get_function(fnty, signature)
    except (errors.TypingError, NotImplementedError):
        return None
    if not any(isinstance(ty, types.Literal) for ty in signature.args):
        return None
    args = [
        o if isinstance(ty, types.Literal) else stage.cast(o, ty).ll
        for o, ty in zip(operands, signature.args, strict=True)
    ]
    return stage.value(signature.return_type, implementation(stage.builder, args))


def _type_of(stage: Emitter, operand: Any) -> types.Type:
    if hasattr(operand, "ll"):
        return operand.type
    literal: types.Type = stage.typing.resolve_value_type_prefer_literal(operand)
    return literal


def _common_float(operands: Sequence[Any]) -> types.Type:
    """The float type the operands meet in; plain numbers and integers adapt."""
    found = [o.type for o in operands if hasattr(o, "ll") and isinstance(o.type, types.Float)]
    return max(found, key=lambda ty: ty.bitwidth) if found else types.float64


def _boolean(stage: Emitter, operand: Any) -> Any:
    if not hasattr(operand, "ll"):
        return stage.context.get_constant(types.boolean, bool(operand))
    if operand.type != types.boolean:
        zero = stage.constant(operand.type, 0)
        return stage.builder.fcmp_unordered("!=", operand.ll, zero.ll)
    return operand.ll


def folded(stage: Emitter, op: Op, operands: Sequence[Any]) -> Value | None:
    """Multiplication by one and powers with a constant integer exponent."""
    if op.is_product and not op.absorbs:
        for one, other in (operands, operands[::-1]):
            if not hasattr(one, "ll") and one == op.neutral:
                return other
    if op.exponent is not None and hasattr(operands[0], "ll") and not hasattr(operands[op.exponent], "ll"):
        exponent = operands[op.exponent]
        if exponent == int(exponent) and abs(exponent) <= LARGEST_UNROLLED_POWER:
            power = _integer_power(stage, operands[0], abs(int(exponent)))
            return power if exponent >= 0 else 1.0 / power
    return None


def _integer_power(stage: Emitter, base: Any, exponent: int) -> Any:
    result = None
    while exponent:
        if exponent & 1:
            result = base if result is None else result * base
        exponent >>= 1
        if exponent:
            base = base * base
    return stage.constant(base.type, 1.0) if result is None else result


@_emits("pos", "float")
def _same(stage: Emitter, ty: types.Type, x: Any) -> Value:
    return stage.cast(x, ty)


@_emits("abs")
def _fabs(stage: Emitter, ty: types.Type, x: Any) -> Value:
    ll = stage.cast(x, ty).ll
    return stage.value(
        ty, stage.builder.call(stage.builder.module.declare_intrinsic("llvm.fabs", [ll.type]), [ll])
    )


@_emits("where")
def _where(stage: Emitter, _: types.Type, condition: Any, x: Any, y: Any) -> Value:
    ty = _common_float((x, y))
    if not hasattr(condition, "ll"):
        return stage.cast(x if condition else y, ty)
    chosen = stage.builder.select(_boolean(stage, condition), stage.cast(x, ty).ll, stage.cast(y, ty).ll)
    return stage.value(ty, chosen)


@_emits("absorbing")
def _absorbing(stage: Emitter, ty: types.Type, x: Any, y: Any) -> Value:
    for factor, other in ((x, y), (y, x)):
        if not hasattr(factor, "ll"):
            if factor == 0:
                return stage.constant(ty, 0.0)
            if math.isfinite(factor):
                scaled = stage.builder.fmul(stage.cast(factor, ty).ll, stage.cast(other, ty).ll)
                return stage.value(ty, scaled)
    return stage.value(ty, absorbing_product(stage.builder, stage.cast(x, ty).ll, stage.cast(y, ty).ll))


def absorbed(stage: Emitter, x: Value, y: Value) -> Value:
    """X * y with absorption only behind a NaN: faster than selects where no loop is to be vectorised."""
    builder, ty = stage.builder, _common_float((x, y))
    a, b = stage.cast(x, ty).ll, stage.cast(y, ty).ll
    product = builder.fmul(a, b)
    before = builder.block
    with cgutils.if_unlikely(builder, builder.fcmp_unordered("uno", product, product)):
        repaired = absorbing_product(builder, a, b)
        after = builder.block
    chosen = builder.phi(product.type)
    chosen.add_incoming(product, before)
    chosen.add_incoming(repaired, after)
    return stage.value(ty, chosen)


def absorbing_product(builder: Any, x: Any, y: Any) -> Any:
    """X * y in which an exact zero absorbs inf and NaN; floats or vectors of one type."""
    zero = ir.Constant(x.type, None)
    absorbed = builder.or_(builder.fcmp_ordered("==", x, zero), builder.fcmp_ordered("==", y, zero))
    return builder.select(absorbed, zero, builder.fmul(x, y))


@_emits("weighted")
def _weighted(stage: Emitter, ty: types.Type, x: Any, y: Any) -> Value:
    """X * y in which a zero on the left absorbs inf and NaN."""
    builder, a, b = stage.builder, stage.cast(x, ty).ll, stage.cast(y, ty).ll
    zero = ir.Constant(a.type, None)
    return stage.value(ty, builder.select(builder.fcmp_ordered("==", a, zero), zero, builder.fmul(a, b)))


def _kernel(stage: Emitter, op: Op, ty: types.Type, operands: Sequence[Any]) -> Value:
    kernel = op.kernel
    if kernel is None:
        raise LookupError(f"op {op.name!r} is used in a formula but has no kernel")
    if isinstance(kernel, str):
        return call_scipy(stage, kernel.removeprefix("scipy:"), ty, operands)
    if kernel in op.functions and kernel not in _NEEDS_CALLER:
        whole = [stage.cast(o, types.intp if i in op.integers else ty) for i, o in enumerate(operands)]
        return call(stage, kernel, whole)
    return _compiled_call(stage, op, _NEEDS_CALLER.get(kernel, kernel), ty, operands)


# Numba implements these as compiled Python functions whose errors go to the caller, by its calling
# convention; an outlined op has none, so they are called as functions of ours that cannot raise.
_NEEDS_CALLER = {math.hypot: lambda x, y: math.hypot(x, y)}


def _compiled_call(stage: Emitter, op: Op, kernel: Any, ty: types.Type, operands: Sequence[Any]) -> Value:
    """A kernel given as plain Python, compiled by Numba; it cannot raise."""
    argtypes = [types.int64 if i in op.integers else types.float64 for i in range(len(operands))]
    values = [stage.cast(o, t) for o, t in zip(operands, argtypes, strict=True)]
    return stage.cast(compiled_call(stage, kernel, types.float64, values), ty)


def compiled_call(stage: Emitter, kernel: Any, result_type: types.Type, values: Sequence[Value]) -> Value:
    """A call of plain Python that cannot raise, with values of just these types."""
    signature = result_type(*(value.type for value in values))
    compiled = stage.context.compile_subroutine(stage.builder, kernel, signature)
    _, result = stage.context.call_internal_no_propagate(
        stage.builder, compiled.fndesc, signature, [value.ll for value in values]
    )
    return stage.value(result_type, result)


def call_scipy(stage: Emitter, name: str, ty: types.Type, operands: Sequence[Any]) -> Value:
    """A function of scipy.special on doubles."""
    args = [stage.cast(o, types.float64).ll for o in operands]
    return stage.cast(stage.value(types.float64, scipy_symbols.call(stage.builder, name, args)), ty)
