"""How active values lie in registers and in memory."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import models, register_model

from .active import ActiveComplex, Dual, Expr, Tangent, Var


@register_model(Dual)
class DualModel(models.StructModel):
    """Primal, then partials."""

    def __init__(self, dmm: Any, ty: Dual) -> None:
        super().__init__(dmm, ty, [("primal", ty.base), ("tangent", ty.tangent)])


def padded_width(width: int) -> int:
    """The number of lanes of a vector that holds `width` partials."""
    return 1 << (width - 1).bit_length()


def _shuffled(builder: Any, x: Any, y: Any, lanes: list[int]) -> Any:
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes))


@register_model(Tangent)
class TangentModel(models.DataModel):
    """In registers a vector of floats, a bare value of width 1, or an array of active values.

    The vector is padded with zeros to a power of two, as LLVM takes other widths apart. In memory
    it lies unpadded as a packed struct of such vectors, not as single partials: a vector loaded
    soon after its partials were stored one by one would stall.
    """

    def __init__(self, dmm: Any, ty: Tangent) -> None:
        super().__init__(dmm, ty)
        self.base = dmm.lookup(ty.base)
        self.width = ty.width
        self.is_vector = ty.width > 1 and isinstance(ty.base, types.Float)
        self.pieces = [1 << k for k in reversed(range(ty.width.bit_length())) if ty.width >> k & 1]

    def get_value_type(self) -> ir.Type:
        element = self.base.get_value_type()
        if self.is_vector:
            return ir.VectorType(element, padded_width(self.width))
        return element if self.width == 1 else ir.ArrayType(element, self.width)

    def get_data_type(self) -> ir.Type:
        element = self.base.get_data_type()
        if self.is_vector:
            return ir.LiteralStructType([ir.VectorType(element, n) for n in self.pieces], packed=True)
        return ir.ArrayType(element, self.width)

    def get_argument_type(self) -> ir.Type:
        return self.get_value_type()

    def get_return_type(self) -> ir.Type:
        return self.get_value_type()

    def as_argument(self, builder: Any, value: Any) -> Any:
        return value

    def from_argument(self, builder: Any, value: Any) -> Any:
        return value

    def as_return(self, builder: Any, value: Any) -> Any:
        return value

    def from_return(self, builder: Any, value: Any) -> Any:
        return value

    def element(self, builder: Any, value: Any, i: int) -> Any:
        """Partial number `i` of a tangent in registers."""
        if self.width == 1:
            return value
        if self.is_vector:
            return builder.extract_element(value, ir.Constant(ir.IntType(32), i))
        return builder.extract_value(value, i)

    def packed(self, builder: Any, elements: list[Any]) -> Any:
        """A tangent in registers from its partials."""
        if self.width == 1:
            return elements[0]
        value = ir.Constant(self.get_value_type(), None if self.is_vector else ir.Undefined)
        for i, element in enumerate(elements):
            if self.is_vector:
                value = builder.insert_element(value, element, ir.Constant(ir.IntType(32), i))
            else:
                value = builder.insert_value(value, element, i)
        return value

    def _joined(self, builder: Any, pieces: list[Any]) -> Any:
        """The padded vector from the vectors in memory."""
        width = padded_width(self.width)
        value = ir.Constant(self.get_value_type(), None)
        start = 0
        for n, piece in zip(self.pieces, pieces, strict=True):
            wide = piece
            if n < width:
                wide = _shuffled(builder, piece, piece, [min(lane, n - 1) for lane in range(width)])
            lanes = [width + lane - start if start <= lane < start + n else lane for lane in range(width)]
            value = _shuffled(builder, value, wide, lanes)
            start += n
        return value

    def as_data(self, builder: Any, value: Any) -> Any:
        data = ir.Constant(self.get_data_type(), ir.Undefined)
        if self.is_vector:
            start = 0
            for i, n in enumerate(self.pieces):
                lanes = list(range(start, start + n))
                data = builder.insert_value(data, _shuffled(builder, value, value, lanes), i)
                start += n
            return data
        for i in range(self.width):
            element = self.base.as_data(builder, self.element(builder, value, i))
            data = builder.insert_value(data, element, i)
        return data

    def from_data(self, builder: Any, data: Any) -> Any:
        if self.is_vector:
            return self._joined(builder, [builder.extract_value(data, i) for i in range(len(self.pieces))])
        parts = [self.base.from_data(builder, builder.extract_value(data, i)) for i in range(self.width)]
        return self.packed(builder, parts)

    def load_from_data_pointer(self, builder: Any, ptr: Any, align: int | None = None) -> Any:
        zero = ir.Constant(ir.IntType(32), 0)
        if self.is_vector:
            loaded = []
            for i in range(len(self.pieces)):
                piece = builder.load(builder.gep(ptr, [zero, ir.Constant(ir.IntType(32), i)], inbounds=True))
                piece.align = 4 if isinstance(self.base.get_data_type(), ir.FloatType) else 8
                loaded.append(piece)
            return self._joined(builder, loaded)
        slots = [
            builder.gep(ptr, [zero, ir.Constant(ir.IntType(32), i)], inbounds=True) for i in range(self.width)
        ]
        return self.packed(builder, [self.base.load_from_data_pointer(builder, slot) for slot in slots])


@register_model(Var)
class VarModel(models.StructModel):
    """Primal, index of its statement (0: a constant), and the tape it is recorded on."""

    def __init__(self, dmm: Any, ty: Var) -> None:
        super().__init__(dmm, ty, [("primal", ty.base), ("index", types.int32), ("tape", types.voidptr)])


@register_model(Expr)
class ExprModel(models.StructModel):
    """Primal, tape, and per term an index and, unless it is in the type, a partial."""

    def __init__(self, dmm: Any, ty: Expr) -> None:
        members = [("primal", ty.base), ("tape", types.voidptr)]
        members += [(f"index{i}", types.int32) for i in range(len(ty.signs))]
        members += [(f"partial{i}", ty.base) for i, sign in enumerate(ty.signs) if not sign]
        super().__init__(dmm, ty, members)


@register_model(ActiveComplex)
class ActiveComplexModel(models.StructModel):
    """The real part, then the imaginary part, as arrays of them have their parts for views."""

    def __init__(self, dmm: Any, ty: ActiveComplex) -> None:
        super().__init__(dmm, ty, [("real", ty.part), ("imag", ty.part)])
