"""The stage: where rules meet an LLVM builder.

A :class:`Value` is an operand of the rule language that stands for an LLVM value of a Numba type.
Operations on passive values append instructions; operations on active values apply the chain rule
of their level to the same rule, with values of the level below. That is all there is to nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import types

from ..rules.algebra import Operand
from ..rules.table import Op, lookup
from ..types.active import Dual, is_real, level_of, rebased, scalar_base, storage
from . import forward, kinks, machine, reverse, strict

Number = bool | int | float

# Of outlined ops, by name: what does not depend on the module is found once per process.
_result_types: dict[str, list[types.Type]] = {}


class Value(Operand):
    """An LLVM value of a scalar Numba type, on a stage."""

    __slots__ = ("ll", "on", "type")

    def __init__(self, on: Stage, ty: types.Type, ll: Any) -> None:
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
        return Value(self.on, self.type.base, self.part("primal"))

    def at(self, level: int) -> Value:
        """The value as an operand of the level below `level`."""
        return self.primal if level_of(self.type) == level else self


class Stage:
    """A Numba target context with an LLVM builder: where values live."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

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

    def absorbed(self, x: Any, y: Any) -> Value:
        """X * y in which an exact zero absorbs inf and NaN, taking the plain product for granted."""
        if any(_level([o]) for o in (x, y)) or not all(isinstance(o, Value) for o in (x, y)):
            result: Value = self.operate(lookup("absorbing"), (x, y))
            return result
        return machine.absorbed(self, x, y)

    # -- operations -----------------------------------------------------------------------------

    def operate(self, op: Op, operands: Sequence[Value | Number]) -> Any:
        """An operation inside a formula: IEEE semantics, nothing raised."""
        level = _level(operands)
        if level == 0:
            return machine.emit(self, op, operands)
        return self._outlined(op, operands, level)

    def call(self, op: Op, function: Any, operands: Sequence[Value | Number]) -> Any:
        """An operation of the user's code: the primal is that of the very `function` called."""
        if op.fold and len(operands) > 2:
            return self.call(op, function, (self.call(op, function, operands[:2]), *operands[2:]))
        level = _level(operands)
        if level == 0:
            return machine.call(self, function, operands)
        return self._chain(op, operands, level, lambda inner: self.call(op, function, inner))

    def _chain(
        self, op: Op, operands: Sequence[Value | Number], level: int, primal: Callable[[list[Any]], Any]
    ) -> Any:
        """The primal one level down, then the chain rule of this level on top of it."""
        if op.decides:
            return kinks.decide(self, op.name, operands)
        if op.name in strict.ABSORBING and _is_nested(operands, level):
            return strict.product(self, operands)
        inner = [o.at(level) if isinstance(o, Value) else o for o in operands]
        result = primal(inner)
        if op.passive:
            return result
        if op.outputs == 1:
            return self._attach(op, 0, operands, inner, result, level)
        return tuple(self._attach(op, k, operands, inner, result, level) for k in range(op.outputs))

    def _attach(
        self, op: Op, output: int, operands: Sequence[Any], inner: list[Any], result: Any, level: int
    ) -> Value:
        """One output of an op with the derivative of this level attached."""
        primal = result if op.outputs == 1 else result[output]
        if not is_real(primal.type):
            return primal
        # In a derivative that is differentiated itself, how arguments move tells which piece is meant.
        seen = operands if op.kinked and _is_nested(operands, level) else inner
        arguments = [o if i in op.integers else _formula_operand(self, o, primal) for i, o in enumerate(seen)]
        terms = []
        for operand, partial in zip(operands, op.partials_of(output), strict=True):
            if _level([operand]) == level and (callable(partial) or partial != 0):
                weight = partial(*arguments, result) if callable(partial) else partial
                if isinstance(weight, Value):
                    weight = weight.at(level)
                terms.append((operand, partial, weight))
        if not terms:
            return primal
        primal = self.stored(primal)
        mode = forward if isinstance(terms[0][0].type, Dual) else reverse
        return mode.attach(self, primal, terms, op, operands)

    def _outlined(self, op: Op, operands: Sequence[Value | Number], level: int) -> Any:
        """The op as a function of its own, emitted once per module and operand types.

        Inlined, the instructions of nested derivatives multiply with every order (a function of 210
        ops took 457 s to compile at order 3); called, they add up.
        """
        passed = [o for o in operands if isinstance(o, Value)]
        described = ",".join(str(o.type) if isinstance(o, Value) else repr(o) for o in operands)
        name = f"dualad.{op.name}({described})"
        module = self.builder.module
        registry = module.__dict__.setdefault("_dualad_outlined", {})
        if name not in registry:
            registry[name] = self._emit_outlined(name, op, operands, level)
        function, result_types = registry[name]
        result = self.builder.call(function, [o.ll for o in passed])
        if op.outputs == 1:
            return Value(self, result_types[0], result)
        return tuple(
            Value(self, ty, self.builder.extract_value(result, k)) for k, ty in enumerate(result_types)
        )

    def _emit_outlined(self, name: str, op: Op, operands: Sequence[Any], level: int) -> Any:
        passed = [o for o in operands if isinstance(o, Value)]
        parameters = [self.context.get_value_type(o.type) for o in passed]
        module = self.builder.module
        if name not in _result_types:
            # The result's type is known once the body is staged: the first time, stage it aside.
            scratch = ir.Module(context=module.context)
            scratch.triple, scratch.data_layout = module.triple, module.data_layout
            aside = ir.Function(scratch, ir.FunctionType(ir.VoidType(), parameters), "aside")
            _result_types[name] = [r.type for r in self._stage_body(aside, op, operands, level)[1]]
        result_types = _result_types[name]
        returned = [self.context.get_value_type(ty) for ty in result_types]
        return_type = returned[0] if op.outputs == 1 else ir.LiteralStructType(returned)
        function = ir.Function(module, ir.FunctionType(return_type, parameters), name)
        function.linkage = "linkonce_odr"
        body, results = self._stage_body(function, op, operands, level)
        if op.outputs == 1:
            body.ret(results[0].ll)
        else:
            packed = ir.Constant(return_type, ir.Undefined)
            for k, r in enumerate(results):
                packed = body.insert_value(packed, r.ll, k)
            body.ret(packed)
        return function, result_types

    def _stage_body(self, function: Any, op: Op, operands: Sequence[Any], level: int) -> Any:
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        inside = Stage(self.context, builder)
        arguments = iter(function.args)
        staged = [Value(inside, o.type, next(arguments)) if isinstance(o, Value) else o for o in operands]
        result = inside._chain(op, staged, level, lambda inner: inside.operate(op, inner))
        return builder, list(result) if op.outputs > 1 else [result]


def _level(operands: Sequence[Any]) -> int:
    return max((level_of(o.type) for o in operands if isinstance(o, Value)), default=0)


def _is_nested(operands: Sequence[Any], level: int) -> bool:
    """Whether what `operands` are at this level is a derivative that is differentiated itself."""
    return any(_level([o]) == level and o.type.nested for o in operands if isinstance(o, Value))


def _formula_operand(stage: Stage, operand: Value | Number, primal: Value) -> Any:
    """An argument as formulas see it: integers have become floats, Python numbers stay."""
    if isinstance(operand, Value) and isinstance(operand.type, types.Integer | types.Boolean):
        if isinstance(operand.type, types.IntegerLiteral):
            return operand.type.literal_value
        return stage.cast(operand, scalar_base(primal.type))
    return operand


def widened(ty: types.Type) -> types.Type:
    """`ty` with double as its plain number type."""
    return rebased(ty, types.float64)
