"""Every op of the table as a function of compiled code, also those that no library exports.

Emitted adjoints call them where a partial derivative is made of such ops. On floats they are the
kernels of the ops, IEEE semantics, nothing raised; on active values the chain rule is applied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import lower_builtin

from ...numba_api import AbstractTemplate, Signature, insert_global, signature
from ...rules import algebra
from ...rules.table import Op, for_call, lookup
from ...staging.stage import Stage
from ...types.active import is_scalar
from .operations import result_type

_made: dict[str, Callable[..., Any]] = {}


def op_of(function: Any) -> Op | None:
    """The op that `function` stands for, of a library or of those made here; or None."""
    name = getattr(function, "__name__", "")
    return lookup(name) if name in _made and _made[name] is function else for_call(function)


def formula(name: str) -> Callable[..., Any]:
    """The op called `name` as a function that compiled code may call."""
    if name not in _made:
        _made[name] = algebra.function(name)
        # Nobody else holds the function: Numba may know it for good.
        template = _template_for(lookup(name), _made[name])
        insert_global(_made[name], types.Function(template))
    return _made[name]


def _template_for(op: Op, function: Any) -> type[AbstractTemplate]:
    """A template for all scalars, active or not."""
    key = ("dualad formula", op.name)

    class Formula(AbstractTemplate):
        prefer_literal = True

        def generic(self, args: Any, kws: Any) -> Signature | None:
            if kws or len(args) != op.arity or not all(map(is_scalar, args)):
                return None
            kept = [ty if isinstance(ty, types.IntegerLiteral) else types.unliteral(ty) for ty in args]
            return signature(result_type(self.context, op, None, list(map(types.unliteral, args))), *kept)

        def get_impl_key(self, sig: Signature) -> Any:
            return key

    @lower_builtin(key, types.VarArg(types.Any))
    def lower(context: Any, builder: Any, sig: Signature, args: Any) -> Any:
        stage = Stage(context, builder)
        operands = [
            ty.literal_value if isinstance(ty, types.IntegerLiteral) else stage.value(ty, arg)
            for ty, arg in zip(sig.args, args, strict=True)
        ]
        return stage.cast(stage.operate(op, operands), sig.return_type).ll

    Formula.key = function
    Formula.__name__ = f"Formula_{op.name}"
    return Formula
