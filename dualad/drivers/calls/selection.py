"""The selected (differentiated) arguments: their types, leaves, and values of their form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from ...errors import ArgumentError
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import Active, ActiveComplex, contained, joined, level_of, rebased, scalar_base
from ...types.maps import copy_layout
from .function import Argnums, Function


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
                f"empty tuple: there is nothing to differentiate with respect to"
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
    if isinstance(ty, Active | ActiveComplex):
        return str(scalar_base(ty))
    if isinstance(ty, types.BaseTuple):
        return "a tuple (" + ", ".join(describe(item) for item in ty) + ")"
    if isinstance(ty, types.List):
        return f"a list of {describe(ty.dtype)}"
    if isinstance(ty, types.UnicodeType | types.StringLiteral | types.NoneType):
        return "None" if isinstance(ty, types.NoneType) else "a str"
    return str(types.unliteral(ty))
