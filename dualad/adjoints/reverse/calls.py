"""Adjoints of calls: of array rules, and of functions that have a joint adjoint of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...compiler.arrays.absorption import adjoint_function
from ..analysis.memory import Memory
from ..emit import text
from ..emit.lines import line
from ..errors import Untransformable
from ..frontend.callees import Callee
from ..ir.nodes import FLOATS, SINGLE, Block, Call, Tuple, Value, leaves, leaves_of, map_tree, written
from ..library.foreign import Applied

if TYPE_CHECKING:
    from .reversal import Reversal


class Calls:
    """The sweep of calls, as a part of a reversal.

    Attributes
    ----------
    kept : dict
        By statement, the arrays whose contents the adjoint needs and which do not last until then.
    held : str
        The name for how many elements are in what is kept.
    """

    def __init__(self, reversal: Reversal, adjoint_of: Callable[..., Any]) -> None:
        self.reversal, self.adjoint_of = reversal, adjoint_of
        self.program, self.memory, self.functions = reversal.program, reversal.memory, reversal.functions
        self.kept: dict[Any, dict[Value, str]] = {}
        self.held = ""

    def sweep(self, s: Call, block: Block, lines: list[Any]) -> None:
        """Add the lines that pull adjoints back through a call."""
        if isinstance(s.rule, Callee):
            self._joint(s, block, lines)
            return
        floats = [out for out in s.outs if out.kind in FLOATS]
        if s.rule.rule is None or not any(
            o.active and (o.is_array or self.reversal.is_known(o)) for o in floats
        ):
            return
        backward = s.rule.rule.backward
        arguments = dict(zip(s.rule.names, s.args, strict=True))
        content = self._contents(s, block, lines)
        bars = [
            self.reversal.of_result(o) if o.is_array or self.reversal.is_known(o) else "0.0" for o in floats
        ]
        after: list[Any] = []
        active = sum(map(_is_active, s.args))
        strict = s.nested and s.rule.rule.varies(active)
        pieces: list[Any] = [f"{self.functions(adjoint_function(s.rule.rule, strict))}("]
        for position, parameter in enumerate(inspect.signature(backward).parameters.values()):
            name = parameter.name
            pieces += [", "] * bool(position)
            if name == "y":
                pieces += text.tree(self.functions, map_tree(s.result, content)).pieces
            elif name == "y_bar":
                pieces.append(f"({', '.join(bars)})" if isinstance(s.result, Tuple) else bars[0])
            elif name.endswith("_bar"):
                of: Any = arguments.get(name.removesuffix("_bar"))  # what has a default may not be given
                pieces.append(self._in_order(of, lines, after) if _is_active(of) else "None")
            elif name in arguments:
                pieces += text.tree(self.functions, map_tree(arguments[name], content)).pieces
            else:
                default = inspect.signature(s.rule.rule.primal).parameters[name].default
                pieces.append(repr(default))
        lines += [line(*pieces, ")"), *after]

    def _in_order(self, of: Value, lines: list[Any], after: list[Any]) -> str:
        """The adjoint of an array as rules take it, in C order: one of its own if it may be of another."""
        if of.layout == "C":
            return self.reversal.shadow(of)
        own = self.program.names.new(f"{of.name}_b_in_order")
        lines.append(line(f"{own} = np.zeros({self.reversal.shadow(of)}.shape)"))
        after.append(line(f"{self.reversal.shadow(of)} += {own}"))
        return own

    def _contents(self, s: Call, block: Block, lines: list[Any]) -> Callable[[Any], Any]:
        """Values as they were when the statement ran."""
        contents: dict[Any, Any] = {}

        def content(value: Any) -> Any:
            if value not in contents:
                found = contents[value] = self._content(value, s, block)
                if isinstance(value, Value) and isinstance(s.rule, Applied) and not _suits(s.rule, value):
                    then = self.program.names.new(f"{value.name}_in_order")
                    made = ".astype(np.float64)" if value.kind == SINGLE else ""
                    lines.append(line(f"{then} = np.ascontiguousarray(", found, ")", made))
                    contents[value] = then
                elif isinstance(found, str):  # taken off what is kept, though several may ask for it
                    contents[value] = self.program.names.new(f"{value.name}_then")
                    lines.append(line(f"{contents[value]} = ", found))
                if isinstance(found, str):
                    lines.append(line(f"{self.held} -= {contents[value]}.size"))
            return contents[value]

        return content

    def _joint(self, s: Call, block: Block, lines: list[Any]) -> None:
        """The adjoint of a called function, which computes the function once more."""
        given = list(leaves_of(s.args))
        if s in self.reversal.fused:
            name, (call, *added) = self._called(s, given)
            result = [line(*text.unpacked(s.result), f" = {name}[0]")] if s.outs else []
            lines += [call, *result, *added]
            self.reversal.released(s, block, lines)
            return
        changed = any(array.active for array in written(s))
        if not changed and not any(o.active and (o.is_array or self.reversal.is_known(o)) for o in s.outs):
            return
        contents = list(map(self._contents(s, block, lines), given))
        lines += self._called(s, contents)[1]

    def _called(self, s: Call, contents: list[Any]) -> tuple[str, list[Any]]:
        """The name of what a called function's adjoint gives; the lines that call it and add to adjoints."""
        given, results = list(leaves_of(s.args)), list(leaves(s.result))
        active = [i for i, leaf in enumerate(given) if isinstance(leaf, Value) and leaf.active]
        seeded = [i for i, leaf in enumerate(results) if isinstance(leaf, Value) and leaf.active]
        scalars = [given[i] for i in active if not given[i].is_array]
        arrays = [given[i] for i in active if given[i].is_array]
        _refuse_overlap(s, given, self.memory)
        function = self.adjoint_of(s.rule, frozenset(active), frozenset(seeded))
        content = iter(contents)
        trees = [map_tree(arg, lambda leaf: next(content)) for arg in s.args]
        pieces = text.listed(text.tree(self.functions, t) for t in trees if not text.is_baked(t))
        for i in seeded:
            known = results[i].is_array or self.reversal.is_known(results[i])
            pieces += [", ", self.reversal.of_result(results[i]) if known else "0.0"]
        for array in arrays:
            pieces += [", ", self.reversal.shadow(array)]
        name = self.program.names.new("swept")
        if pieces and pieces[0] == ", ":
            del pieces[0]
        lines: list[Any] = [line(f"{name} = {self.functions(function)}(", *pieces, ")")]
        for position, scalar in enumerate(scalars):
            self.reversal.contribute(scalar, (f"{name}[1][{position}]",), lines)
        return name, lines

    def _content(self, value: Any, statement: Any, block: Block) -> Any:
        """A value as it was when the statement ran."""
        if not isinstance(value, Value) or not value.is_array:
            return value
        until = self.reversal.fused_body(block)
        final = self.memory.is_final(value, statement, block, until)
        if final and self.reversal.lasts(value) and not self.memory.of(value) & self.memory.stored[statement]:
            return value
        if value.narrow:
            reason = (
                f"{value.described}, an array of integers of less than 64 bits that is changed after its use"
            )
            raise Untransformable(reason, statement)
        self.held = self.held or self.program.names.new("held")
        kept = self.kept.setdefault(statement, {})
        if value not in kept:
            kept[value] = self.program.names.new(f"{value.name}_kept")
        return f"{kept[value]}.pop()"


def _is_active(value: Any) -> bool:
    return isinstance(value, Value) and value.active


def _suits(applied: Applied, array: Value) -> bool:
    """Whether a rule may take an array as it is: Numba warns that products of other layouts are slow."""
    if array.kind == SINGLE:
        return False
    if not array.is_array or array.layout == "C":
        return True
    return array.layout == "F" and applied.rule is not None and applied.rule.name in ("dot", "product")


def _refuse_overlap(s: Call, given: list[Any], memory: Memory) -> None:
    """The adjoint of a function takes for granted that what it writes to has one name."""
    arrays = [leaf for leaf in given if isinstance(leaf, Value) and leaf.is_array]
    for array in written(s):
        if sum(bool(memory.of(array) & memory.of(other)) for other in arrays) > 1:
            raise Untransformable(
                f"a call of {s.rule.name!r} that is given parts of one array twice and writes to it", s
            )
