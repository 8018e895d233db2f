"""Functions of scipy.special in plain ``@njit`` code: Numba has none, the op table gives them.

Ufuncs are typed and lowered as Numba does NumPy's, with broadcasting, ``out`` and fusion of array
expressions. Nothing happens until the user has imported scipy.special, and Numba asks for a function it does
not know or a derivative is compiled. If another package has registered a function, it keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
from numba import types
from numba.extending import lower_builtin

from ..numba_api import (
    AbstractTemplate,
    Numpy_rules_ufunc,
    Signature,
    UfuncKernel,
    cpu_target,
    infer_global,
    lookup_global,
    register_ufunc_kernel,
    signature,
    typeof_impl,
)
from ..rules.table import Op, loaded_special, table, when_special_is_loaded
from ..staging import passive
from ..staging.stage import Stage
from ..types.active import is_real, level_of


def _element(args: Sequence[types.Type]) -> types.Type | None:
    """The type in which a function is computed: single precision if all arguments are."""
    scalars = [ty.dtype if isinstance(ty, types.Array) else ty for ty in map(types.unliteral, args)]
    if not all(level_of(ty) == 0 and isinstance(ty, types.Number | types.Boolean) for ty in scalars):
        return None
    if any(isinstance(ty, types.Complex) for ty in scalars):
        return None
    return types.float32 if all(ty == types.float32 for ty in scalars) else types.float64


def _staged(op: Op, context: Any, builder: Any, sig: Signature, args: Sequence[Any]) -> Any:
    """The op on scalars: SciPy's own function on doubles, where it exports one."""
    stage = Stage(context, builder)
    operands = [stage.value(ty, arg) for ty, arg in zip(sig.args, args, strict=True)]
    if isinstance(op.kernel, str) or op.functions:
        result = passive.call_scipy(stage, op.scipy, types.float64, operands)
    else:
        result = passive.emit(stage, op, operands)
    return stage.cast(result, sig.return_type).ll


def _register_ufunc(op: Op, ufunc: np.ufunc) -> None:
    class SpecialUfunc(Numpy_rules_ufunc):
        key = ufunc

        def generic(self, args: Any, kws: Any) -> Signature | None:
            element = _element(args)
            if kws or element is None or not ufunc.nin <= len(args) <= ufunc.nargs:
                return None
            _, outputs, ndim, layout = self._handle_inputs(ufunc, args, kws)
            if outputs:
                return signature(outputs[0], *args) if is_real(outputs[0].dtype) else None
            return signature(types.Array(element, ndim, layout) if ndim else element, *args)

    class Element(UfuncKernel):
        """The body of the loop over broadcast arguments."""

        def generate(self, *args: Any) -> Any:
            return _staged(op, self.context, self.builder, self.outer_sig, args)

    infer_global(ufunc, types.Function(SpecialUfunc))
    register_ufunc_kernel(ufunc, Element, lower_builtin)


def _register_scalar_function(op: Op, function: Any) -> None:
    """A function of SciPy's that is written in Python and has no loops for arrays here."""

    class SpecialFunction(AbstractTemplate):
        key = function

        def generic(self, args: Any, kws: Any) -> Signature | None:
            if kws or len(args) != op.arity or any(isinstance(ty, types.Array) for ty in args):
                return None
            element = _element(args)
            if element is None or not all(isinstance(args[i], types.Integer) for i in op.integers):
                return None
            return signature(types.float64, *map(types.unliteral, args))

    infer_global(function, types.Function(SpecialFunction))
    lower_builtin(function, *[types.Any] * op.arity)(partial(_staged, op))


def register() -> None:
    """Make every function of scipy.special that the op table has known to Numba."""
    from . import softmax  # whose functions need not be made before

    special = loaded_special()
    typing = cpu_target.typing_context
    typing.refresh()
    for op in table():
        function = getattr(special, op.scipy, None) if op.scipy else None
        if function is None or lookup_global(function) is not None:
            continue
        if isinstance(function, np.ufunc):
            _register_ufunc(op, function)
        else:
            _register_scalar_function(op, function)
    for rule in softmax.RULES:
        function = getattr(special, rule.scipy)
        if lookup_global(function) is None:
            softmax.register(rule, function)
    typing.refresh()
    cpu_target.target_context.refresh()


@typeof_impl.register(np.ufunc)
@typeof_impl.register(FunctionType)
def _unknown_function(value: Any, c: Any) -> Any:
    """Numba is about to look up a function: see that those of scipy.special are there to be found."""
    loaded_special()
    return _typeof_anything(value, c)


_typeof_anything = typeof_impl.dispatch(object)
when_special_is_loaded(register)
