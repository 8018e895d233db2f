"""Functions of whole arrays that have a rule, as active code calls them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from numba import types
from numba.core import errors

from ...errors import DualadError, UnsupportedError
from ...numba_api import folded_arguments, normalize_signature
from ...rules.arrays import ArrayRule
from ...rules.arrays.products import product
from ...types.active import Dual, Traced, contained, is_complex, joined, storage
from ..dispatch.dispatcher import ActiveDispatcher
from ..dispatch.driver import Driver
from ..ops.wrappers import Emitted, wrapper
from .forward import Forward
from .parts import RuleFunction, parameters, rule_function
from .products import Product
from .reverse import Backward


def _given(ty: types.Type) -> types.Type:
    """The type as which an argument is passed; an array that may be None is one, or the call raises."""
    if isinstance(ty, types.Optional) and isinstance(ty.type, types.Array):
        ty = ty.type
    return storage(types.unliteral(ty))


def _is_complex(ty: types.Type) -> bool:
    """Whether it is a type of complex numbers, or of arrays of them."""
    return is_complex(ty.dtype if isinstance(ty, types.Array) else ty)


class RuledFunction(RuleFunction):
    """What active code calls in the place of a function that has a rule.

    Where the mode has no rule, and for plain floats, it is the code given for floats or the primal, compiled
    like a user's function.
    """

    def __init__(self, rule: ArrayRule, of_floats: Emitted | None = None) -> None:
        super().__init__(rule.primal)
        self.rule = rule
        names = parameters(rule.primal)
        tuple_of_all = "(" + "".join(f"{name}, " for name in names) + ")"

        def applied(application: Emitted) -> Driver:
            return Driver(wrapper(application, rule.name, ", ".join(names), tuple_of_all))

        self.forward = None if rule.forward is None else applied(Forward(rule, self))
        self.backward = None if rule.backward is None else applied(Backward(rule, self))
        self.of_floats = None if of_floats is None else applied(of_floats)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        args = [_given(ty) for ty in args]
        kws = {name: _given(ty) for name, ty in kws.items()}
        pysig, folded = folded_arguments(self, args, kws)
        application = self._application(folded)
        if application is None:
            try:
                return super().get_call_template(args, kws)
            except (errors.NumbaError, DualadError) as error:
                if not any(map(_is_complex, folded)):
                    raise
                raise UnsupportedError(
                    f"cannot differentiate {self.rule.name!r} of complex numbers: there is no derivative "
                    f"rule; write it as loops over the elements, or with real and imaginary parts"
                ) from error
        template, _, _, _ = application.get_call_template(folded, {})
        return template, pysig, folded, {}

    def get_overload(self, sig: Any) -> Any:
        return self.compiled(sig).entry_point

    def compiled(self, sig: Any) -> Any:
        args, _ = normalize_signature(sig)
        application = self._application(args)
        return (self if application is None else application).overloads[tuple(args)]

    def _application(self, args: Sequence[types.Type]) -> ActiveDispatcher | None:
        """The dispatcher that differentiates with respect to the highest level; None for the primal's code.

        Rules are about real arrays: if a scalar has that level, or an array is complex, the primal's code is
        differentiated.
        """
        if any(map(_is_complex, args)):
            return None
        top = joined([active for ty in args for active in contained(ty)])
        if top is None:
            return self.of_floats
        if top.nested and self.rule.pieces is not None:
            return rule_function(self.rule.pieces)
        if top.nested and isinstance(top, Traced) and self.rule.plain is not None:
            return ruled(self.rule.plain)._application(args)
        of_top = [ty for ty in args if any(active.level == top.level for active in contained(ty))]
        if not all(isinstance(ty, types.Array) for ty in of_top):
            return self.of_floats
        return (self.forward if isinstance(top, Dual) else self.backward) or self.of_floats


@cache
def ruled(rule: ArrayRule) -> RuledFunction:
    """The dispatcher of a rule."""
    return RuledFunction(rule, Product() if rule is product else None)
