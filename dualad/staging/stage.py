"""The stage: where rules meet an LLVM builder.

Operations on passive values append instructions; operations on active values apply the chain rule
of their level to the same rule, with values of the level below. That is all there is to nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial as partial_function
from typing import Any

from llvmlite import ir
from numba import types

from ..rules.table import Op, lookup
from ..types.active import Dual, is_complex, is_real, part_of
from . import complex_numbers, complex_passive, forward, kinks, passive, reverse, strict
from .value import Emitter, Number, Value, formula_operand, level_among

# Of outlined ops, by name: what does not depend on the module is found once per process.
_result_types: dict[str, list[types.Type]] = {}


class Stage(Emitter):
    """Where operations are staged: by instructions, or by the chain rule on top of them."""

    def absorbed(self, x: Any, y: Any) -> Value:
        """X * y in which an exact zero absorbs inf and NaN, taking the plain product for granted."""
        if any(level_among([o]) for o in (x, y)) or not all(isinstance(o, Value) for o in (x, y)):
            result: Value = self.operate(lookup("absorbing"), (x, y))
            return result
        return passive.absorbed(self, x, y)

    def operate(self, op: Op, operands: Sequence[Value | Number]) -> Any:
        """An operation inside a formula: IEEE semantics, nothing raised."""
        level = level_among(operands)
        if level == 0:
            if op.part is not None:
                return complex_passive.part(self, *op.part, operands)
            of_complex = any(map(complex_numbers.is_complex_value, operands))
            return (complex_passive if of_complex else passive).emit(self, op, operands)
        return self._outlined(op, operands, level)

    def call(self, op: Op, function: Any, operands: Sequence[Value | Number]) -> Any:
        """An operation of the user's code: the primal is that of the very `function` called."""
        if op.fold and len(operands) > 2:
            return self.call(op, function, (self.call(op, function, operands[:2]), *operands[2:]))
        level = level_among(operands)
        if level == 0:
            return passive.call(self, function, operands)
        return self.chain(op, operands, level, lambda inner: self.call(op, function, inner))

    def chain(
        self, op: Op, operands: Sequence[Value | Number], level: int, primal: Callable[[list[Any]], Any]
    ) -> Any:
        """The primal one level down, then the chain rule of this level on top of it."""
        if op.decides:
            return kinks.decide(self, op, operands)
        if op.absorbs and _is_nested(operands, level):
            return strict.product(self, operands)
        special = complex_numbers.code(op, operands)
        if special is not None:
            return special(self, operands, level, primal)
        inner = [o.at(level) if isinstance(o, Value) else o for o in operands]
        result = primal(inner)
        if op.passive:
            return result
        if isinstance(result, Value) and is_complex(result.type):
            return complex_numbers.attach(self, op, operands, inner, result, level)
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
        arguments = [o if i in op.integers else formula_operand(self, o, primal) for i, o in enumerate(seen)]
        terms = []
        for operand, partial in zip(operands, op.partials_of(output), strict=True):
            if level_among([operand]) == level and (callable(partial) or partial != 0):
                weight = partial(*arguments, result) if callable(partial) else partial
                if isinstance(weight, Value):
                    weight = weight.at(level)
                terms.append((operand, partial, weight))
        if not terms:
            return primal
        primal = self.stored(primal)
        return self.attach(op, operands, primal, terms)

    def attach(
        self, op: Op, operands: Sequence[Any], primal: Value, terms: Sequence[tuple[Value, Any, Any]]
    ) -> Value:
        """`primal` with the derivative of this level, made of `terms` (operand, partial, its value)."""
        if isinstance(terms[0][0].type, Dual):
            return forward.attach(self, primal, terms, partial_function(strict.tangent, op, operands))
        return reverse.attach(self, primal, terms, op)

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
        result = inside.chain(op, staged, level, lambda inner: inside.operate(op, inner))
        return builder, list(result) if op.outputs > 1 else [result]


def _is_nested(operands: Sequence[Any], level: int) -> bool:
    """Whether what `operands` are at this level is a derivative that is differentiated itself."""
    return any(level_among([o]) == level and part_of(o.type).nested for o in operands if isinstance(o, Value))
