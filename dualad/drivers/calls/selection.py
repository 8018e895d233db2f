"""The selected (differentiated) arguments: their types, leaves, and values of their form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from ...errors import ArgumentError
from ...options import Positions
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import (
    Active,
    ActiveComplex,
    contained,
    is_complex,
    joined,
    level_of,
    rebased,
    scalar_base,
)
from ...types.maps import copy_layout
from .function import Function


@dataclass(frozen=True)
class Selection:
    """The differentiated arguments among all."""

    function: Function
    argnums: Positions
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
        """The types of the differentiated leaves."""
        leaves = [leaf for n in self.numbers for leaf in trees.leaf_types(self.argtypes[n])]
        return [leaf for leaf in leaves if trees.is_differentiable(leaf)]

    def base(self, *others: types.Type) -> Callable[[types.Type], types.Type]:
        """How a scalar's type becomes the base of an active one that holds all lower levels."""
        found = [a for ty in (*self.argtypes, *others) for a in contained(ty)]
        lower = joined(found)
        if lower is None:
            return lambda ty: ty
        return lambda ty: rebased(lower, scalar_base(ty))

    def check_given(self) -> None:
        """Raise unless the differentiated arguments are among those that are given."""
        for n in self.numbers:
            if n >= len(self.argtypes):
                raise ArgumentError(
                    f"argument {self.function.parameter(n)!r} of {self.function.name!r} is differentiated "
                    f"but was not given"
                )

    def check(self, *, with_complex: bool = False) -> None:
        """Raise unless differentiated arguments are made of floats, or also of complex numbers.

        Named tuples may hold other things.
        """
        self.check_given()
        for n in self.numbers:
            for leaf in _refused(self.argtypes[n]):
                if with_complex and _is_double(leaf):
                    continue
                raise ArgumentError(_refusal(self.function, n, self.argtypes[n], leaf))
        if not self.leaf_types and not with_complex:
            given = self.argtypes[self.numbers[0]]
            what = describe(given) if trees.leaf_types(given) else "an empty tuple"
            raise ArgumentError(
                f"argument {self.function.parameter(self.numbers[0])!r} of {self.function.name!r} is "
                f"{what}: there is nothing to differentiate with respect to"
            )

    def activated(self, scalar: Callable[[types.Type], Active]) -> list[types.Type]:
        """All argument types, the differentiated ones with their scalars made active."""

        def activate(leaf: types.Type) -> types.Type:
            if not trees.is_differentiable(leaf):
                return leaf
            if isinstance(leaf, types.Array):
                return types.Array(scalar(leaf.dtype), leaf.ndim, copy_layout(leaf))
            return scalar(leaf)

        return [
            trees.map_types(ty, activate) if i in self.numbers else types.unliteral(ty)
            for i, ty in enumerate(self.argtypes)
        ]

    def leaves(self, stage: Stage, args: Sequence[Any]) -> list[Leaf]:
        """The leaves that are differentiated."""
        found = [trees.differentiable(stage, self.argtypes[n], args[n]) for n in self.numbers]
        return [leaf for leaves in found for leaf in leaves]

    def substituted(
        self, stage: Stage, args: Sequence[Any], active: Sequence[types.Type], parts: Sequence[Leaf]
    ) -> list[Any]:
        """All argument values, the differentiated ones rebuilt from active leaves."""
        remaining = iter([leaf.ll for leaf in parts])
        passed = list(args)
        for n in sorted(self.numbers, key=self.numbers.index):
            given = trees.leaves(stage, self.argtypes[n], args[n])
            both = [next(remaining) if trees.is_differentiable(leaf.type) else leaf.ll for leaf in given]
            passed[n] = trees.rebuild(stage, active[n], iter(both))
        return passed

    def like_arguments(self, element: Callable[[types.Type], types.Type]) -> types.Type:
        """The type of a derivative that has the form of the differentiated arguments."""

        def gradient(leaf: types.Type) -> types.Type:
            if isinstance(leaf, types.Array):
                return types.Array(element(leaf.dtype), leaf.ndim, "C")
            return element(leaf)

        return trees.derivative_types(self.tree, gradient)

    def like_arguments_of(self, out: types.Type, element: Callable[[types.Type], types.Type]) -> types.Type:
        """The type of the Jacobian blocks of one output leaf: its shape, then the argument's."""
        leading = out.ndim if isinstance(out, types.Array) else 0

        def block(leaf: types.Type) -> types.Type:
            scalar = leaf.dtype if isinstance(leaf, types.Array) else leaf
            ndim = leading + (leaf.ndim if isinstance(leaf, types.Array) else 0)
            return types.Array(element(scalar), ndim, "C") if ndim else element(scalar)

        return trees.derivative_types(self.tree, block)


def _refused(ty: Any, *, named: bool = False) -> Iterator[types.Type]:
    """The leaves that a differentiated argument must not have.

    A named tuple says what its items are: integers, truth values, strings and the like are passed on, and the
    derivative has None in their places. A number in a tuple may be one that was meant to be a float.
    """
    if isinstance(ty, types.BaseTuple):
        for item in ty:
            yield from _refused(item, named=named or isinstance(ty, types.BaseNamedTuple))
        return
    leaf = types.unliteral(ty)
    if not trees.is_differentiable(leaf) and not (named and not _holds_complex(leaf)):
        yield leaf


def is_complex_leaf(ty: Any) -> bool:
    """Whether a leaf is a complex number or an array of them, active or not."""
    return is_complex(ty.dtype if isinstance(ty, types.Array) else ty)


def _is_double(leaf: Any) -> bool:
    """Whether a leaf is made of complex numbers of double precision."""
    scalar = leaf.dtype if isinstance(leaf, types.Array) else leaf
    return is_complex(scalar) and scalar_base(scalar) == types.complex128


def _holds_complex(leaf: types.Type) -> bool:
    return is_complex(getattr(leaf, "dtype", leaf))


def _refusal(function: Function, position: int, whole: types.Type, leaf: types.Type) -> str:
    where = f"argument {function.parameter(position)!r} of {function.name!r} is {describe(whole)}"
    scalar = leaf.dtype if isinstance(leaf, types.Array) else leaf
    if isinstance(scalar, types.Integer | types.Boolean):
        mend = "pass floats (1.0 rather than 1, x.astype(float)), or leave it out of argnums"
        if isinstance(whole, types.BaseTuple):
            mend += "; the integers of a named tuple are passed on"
    elif isinstance(scalar, types.Complex):
        mend = "pass complex128 (x.astype(complex))"
    elif isinstance(scalar, types.DictType):
        mend = "pass a named tuple of its values"
    elif isinstance(leaf, types.List | types.ListType):
        mend = "pass an array or a tuple (np.array(x), tuple(x))"
    else:
        mend = "differentiated arguments are floats, float arrays, or tuples of them"
    return f"{where}, which cannot be differentiated: {mend}"


def describe(ty: types.Type) -> str:
    """A Numba type for a message: without levels."""
    if isinstance(ty, types.Array):
        return f"an array of {describe(ty.dtype)} ({ty.ndim}d)"
    if isinstance(ty, Active | ActiveComplex):
        return str(scalar_base(ty))
    if isinstance(ty, types.BaseTuple):
        return "a tuple (" + ", ".join(describe(item) for item in ty) + ")"
    if isinstance(ty, types.List | types.ListType):
        return f"a list of {describe(ty.dtype)}"
    if isinstance(ty, types.DictType):
        return f"a dictionary of {describe(ty.value_type)}"
    if isinstance(ty, types.ClassInstanceType):
        return f"an instance of {ty.classname!r}"
    if isinstance(ty, types.UnicodeType | types.StringLiteral | types.NoneType):
        return "None" if isinstance(ty, types.NoneType) else "a str"
    return str(types.unliteral(ty))
