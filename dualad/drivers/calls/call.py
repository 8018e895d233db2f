"""A compiled call of the user's function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
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
from ...types.maps import activated, tuple_like
from . import draws
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
        """The type of the result; what may be None or floats is floats, and None raises."""
        return _certain(self.signature.return_type)

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

        draws.repeat(stage, compiled.library)
        status, result = context.call_internal_no_propagate(builder, compiled.fndesc, self.signature, passed)
        with cgutils.if_unlikely(builder, status.is_error):
            clean_up()
            context.call_conv.return_status_propagate(builder, status)
        returned = self.signature.return_type
        for is_none in [status.is_none] if _is_uncertain(returned) else _nones(stage, returned, result):
            with cgutils.if_unlikely(builder, is_none):
                clean_up()
                if isinstance(returned, types.BaseTuple):
                    trees.release(stage, returned, result)
                message = f"{self.function.name!r} returned None, which has no derivative"
                context.call_conv.return_user_exc(builder, OutputError, (message,))
        if isinstance(returned, types.BaseTuple):
            result = _unwrapped(stage, returned, result)
        for leaf in copies:
            trees.release(stage, leaf.type, leaf.ll)
        return result


def _is_uncertain(ty: Any) -> bool:
    """Whether a part of a result may be None or floats."""
    return isinstance(ty, types.Optional) and trees.is_differentiable(ty.type)


def _certain(ty: Any) -> types.Type:
    """The type of a result that is not None where there may be floats."""
    if isinstance(ty, types.BaseTuple):
        items = [_certain(item) for item in ty]
        return ty if items == list(ty) else tuple_like(ty, items)
    certain: types.Type = ty.type if _is_uncertain(ty) else ty
    return certain


def _nones(stage: Stage, ty: Any, ll: Any) -> Iterator[Any]:
    """Whether there is None in the place of floats, for each of them in a tuple."""
    if isinstance(ty, types.BaseTuple):
        for i, item in enumerate(ty):
            yield from _nones(stage, item, stage.builder.extract_value(ll, i))
    elif _is_uncertain(ty):
        optional = stage.context.make_helper(stage.builder, ty, value=ll)
        yield stage.builder.not_(cgutils.as_bool_bit(stage.builder, optional.valid))


def _unwrapped(stage: Stage, ty: Any, ll: Any) -> Any:
    """A result as one of the type that is certain."""
    if isinstance(ty, types.BaseTuple):
        parts = [_unwrapped(stage, item, stage.builder.extract_value(ll, i)) for i, item in enumerate(ty)]
        return stage.context.make_tuple(stage.builder, _certain(ty), parts)
    return stage.context.make_helper(stage.builder, ty, value=ll).data if _is_uncertain(ty) else ll


def _is_function(ty: types.Type) -> bool:
    return isinstance(ty, types.Dispatcher) and not foreign_kind(ty.dispatcher)
