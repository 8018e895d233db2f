"""Values on a stage: operands of the rule language that stand for LLVM values of Numba types."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types

from ..rules.algebra import Operand
from ..rules.table import Op, lookup
from ..types.active import ActiveComplex, complex_over, level_of, part_of, scalar_base, storage

Number = bool | int | float | complex


class Value(Operand):
    """An LLVM value of a scalar Numba type, on a stage."""

    __slots__ = ("ll", "on", "type")

    def __init__(self, on: Emitter, ty: types.Type, ll: Any) -> None:
        self.on, self.type, self.ll = on, ty, ll

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        return self.on.operate(lookup(name), operands)

    def part(self, name: str) -> Any:
        """The LLVM value of one member of the type's data model."""
        model = self.on.context.data_model_manager[self.type]
        return model.get(self.on.builder, self.ll, name)

    @property
    def primal(self) -> Value:
        """The value one level down."""
        if isinstance(self.type, ActiveComplex):
            return self.on.complex(self.real.primal, self.imag.primal)
        return Value(self.on, self.type.base, self.part("primal"))

    def at(self, level: int) -> Value:
        """The value as an operand of the level below `level`."""
        return self.primal if level_of(self.type) == level else self

    @property
    def real(self) -> Value:
        """The real part of a complex number."""
        return Value(self.on, part_of(self.type), self.part("real"))

    @property
    def imag(self) -> Value:
        """The imaginary part of a complex number."""
        return Value(self.on, part_of(self.type), self.part("imag"))


class Emitter(ABC):
    """A Numba target context with an LLVM builder: where values live.

    What an operation on them does, the chain rule included, is said by :class:`dualad.staging.stage.Stage`.
    Leaves of trees that it has `held` are released where an exception leaves.
    """

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder
        self.held: list[Any] = []

    @property
    def typing(self) -> Any:
        return self.context.typing_context

    # -- values ---------------------------------------------------------------------------------

    def value(self, ty: types.Type, ll: Any) -> Value:
        return Value(self, ty, ll)

    def constant(self, ty: types.Type, number: Number) -> Value:
        """A passive number as a value of a scalar type, active or not."""
        plain = scalar_base(ty)
        return self.cast(Value(self, plain, self.context.get_constant(plain, number)), ty)

    def zero(self, ty: types.Type) -> Value:
        """The value whose every bit is zero: 0 with no derivative."""
        return Value(self, ty, ir.Constant(self.context.get_value_type(ty), None))

    def cast(self, value: Value | Number, ty: types.Type) -> Value:
        """Convert to another scalar type; a lower level enters a higher one as a constant."""
        if not isinstance(value, Value):
            return self.constant(ty, value)
        if value.type == ty:
            return value
        return Value(self, ty, self.context.cast(self.builder, value.ll, value.type, ty))

    def stored(self, value: Value) -> Value:
        """The value in the form in which it may be kept (expressions are recorded)."""
        return self.cast(value, storage(value.type))

    def build(self, ty: types.Type, **parts: Any) -> Value:
        """A struct-like value from its parts (LLVM values)."""
        model = self.context.data_model_manager[ty]
        ll = ir.Constant(self.context.get_value_type(ty), ir.Undefined)
        for name, part in parts.items():
            ll = model.set(self.builder, ll, part, name)
        return Value(self, ty, ll)

    def complex(self, real: Value | Number, imag: Value | Number) -> Value:
        """The complex number with these parts, which may be of different types."""
        found = [part.type for part in (real, imag) if isinstance(part, Value)]
        ty = complex_over(found)
        assert ty is not None
        return self.build(ty, real=self.cast(real, part_of(ty)).ll, imag=self.cast(imag, part_of(ty)).ll)

    def load(self, ty: types.Type, pointer: Any) -> Value:
        """The value in memory, where it has the form that array elements have."""
        return Value(self, ty, self.context.unpack_value(self.builder, ty, pointer))

    def store(self, value: Value, pointer: Any) -> None:
        """Put the value into memory."""
        self.context.pack_value(self.builder, value.type, value.ll, pointer)

    # -- operations -----------------------------------------------------------------------------

    @abstractmethod
    def operate(self, op: Op, operands: Sequence[Value | Number]) -> Any:
        """An operation inside a formula: IEEE semantics, nothing raised."""

    @abstractmethod
    def absorbed(self, x: Any, y: Any) -> Value:
        """X * y in which an exact zero absorbs inf and NaN, taking the plain product for granted."""


def level_among(operands: Sequence[Any]) -> int:
    """The highest level among operands."""
    return max((level_of(o.type) for o in operands if isinstance(o, Value)), default=0)


def formula_operand(stage: Emitter, operand: Value | Number, primal: Value) -> Any:
    """An argument as formulas see it: integers have become floats, Python numbers stay."""
    if isinstance(operand, Value) and isinstance(operand.type, types.Integer | types.Boolean):
        if isinstance(operand.type, types.IntegerLiteral):
            return operand.type.literal_value
        return stage.cast(operand, scalar_base(primal.type))
    return operand
