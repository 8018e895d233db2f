"""What a kernel knows when its arguments' types are known: which are active, at which level."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numba.core import cgutils, types
from numba.core.typing.typeof import typeof

from ...compiler.analysis.callees import foreign_kind
from ...compiler.dispatch.diagnosis import diagnosed, shown_cause
from ...compiler.dispatch.dispatcher import ActiveDispatcher, differentiable
from ...errors import ArgumentError, DualadError, OutputError
from ...options import integer
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import Active, contained, is_real, joined, level_of, rebased, scalar_base
from ...types.maps import activated, copy_layout
from .copies import private_copy, private_types

Argnums = int | tuple[int, ...]


def integers(argnums: Any) -> tuple[int, ...]:
    """The numbers in `argnums`."""
    numbers = tuple(map(integer, argnums if isinstance(argnums, tuple) else (argnums,)))
    if None in numbers:
        raise ArgumentError(f"argnums must be an int or a tuple of ints, not {argnums!r}")
    return tuple(number for number in numbers if number is not None)


@dataclass(frozen=True)
class Function:
    """A user's function as kernels see it."""

    dispatcher: ActiveDispatcher

    @property
    def name(self) -> str:
        return str(self.dispatcher.py_func.__name__)

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """Its own, not those of a function that it wraps: they are what is compiled."""
        return list(inspect.signature(self.dispatcher.py_func, follow_wrapped=False).parameters.values())

    def parameter(self, position: int) -> str:
        """The name of the argument at `position`, for messages."""
        parameters = self.parameters
        if position >= len(parameters) or parameters[position].kind is inspect.Parameter.VAR_POSITIONAL:
            return f"argument {position}"
        return parameters[position].name

    @property
    def starred(self) -> int:
        """The first position that goes to ``*args``, else the number of parameters."""
        kinds = [parameter.kind for parameter in self.parameters]
        star = inspect.Parameter.VAR_POSITIONAL
        return kinds.index(star) if star in kinds else len(kinds)

    def check_count(self, count: int) -> None:
        """Raise unless the function can be called with so many arguments."""
        for parameter in self.parameters[count : self.starred]:
            if parameter.default is inspect.Parameter.empty:
                raise ArgumentError(f"argument {parameter.name!r} of {self.name!r} was not given")
        if count > len(self.parameters) == self.starred:
            raise ArgumentError(
                f"{self.name!r} takes {len(self.parameters)} arguments, but {count} were given"
            )

    def check(self, argnums: Argnums) -> Argnums:
        """`argnums` with negative numbers resolved; raises if they do not fit the function."""
        parameters = self.parameters
        variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
        numbers = integers(argnums)
        names = ", ".join(p.name for p in parameters)
        for number in numbers:
            if variadic and number < 0:
                raise ArgumentError(
                    f"argnums={argnums!r} does not fit {self.name!r}, which takes any number of arguments "
                    f"({names}): count them from the front"
                )
            if not variadic and not -len(parameters) <= number < len(parameters):
                raise ArgumentError(
                    f"argnums={argnums!r} does not fit {self.name!r}, which takes "
                    f"{len(parameters)} argument{'s' * (len(parameters) != 1)} ({names})"
                )
        resolved = tuple(n + len(parameters) if n < 0 else n for n in numbers)
        if not resolved or len(set(resolved)) != len(resolved):
            raise ArgumentError(f"argnums must name each argument once, not {argnums!r}")
        return resolved if isinstance(argnums, tuple) else resolved[0]


@dataclass(frozen=True)
class Selection:
    """The differentiated arguments among all."""

    function: Function
    argnums: Argnums
    argtypes: tuple[types.Type, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)

    @property
    def level(self) -> int:
        """The level of a new derivative: above every level among the arguments."""
        return 1 + max((level_of(ty) for ty in self.argtypes), default=0)

    @property
    def tree(self) -> types.Type:
        """The type of the differentiated argument, or of the tuple of them."""
        chosen = [self.argtypes[n] for n in self.numbers]
        return types.Tuple(chosen) if isinstance(self.argnums, tuple) else chosen[0]

    @property
    def leaf_types(self) -> list[types.Type]:
        return [leaf for n in self.numbers for leaf in trees.leaf_types(self.argtypes[n])]

    def base(self, *others: types.Type) -> Callable[[types.Type], types.Type]:
        """How a scalar's type becomes the base of an active one that holds all lower levels."""
        found = [a for ty in (*self.argtypes, *others) for a in contained(ty)]
        lower = joined(found)
        if lower is None:
            return lambda ty: ty
        return lambda ty: rebased(lower, scalar_base(ty))

    def check(self) -> None:
        """Raise unless every differentiated argument is made of floats."""
        for n in self.numbers:
            if n >= len(self.argtypes):
                raise ArgumentError(
                    f"argument {self.function.parameter(n)!r} of {self.function.name!r} is differentiated "
                    f"but was not given"
                )
            for leaf in trees.leaf_types(self.argtypes[n]):
                if not trees.is_differentiable(leaf):
                    raise ArgumentError(_refusal(self.function, n, self.argtypes[n], leaf))
        if not self.leaf_types:
            raise ArgumentError(
                f"argument {self.function.parameter(self.numbers[0])!r} of {self.function.name!r} is an "
                f"empty tuple: there is nothing to differentiate by"
            )

    def activated(self, scalar: Callable[[types.Type], Active]) -> list[types.Type]:
        """All argument types, the differentiated ones with their scalars made active."""

        def activate(leaf: types.Type) -> types.Type:
            if isinstance(leaf, types.Array):
                return types.Array(scalar(leaf.dtype), leaf.ndim, copy_layout(leaf))
            return scalar(leaf)

        return [
            trees.map_types(ty, activate) if i in self.numbers else types.unliteral(ty)
            for i, ty in enumerate(self.argtypes)
        ]

    def leaves(self, stage: Stage, args: Sequence[Any]) -> list[Leaf]:
        """The leaves of the differentiated arguments."""
        return [leaf for n in self.numbers for leaf in trees.leaves(stage, self.argtypes[n], args[n])]

    def substituted(
        self, stage: Stage, args: Sequence[Any], active: Sequence[types.Type], parts: Sequence[Leaf]
    ) -> list[Any]:
        """All argument values, the differentiated ones rebuilt from active leaves."""
        remaining = iter([leaf.ll for leaf in parts])
        passed = list(args)
        for n in sorted(self.numbers, key=self.numbers.index):
            passed[n] = trees.rebuild(stage, active[n], remaining)
        return passed

    def like_arguments(self, element: Callable[[types.Type], types.Type]) -> types.Type:
        """The type of a derivative that has the form of the differentiated arguments."""

        def gradient(leaf: types.Type) -> types.Type:
            if isinstance(leaf, types.Array):
                return types.Array(element(leaf.dtype), leaf.ndim, "C")
            return element(leaf)

        return trees.map_types(self.tree, gradient)

    def like_arguments_of(self, out: types.Type, element: Callable[[types.Type], types.Type]) -> types.Type:
        """The type of the Jacobian blocks of one output leaf: its shape, then the argument's."""
        leading = out.ndim if isinstance(out, types.Array) else 0

        def block(leaf: types.Type) -> types.Type:
            scalar = leaf.dtype if isinstance(leaf, types.Array) else leaf
            ndim = leading + (leaf.ndim if isinstance(leaf, types.Array) else 0)
            return types.Array(element(scalar), ndim, "C") if ndim else element(scalar)

        return trees.map_types(self.tree, block)


def _refusal(function: Function, position: int, whole: types.Type, leaf: types.Type) -> str:
    where = f"argument {function.parameter(position)!r} of {function.name!r} is {describe(whole)}"
    scalar = leaf.dtype if isinstance(leaf, types.Array) else leaf
    if isinstance(scalar, types.Integer | types.Boolean):
        mend = "pass floats (1.0 rather than 1, x.astype(float)), or leave it out of argnums"
    elif isinstance(scalar, types.Complex):
        mend = "complex arguments are not supported; pass real and imaginary parts as floats"
    else:
        mend = "differentiated arguments are floats, float arrays, or tuples of them"
    return f"{where}, which cannot be differentiated: {mend}"


def describe(ty: types.Type) -> str:
    """A Numba type for a message: without levels."""
    if isinstance(ty, types.Array):
        return f"an array of {describe(ty.dtype)} ({ty.ndim}d)"
    if isinstance(ty, Active):
        return str(scalar_base(ty))
    if isinstance(ty, types.BaseTuple):
        return "a tuple (" + ", ".join(describe(item) for item in ty) + ")"
    if isinstance(ty, types.List):
        return f"a list of {describe(ty.dtype)}"
    if isinstance(ty, types.UnicodeType | types.StringLiteral | types.NoneType):
        return "None" if isinstance(ty, types.NoneType) else "a str"
    return str(types.unliteral(ty))


_STAR = types.StarArgTuple | types.StarArgUniTuple

# -- calling the user's function ------------------------------------------------------------------


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


def check_scalar(function: Function, result: types.Type, driver: str) -> None:
    """Raise unless `result` is one real scalar, or an array of one without axes."""
    if is_scalar(result):
        return
    hint = ""
    if any(trees.is_differentiable(leaf) for leaf in trees.leaf_types(result)):
        hint = "; use jacobian for it, or has_aux=True with value_and_grad if only the first result counts"
    raise OutputError(
        f"{driver} needs a function with one float result, but {function.name!r} returns "
        f"{describe(result)}{hint}"
    )


def is_scalar(ty: types.Type) -> bool:
    """Whether a type is that of a real number, or of an array without axes."""
    return is_real(ty.dtype if isinstance(ty, types.Array) and ty.ndim == 0 else ty)


def check_real(function: Function, result: types.Type, driver: str) -> None:
    """Raise unless `result` is made of floats."""
    for leaf in trees.leaf_types(result):
        if not trees.is_differentiable(leaf):
            raise OutputError(
                f"{driver} needs a function that returns floats, float arrays or tuples of them, "
                f"but {function.name!r} returns {describe(result)}"
            )


def without_level(level: int) -> Callable[[types.Type], types.Type]:
    """How a scalar type loses the derivative of `level`."""
    return lambda ty: ty.base if isinstance(ty, Active) and ty.level == level else ty


def stripped_type(ty: types.Type, level: int) -> types.Type:
    """A result type without the derivative of `level`."""
    lose = without_level(level)

    def strip(leaf: types.Type) -> types.Type:
        if isinstance(leaf, types.Array):
            lost = lose(leaf.dtype)
            return leaf if lost == leaf.dtype else types.Array(lost, leaf.ndim, "C")
        return lose(leaf)

    return trees.map_types(ty, strip)


def stripped(stage: Stage, ty: types.Type, ll: Any, level: int) -> Any:
    """A result without the derivative of `level`; passive parts are handed on with a reference."""
    lose = without_level(level)
    parts = []
    for leaf in trees.leaves(stage, ty, ll):
        scalar = leaf.scalar
        if lose(scalar) == scalar:
            if stage.context.enable_nrt:
                stage.context.nrt.incref(stage.builder, leaf.type, leaf.ll)
            parts.append(leaf.ll)
        else:
            [new] = trees.mapped(stage, [leaf], lose, lambda v, at: v.primal)
            parts.append(new.ll)
    return trees.rebuild(stage, stripped_type(ty, level), iter(parts))
