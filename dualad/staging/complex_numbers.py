"""The chain rule on complex numbers, whose parts are the active values.

If f has the complex derivative p + iq, the partials of the real part of f(x + iy) are p and -q, those of its
imaginary part q and p (Cauchy and Riemann). So a complex number needs no chain rule of its own, and is
differentiated in every mode, and nests, as its parts do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..registry import entering
from ..rules.table import Op, lookup
from ..types.active import complex_of, is_complex, part_of
from .value import Emitter, Value, formula_operand, level_among

Primal = Callable[[list[Any]], Any]
Term = tuple[Value, Any, Any]

# Ops that are no holomorphic functions, by their names: real functions of the parts.
_CODE: dict[str, Callable[..., Any]] = {}
_stages = partial(entering, _CODE)


def code(op: Op, operands: Sequence[Any]) -> Callable[..., Any] | None:
    """What stages an op of complex numbers that has no complex derivative; None for all others."""
    return _CODE.get(op.name) if any(map(is_complex_value, operands)) else None


def is_special(op: Op) -> bool:
    """Whether an op takes complex numbers, though it is no holomorphic function."""
    return op.name in _CODE


def is_complex_value(operand: Any) -> bool:
    """Whether an operand, a Python number or a value, is complex."""
    return is_complex(operand.type) if isinstance(operand, Value) else isinstance(operand, complex)


@_stages("conjugate")
def _conjugate(stage: Emitter, operands: Sequence[Value], level: int, primal: Primal) -> Value:
    [z] = operands
    return stage.complex(z.real, stage.operate(lookup("neg"), (z.imag,)))


@_stages("abs")
def _modulus(stage: Any, operands: Sequence[Value], level: int, primal: Primal) -> Value:
    """The rule of hypot; the value is that of the function that was called."""
    [z] = operands
    result: Value = stage.chain(
        lookup("hypot"), (z.real, z.imag), level, lambda inner: primal([stage.complex(*inner)])
    )
    return result


def attach(
    stage: Any, op: Op, operands: Sequence[Any], inner: Sequence[Any], result: Value, level: int
) -> Value:
    """`result` with the derivative of this level attached to both parts."""
    arguments = [formula_operand(stage, o, result) for o in inner]
    if not op.instruction:  # of the others a real argument may have a complex result
        arguments = [stage.cast(o, _complex(o.type)) if isinstance(o, Value) else o for o in arguments]
    on_real: list[Term] = []
    on_imag: list[Term] = []
    for operand, rule in zip(operands, op.on_complex, strict=True):
        if level_among([operand]) == level and (callable(rule) or rule != 0):
            weight = rule(*arguments, result) if callable(rule) else rule
            if is_complex(operand.type):
                on_real += _terms(operand.real, weight, 1) + _terms(operand.imag, weight, -1j)
                on_imag += _terms(operand.imag, weight, 1) + _terms(operand.real, weight, 1j)
            else:
                on_real += _terms(operand, weight, 1)
                on_imag += _terms(operand, weight, 1j)
    parts = [
        stage.attach(op, operands, part, terms) if terms else part
        for part, terms in ((result.real, on_real), (result.imag, on_imag))
    ]
    return stage.complex(*parts)


def _complex(ty: Any) -> Any:
    return ty if is_complex(ty) else complex_of(part_of(ty))


def _terms(operand: Value, weight: Any, factor: complex) -> list[Term]:
    """The term of a real operand, of the real part of `weight` / `factor`, if there is one."""
    if factor == 1:
        own = weight.real if is_complex_value(weight) else weight
    elif not is_complex_value(weight):
        return []
    else:
        own = weight.imag if factor == 1j else -weight.imag
    return [(operand, own, own)]
