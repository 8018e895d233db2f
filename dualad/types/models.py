"""How active values lie in registers and in memory."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import models, register_model

from .active import Dual, Expr, Tangent, Var, adjoint_type


@register_model(Dual)
class DualModel(models.StructModel):
    """Primal, then partials."""

    def __init__(self, dmm: Any, ty: Dual) -> None:
        super().__init__(dmm, ty, [("primal", ty.base), ("tangent", ty.tangent)])


@register_model(Tangent)
class TangentModel(models.DataModel):
    """A vector in registers; in memory an array, so that duals need no over-alignment."""

    def __init__(self, dmm: Any, ty: Tangent) -> None:
        super().__init__(dmm, ty)
        self.base = dmm.lookup(ty.base)
        self.width = ty.width
        self.vector = isinstance(ty.base, types.Float)

    def get_value_type(self) -> ir.Type:
        element = self.base.get_value_type()
        return ir.VectorType(element, self.width) if self.vector else ir.ArrayType(element, self.width)

    def get_data_type(self) -> ir.Type:
        return ir.ArrayType(self.base.get_data_type(), self.width)

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

    def as_data(self, builder: Any, value: Any) -> Any:
        data = ir.Constant(self.get_data_type(), ir.Undefined)
        for i in range(self.width):
            if self.vector:
                element = builder.extract_element(value, ir.Constant(ir.IntType(32), i))
            else:
                element = self.base.as_data(builder, builder.extract_value(value, i))
            data = builder.insert_value(data, element, i)
        return data

    def from_data(self, builder: Any, data: Any) -> Any:
        value = ir.Constant(self.get_value_type(), ir.Undefined)
        for i in range(self.width):
            element = self.base.from_data(builder, builder.extract_value(data, i))
            if self.vector:
                value = builder.insert_element(value, element, ir.Constant(ir.IntType(32), i))
            else:
                value = builder.insert_value(value, element, i)
        return value

    def load_from_data_pointer(self, builder: Any, ptr: Any, align: int | None = None) -> Any:
        if self.vector:
            element = self.base.get_data_type()
            loaded = builder.load(builder.bitcast(ptr, self.get_value_type().as_pointer()))
            loaded.align = 4 if isinstance(element, ir.FloatType) else 8
            return loaded
        value = ir.Constant(self.get_value_type(), ir.Undefined)
        zero = ir.Constant(ir.IntType(32), 0)
        for i in range(self.width):
            element_ptr = builder.gep(ptr, [zero, ir.Constant(ir.IntType(32), i)], inbounds=True)
            value = builder.insert_value(value, self.base.load_from_data_pointer(builder, element_ptr), i)
        return value


@register_model(Var)
class VarModel(models.StructModel):
    """Primal, index of its statement (0: a constant), and the tape it is recorded on."""

    def __init__(self, dmm: Any, ty: Var) -> None:
        super().__init__(dmm, ty, [("primal", ty.base), ("index", types.int32), ("tape", types.voidptr)])


@register_model(Expr)
class ExprModel(models.StructModel):
    """Primal, tape, and per term an index and a partial."""

    def __init__(self, dmm: Any, ty: Expr) -> None:
        members = [("primal", ty.base), ("tape", types.voidptr)]
        members += [(f"index{i}", types.int32) for i in range(ty.terms)]
        members += [(f"partial{i}", ty.base) for i in range(ty.terms)]
        super().__init__(dmm, ty, members)


def tape_entry(context: Any, base: types.Type) -> ir.Type:
    """One entry of a tape: partial, index of the argument, number of terms of its statement."""
    partial = context.get_data_type(adjoint_type(base))
    return ir.LiteralStructType([partial, ir.IntType(32), ir.IntType(32)])
