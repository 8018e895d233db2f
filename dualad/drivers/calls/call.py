"""A compiled call of the user's function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from ...compiler.analysis.callees import foreign_kind
from ...compiler.dispatch.diagnosis import diagnosed, shown_cause
from ...compiler.dispatch.dispatcher import ActiveDispatcher, differentiable
from ...errors import DualadError, OutputError
from ...numba_api import cgutils, typeof
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import contained, is_real, joined
from ...types.maps import activated
from .copies import private_copy, private_types
from .function import Function

_STAR = types.StarArgTuple | types.StarArgUniTuple


@dataclass(frozen=True)
class Call:
    """A compiled call of the user's function with given argument types."""

    function: Function
    argtypes: tuple[types.Type, ...]
    private: dict[int, types.Type]
    signature: Any
    callees: tuple[ActiveDispatcher, ...]  # types refer to them weakly

    @property
    def result(self) -> types.Type:
        """The type of the result; a float that may be None is a float, and None raises."""
        returned = self.signature.return_type
        is_optional = isinstance(returned, types.Optional) and is_real(returned.type)
        return returned.type if is_optional else returned

    @classmethod
    def resolve(cls, typing: Any, function: Function, argtypes: Sequence[types.Type]) -> Call:
        given = list(argtypes)
        # Trailing defaults are passed as constants.
        for parameter in function.parameters[len(given) :]:
            if parameter.default is not inspect.Parameter.empty:
                given.append(typeof(parameter.default))
        callees = {i: differentiable(ty.dispatcher) for i, ty in enumerate(given) if _is_function(ty)}
        given = [types.Dispatcher(callees[i]) if i in callees else ty for i, ty in enumerate(given)]
        private = private_types(function.dispatcher, given)
        formal = [private.get(i, ty) for i, ty in enumerate(given)]
        star = function.starred
        active = joined([found for ty in formal[star:] for found in contained(ty)])
        if active is not None:
            # Where Numba has `*args` of one type, they stay of one type.
            formal[star:] = [activated(active, ty) if is_real(ty) else ty for ty in formal[star:]]
        fnty = types.Dispatcher(function.dispatcher)
        try:
            signature = fnty.get_call_type(typing, tuple(formal), {})
        except DualadError:
            raise
        except Exception as error:
            if not all(ty.is_precise() for ty in given):
                raise  # Numba tries again when it knows more
            raise diagnosed(error, function.dispatcher, formal) from shown_cause(error)
        return cls(function, tuple(given), private, signature, tuple(callees.values()))

    def emit(
        self, stage: Stage, args: Sequence[Any], on_error: Callable[[], None], owned: Sequence[Leaf]
    ) -> Any:
        """Call; if the function raises, clean up and let its exception through."""
        context, builder = stage.context, stage.builder
        values = list(args)
        defaulted = zip(self.function.parameters[len(args) :], self.argtypes[len(args) :], strict=False)
        for parameter, ty in defaulted:
            values.append(context.get_constant_generic(builder, ty, parameter.default))
        argtypes = list(self.argtypes)
        copies = []
        for position, ty in self.private.items():
            values[position] = private_copy(stage, values[position], argtypes[position], ty)
            argtypes[position] = ty
            copies.append(Leaf(ty, values[position]))
        formal = self.signature.args
        variadic = len(formal) - 1 if formal and isinstance(formal[-1], _STAR) else len(formal)
        wanted = [*formal[:variadic], *(item for star in formal[variadic:] for item in star)]
        triples = zip(values, argtypes, wanted, strict=True)
        passed = [context.cast(builder, value, ty, want) for value, ty, want in triples]
        if variadic < len(formal):
            passed[variadic:] = [context.make_tuple(builder, formal[variadic], passed[variadic:])]
        compiled = self.function.dispatcher.overloads[tuple(formal)]
        context.add_linking_libs([compiled.library])

        def clean_up() -> None:
            on_error()
            trees.release_on_exit(stage, (*owned, *copies))

        status, result = context.call_internal_no_propagate(builder, compiled.fndesc, self.signature, passed)
        with cgutils.if_unlikely(builder, status.is_error):
            clean_up()
            context.call_conv.return_status_propagate(builder, status)
        if self.result != self.signature.return_type:
            with cgutils.if_unlikely(builder, status.is_none):
                clean_up()
                message = f"{self.function.name!r} returned None, which has no derivative"
                context.call_conv.return_user_exc(builder, OutputError, (message,))
        for leaf in copies:
            trees.release(stage, leaf.type, leaf.ll)
        return result


def _is_function(ty: types.Type) -> bool:
    return isinstance(ty, types.Dispatcher) and not foreign_kind(ty.dispatcher)
