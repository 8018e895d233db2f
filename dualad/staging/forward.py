"""The chain rule of forward mode: tangent = sum of partial times tangent of the argument."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types

from ..numba_api import cgutils
from ..rules.table import lookup
from ..types.active import Dual
from ..types.models import padded_width
from .passive import absorbing_product
from .value import Emitter, Value

Combine = Callable[[Emitter, Dual, Sequence[Any], Sequence[Any]], Any]


def attach(
    stage: Emitter, primal: Value, terms: Sequence[tuple[Value, Any, Any]], combine_nested: Combine
) -> Value:
    """`primal` as a dual number, its tangent made of `terms` (operand, partial, value of the partial).

    In a derivative that is differentiated itself, `combine_nested` sums up products of floats.
    """
    ty = terms[0][0].type.over(primal.type)
    weights = [weight for _, _, weight in terms]
    tangents = [cast_tangent(stage, o.part("tangent"), o.type, ty) for o, _, _ in terms]
    if not isinstance(ty.base, types.Float):
        made = _of_actives(stage, ty, weights, tangents)
    elif ty.nested and ty.absorbing and not all(map(_is_exact, weights)):
        made = combine_nested(stage, ty, weights, tangents)
    else:
        made = _of_floats(stage, ty, weights, tangents)
    return stage.build(ty, primal=primal.ll, tangent=made)


def constant(stage: Emitter, primal: Value, ty: Dual) -> Value:
    """`primal` as a dual number with zero tangent."""
    zero = ir.Constant(stage.context.get_value_type(ty.tangent), None)
    return stage.build(ty, primal=stage.cast(primal, ty.base).ll, tangent=zero)


def recast(stage: Emitter, value: Value, ty: Dual) -> Value:
    """A dual number over another base."""
    tangent = cast_tangent(stage, value.part("tangent"), value.type, ty)
    return stage.build(ty, primal=stage.cast(value.primal, ty.base).ll, tangent=tangent)


def component(stage: Emitter, value: Value, i: int) -> Value:
    """Partial number `i` of a dual number."""
    return _component(stage, value.type, value.part("tangent"), i)


def with_components(stage: Emitter, ty: Dual, primal: Value, components: Sequence[Value]) -> Value:
    """A dual number from its primal and its partials."""
    return stage.build(ty, primal=primal.ll, tangent=_packed(stage, ty, components))


def cast_tangent(stage: Emitter, tangent: Any, source: Dual, target: Dual) -> Any:
    """A tangent of type `source` over the base of `target`."""
    if source.base == target.base:
        return tangent
    if isinstance(source.base, types.Float) and isinstance(target.base, types.Float):
        wider = target.base.bitwidth > source.base.bitwidth
        convert = stage.builder.fpext if wider else stage.builder.fptrunc
        return convert(tangent, stage.context.get_value_type(target.tangent))
    parts = [_component(stage, source, tangent, i) for i in range(target.width)]
    return _packed(stage, target, [stage.cast(part, target.base) for part in parts])


# -- tangents over floats -------------------------------------------------------------------------


def _of_floats(stage: Emitter, ty: Dual, weights: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The sum of weight times tangent, in which an exact zero absorbs inf and NaN.

    What absorption would change shows as a NaN in the plain sum: only then is it computed again.
    """
    total = plain_sum(stage, ty, weights, tangents)
    if not ty.absorbing or all(map(_is_exact, weights)):
        return total
    if ty.width == 1:
        # Selects, unlike the branch below, do not keep LLVM from vectorising the user's loop.
        pairs = zip(weights, tangents, strict=True)
        return sum_of(stage.builder, [_weighted(stage, ty, w, t, absorbing_product) for w, t in pairs])
    builder = stage.builder
    any_nan = any_lane(builder, builder.fcmp_unordered("uno", total, total))
    before = builder.block
    with cgutils.if_unlikely(builder, any_nan):
        repaired = _absorbed(stage, ty, weights, tangents)
        after = builder.block
    chosen = builder.phi(total.type)
    chosen.add_incoming(total, before)
    chosen.add_incoming(repaired, after)
    return chosen


def _absorbed(stage: Emitter, ty: Dual, weights: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The absorbing sum, out of line: it is rarely needed and would crowd out what is."""
    name = f"dualad.absorbed({ty.base},{ty.width},{len(weights)})"
    return out_of_line(stage, ty, name, absorbing_product, weights, tangents)


def out_of_line(
    stage: Emitter,
    ty: Dual,
    name: str,
    product: Callable[[Any, Any, Any], Any],
    weights: Sequence[Any],
    tangents: Sequence[Any],
) -> Any:
    """A sum of products of weights and tangents, in a function called `name`."""
    scalars = [stage.cast(w, ty.base).ll for w in weights]
    vector = tangents[0].type
    module = stage.builder.module
    function = module.globals.get(name)
    if function is None:
        parameters = [s.type for s in scalars] + [vector] * len(tangents)
        function = ir.Function(module, ir.FunctionType(vector, parameters), name)
        function.linkage = "linkonce_odr"
        for attribute in ("noinline", "cold", "readnone"):
            function.attributes.add(attribute)
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        half = len(scalars)
        products = [
            product(builder, splat(builder, ty, s), t)
            for s, t in zip(function.args[:half], function.args[half:], strict=True)
        ]
        builder.ret(sum_of(builder, products))
    return stage.builder.call(function, [*scalars, *tangents])


def any_lane(builder: Any, mask: Any) -> Any:
    """Whether any lane of a mask is set."""
    bits = builder.bitcast(mask, ir.IntType(mask.type.count))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


def _is_exact(weight: Any) -> bool:
    """Whether a weight is a known number that needs no absorption."""
    if hasattr(weight, "ll"):
        known = isinstance(weight.ll, ir.Constant) and isinstance(weight.ll.constant, float)
        return known and math.isfinite(weight.ll.constant) and weight.ll.constant != 0
    return math.isfinite(weight) and weight != 0


def _weighted(stage: Emitter, ty: Dual, weight: Any, tangent: Any, product: Any = None) -> Any:
    if not hasattr(weight, "ll") and abs(weight) == 1:
        return tangent if weight == 1 else stage.builder.fneg(tangent)
    everywhere = splat(stage.builder, ty, stage.cast(weight, ty.base).ll)
    if product is not None and not _is_exact(weight):
        return product(stage.builder, everywhere, tangent)
    return stage.builder.fmul(everywhere, tangent)


def plain_sum(stage: Emitter, ty: Dual, weights: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The sum of weight times tangent in IEEE arithmetic."""
    plain = [_weighted(stage, ty, w, t) for w, t in zip(weights, tangents, strict=True)]
    return sum_of(stage.builder, plain)


def sum_of(builder: Any, parts: Sequence[Any]) -> Any:
    """The sum of numbers or vectors."""
    total = parts[0]
    for part in parts[1:]:
        total = builder.fadd(total, part)
    return total


def splat(builder: Any, ty: Dual, scalar: Any) -> Any:
    """A number in every lane of a tangent over floats."""
    if ty.width == 1:
        return scalar
    lanes = padded_width(ty.width)
    undefined = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    vector = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    first = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(vector, vector, first)


# -- tangents over active values ------------------------------------------------------------------


def _of_actives(stage: Emitter, ty: Dual, weights: Sequence[Any], tangents: Sequence[Any]) -> Any:
    parts = []
    for i in range(ty.width):
        total: Any = None
        for weight, tangent in zip(weights, tangents, strict=True):
            part = _component(stage, ty, tangent, i)
            if hasattr(weight, "ll") or weight != 1:
                part = stage.operate(lookup("mul" if _is_exact(weight) else "absorbing"), (weight, part))
            total = part if total is None else stage.operate(lookup("add"), (total, part))
        parts.append(stage.cast(total, ty.base))
    return _packed(stage, ty, parts)


def _component(stage: Emitter, ty: Dual, tangent: Any, i: int) -> Value:
    model = stage.context.data_model_manager[ty.tangent]
    return stage.value(ty.base, model.element(stage.builder, tangent, i))


def _packed(stage: Emitter, ty: Dual, parts: Sequence[Value]) -> Any:
    model = stage.context.data_model_manager[ty.tangent]
    return model.packed(stage.builder, [part.ll for part in parts])
