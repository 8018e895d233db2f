"""Whether a number and all its derivatives are zero, so that a product with it may be skipped."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin

from ...numba_api import AbstractTemplate, Signature, cgutils, infer_global, signature
from ...staging.forward import component
from ...staging.stage import Stage
from ...staging.value import Value
from ...types.active import Dual, Traced, is_real


def is_nonzero(x: Any) -> bool:
    """Whether a scalar or one of its partials is not zero; a traced one always may have an adjoint."""
    return bool(x != 0.0)


@infer_global(is_nonzero)
class Nonzero(AbstractTemplate):
    """For all real numbers, active or not."""

    def generic(self, args: Any, kws: Any) -> Signature | None:
        return signature(types.boolean, *args) if len(args) == 1 and not kws and is_real(args[0]) else None


@lower_builtin(is_nonzero, types.Any)
def _lower(context: Any, builder: Any, sig: Signature, args: Any) -> Any:
    return _differs(Stage(context, builder).value(sig.args[0], args[0]))


def _differs(value: Value) -> Any:
    stage = value.on
    if isinstance(value.type, Traced):
        return cgutils.true_bit
    if not isinstance(value.type, Dual):
        return stage.builder.fcmp_unordered("!=", value.ll, ir.Constant(value.ll.type, 0.0))
    found = _differs(value.primal)
    for k in range(value.type.width):
        found = stage.builder.or_(found, _differs(component(stage, value, k)))
    return found
