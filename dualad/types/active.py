"""Numba types of active values: :class:`Dual` (forward), :class:`Var` and :class:`Expr` (reverse).

Every active type carries the *level* of the derivative it belongs to. Nested derivatives have
nested levels; an operation between levels treats the lower one as a constant of the higher, which
is what rules out perturbation confusion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from numba import types

from ..numba_api import Conversion

# A statement longer than this is recorded at once instead of growing further in registers.
LONGEST_EXPRESSION = 12


class Active(types.Type):
    """A real scalar that carries derivative information of one level over a `base` scalar.

    It is `nested` in code that computes a derivative, which this level differentiates again: there
    conventions for first derivatives at kinks do not hold (see :mod:`dualad.rules.kinks`).
    """

    base: types.Type
    level: int
    nested: bool

    @property
    def storage(self) -> Active:
        """The type such a value has in variables, arrays and calls."""
        return self

    def over(self, base: types.Type) -> Active:
        """The same kind of value over another base."""
        raise NotImplementedError

    def joins(self, other: Active) -> bool:
        """Whether values of the two types belong to one derivative and have a common type."""
        return other.level == self.level

    def cast_python_value(self, value: Any) -> float:
        """A start value such as ``dtype(0)`` in Numba's reductions: a constant, so a float will do."""
        return float(value)

    def unify(self, typingctx: Any, other: types.Type) -> types.Type | None:
        mine = self.storage
        if isinstance(other, types.Complex):
            return complex_over([self, other])
        if isinstance(other, Active):
            if other.level > self.level:
                return None  # the higher level answers
            if other.level == self.level:
                if not self.joins(other):
                    return None
                other = other.storage.base
        if not is_scalar(other):
            return None
        base = typingctx.unify_pairs(mine.base, types.unliteral(other))
        return mine.over(storage(base)) if is_real(base) else None

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Conversion | None:
        if self != self.storage:
            return None
        if isinstance(other, Active):
            if other.level > self.level or (other.level == self.level and not self.joins(other)):
                return None
            if other.level == self.level:
                other = other.storage.base
        if not is_scalar(other):
            return None
        if other == self.base:
            return Conversion.safe
        conversion = typingctx.can_convert(other, self.base)
        return None if conversion is None else max(conversion, Conversion.safe)


class Dual(Active):
    """A dual number: a primal of type `base` and `width` partials.

    Where an exact zero must absorb inf and NaN, its arithmetic is `absorbing`; the plain kind is for
    a first try, whose result stands unless it is NaN.
    """

    def __init__(
        self, base: types.Type, width: int, level: int, absorbing: bool = True, nested: bool = False
    ) -> None:
        self.base, self.width, self.level, self.absorbing = base, width, level, absorbing
        self.nested = nested
        kind = ("" if absorbing else ", plain") + (", nested" if nested else "")
        super().__init__(name=f"Dual({base}, {width}, level={level}{kind})")

    @property
    def key(self) -> Any:
        return self.base, self.width, self.level, self.absorbing, self.nested

    @property
    def tangent(self) -> Tangent:
        return Tangent(self.base, self.width)

    def over(self, base: types.Type) -> Dual:
        return Dual(base, self.width, self.level, self.absorbing, self.nested)

    def joins(self, other: Active) -> bool:
        return isinstance(other, Dual) and other.over(self.base) == self


class ActiveComplex(types.Type):
    """A complex number whose real and imaginary parts are active values of type `part`.

    Its chain rule is that of its parts, so it exists in every mode, and nests as they do.
    """

    def __init__(self, part: Active) -> None:
        self.part = part.storage
        super().__init__(name=f"Complex({self.part})")

    @property
    def key(self) -> Any:
        return self.part

    def cast_python_value(self, value: Any) -> complex:
        """A start value such as ``dtype(0)`` in Numba's reductions."""
        return complex(value)

    def unify(self, typingctx: Any, other: types.Type) -> types.Type | None:
        return complex_over([self, other]) if is_number(other) else None

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Conversion | None:
        if other == self:
            return Conversion.exact
        joint = complex_over([self, other]) if is_number(other) else None
        if not isinstance(joint, ActiveComplex) or adjoint_type(joint.part) != adjoint_type(self.part):
            return None
        return Conversion.safe if joint == self else Conversion.unsafe


class Tangent(types.Type):
    """The partials of a dual number: a SIMD vector over floats, an array over active bases."""

    def __init__(self, base: types.Type, width: int) -> None:
        self.base, self.width = base, width
        super().__init__(name=f"Tangent({base}, {width})")

    @property
    def key(self) -> Any:
        return self.base, self.width


class Traced(Active):
    """A value whose operations are recorded on a tape."""

    signs: tuple[int, ...]

    def joins(self, other: Active) -> bool:
        return isinstance(other, Traced) and (other.level, other.nested) == (self.level, self.nested)

    @property
    def storage(self) -> Var:
        return Var(storage(self.base), self.level, self.nested)

    def over(self, base: types.Type) -> Var:
        return Var(base, self.level, self.nested)


class Var(Traced):
    """A traced value that is a statement of the tape (or a constant, with index 0)."""

    signs = (1,)

    def __init__(self, base: types.Type, level: int, nested: bool = False) -> None:
        self.base, self.level, self.nested = base, level, nested
        super().__init__(name=f"Var({base}, level={level}{', nested' if nested else ''})")

    @property
    def key(self) -> Any:
        return self.base, self.level, self.nested


class Expr(Traced):
    """A traced value in registers, not yet recorded: a sum of terms, each an index and a partial.

    A partial known to be 1 or -1 is part of the type, as its sign; of the others, with sign 0, the
    value is kept.
    """

    def __init__(self, base: types.Type, signs: tuple[int, ...], level: int, nested: bool = False) -> None:
        self.base, self.signs, self.level, self.nested = base, signs, level, nested
        shown = "".join("-*+"[sign + 1] for sign in signs)
        super().__init__(name=f"Expr({base}, {shown}, level={level}{', nested' if nested else ''})")

    @property
    def key(self) -> Any:
        return self.base, self.signs, self.level, self.nested


def weighted_signs(partial: Any, operand: types.Type) -> tuple[int, ...]:
    """The signs of the terms that an operand contributes through a partial of a rule."""
    assert isinstance(operand, Traced)
    factor = partial if isinstance(partial, int | float) and partial in (1, -1) else 0
    return tuple(int(factor * sign) for sign in operand.signs)


def is_complex(ty: Any) -> bool:
    """Whether values of `ty` are complex numbers, active or not."""
    return isinstance(ty, types.Complex | ActiveComplex)


def is_number(ty: Any) -> bool:
    """Whether `ty` may be an operand of an op that complex numbers have as well."""
    return is_scalar(ty) or is_complex(ty)


def part_of(ty: types.Type) -> types.Type:
    """The type of the real part of a number; integers become floats."""
    if isinstance(ty, ActiveComplex):
        return ty.part
    if isinstance(ty, types.Complex):
        return ty.underlying_float
    return storage(ty) if is_real(ty) else types.float64


def complex_of(part: types.Type) -> types.Type:
    """The type of the complex numbers whose parts are of type `part`."""
    if isinstance(part, Active):
        return ActiveComplex(part)
    return types.complex64 if part == types.float32 else types.complex128


def complex_over(found: Iterable[types.Type]) -> types.Type | None:
    """The type of complex numbers that can hold all numbers of the types `found`; None if there is none."""
    parts = [part_of(types.unliteral(ty)) for ty in found]
    widest = types.float64 if types.float64 in map(scalar_base, parts) else types.float32
    top = joined([part for part in parts if isinstance(part, Active)])
    if top is not None and any(level_of(part) == top.level and not top.joins(part) for part in parts):
        return None
    return complex_of(widest if top is None else rebased(top, widest))


def storage(ty: types.Type) -> types.Type:
    """The type that a value of type `ty` has once it is stored; containers are left alone."""
    return ty.storage if isinstance(ty, Active) else ty


def is_real(ty: Any) -> bool:
    """Whether values of `ty` can carry a derivative: floats and active scalars."""
    return isinstance(ty, types.Float | Active)


def carries(ty: Any) -> bool:
    """Whether values of `ty` can carry derivatives: floats, complex numbers, and active ones."""
    return is_real(ty) or is_complex(ty)


def is_scalar(ty: Any) -> bool:
    """Whether `ty` may be an operand of a scalar op."""
    return isinstance(ty, types.Float | types.Integer | types.Boolean | Active)


def scalar_base(ty: types.Type) -> types.Type:
    """The plain number type under all levels."""
    if isinstance(ty, ActiveComplex):
        return complex_of(scalar_base(ty.part))
    while isinstance(ty, Active):
        ty = ty.base
    return ty


def lowered(ty: types.Type, level: int) -> types.Type:
    """The type of what a value of type `ty` is one level down, if it is of this level; else `ty`."""
    if isinstance(ty, ActiveComplex) and ty.part.level == level:
        return complex_of(ty.part.base)
    return ty.base if isinstance(ty, Active) and ty.level == level else ty


def rebased(ty: types.Type, scalar: types.Type) -> types.Type:
    """`ty` with the plain number type under all its levels replaced."""
    return ty.storage.over(rebased(ty.base, scalar)) if isinstance(ty, Active) else scalar


def adjoint_type(ty: types.Type) -> types.Type:
    """The type adjoints and recorded partials of values over `ty` have: double at the bottom."""
    return rebased(ty, types.float64)


def contained(ty: Any) -> list[Active]:
    """The active scalar types found in `ty`, looking into arrays and containers."""
    if isinstance(ty, Active):
        return [ty]
    if isinstance(ty, ActiveComplex):
        return [ty.part]
    if isinstance(ty, types.Array):
        return contained(ty.dtype)
    if isinstance(ty, types.BaseTuple):
        return [active for item in ty for active in contained(item)]
    if isinstance(ty, types.List):
        return contained(ty.dtype)
    if isinstance(ty, types.Optional):
        return contained(ty.type)
    if isinstance(ty, types.StarArgTuple | types.StarArgUniTuple):
        return [active for item in ty.types for active in contained(item)]
    return []


def with_nesting(ty: Any, nested: Callable[[int], bool]) -> Any:
    """A type whose active scalars are nested at the levels for which `nested` says so.

    Values of both types look the same.
    """
    if isinstance(ty, Dual):
        base = with_nesting(ty.base, nested)
        return Dual(base, ty.width, ty.level, ty.absorbing, nested(ty.level))
    if isinstance(ty, Var):
        return Var(with_nesting(ty.base, nested), ty.level, nested(ty.level))
    if isinstance(ty, Expr):
        return Expr(with_nesting(ty.base, nested), ty.signs, ty.level, nested(ty.level))
    if isinstance(ty, ActiveComplex):
        return ActiveComplex(with_nesting(ty.part, nested))
    if not contained(ty):
        return ty
    if isinstance(ty, types.Array):
        return ty.copy(dtype=with_nesting(ty.dtype, nested))
    if isinstance(ty, types.BaseTuple):
        items = [with_nesting(item, nested) for item in ty]
        if isinstance(ty, types.NamedUniTuple):
            return types.NamedUniTuple(items[0], len(items), ty.instance_class)
        if isinstance(ty, types.NamedTuple):
            return types.NamedTuple(items, ty.instance_class)
        return types.Tuple(items)
    if isinstance(ty, types.List):
        return types.List(with_nesting(ty.dtype, nested), ty.reflected)
    if isinstance(ty, types.Optional):
        return types.Optional(with_nesting(ty.type, nested))
    return ty


def level_of(ty: Any) -> int:
    """The highest level found in `ty`; 0 for passive types."""
    return max((active.level for active in contained(ty)), default=0)


def joined(found: list[Active]) -> Active | None:
    """One active type that can hold a value of any of the types `found`."""
    if not found:
        return None
    top = max(found, key=lambda ty: ty.level).storage
    bases = [ty.storage.base if ty.level == top.level else ty.storage for ty in found]
    inner = joined([base for base in bases if isinstance(base, Active)])
    scalars = [scalar_base(ty) for ty in found]
    widest = types.float64 if types.float64 in scalars else scalars[0]
    return top.over(widest if inner is None else rebased(inner, widest))
