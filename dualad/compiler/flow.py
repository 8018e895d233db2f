"""Where values go in a function: what may become active, what shares memory, what is written to.

An analysis of Numba's untyped IR, flow-insensitive and on the side of too much. A variable is

- *active* if it may hold active values,
- *held* if active values are stored into the array or list it names, so that this must be created active,
- *written* if anything is stored into it.

Stores reach the variable stored into and whatever it is a view or an element of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from numba.core import ir
from numba.core.dispatcher import Dispatcher

from . import callees
from .callees import Sharing


@dataclass(frozen=True)
class Summary:
    """What calling a function does to its arguments, by position.

    Attributes
    ----------
    written : frozenset of int
        Arguments that are stored into.
    returned : frozenset of int
        Arguments that the result may share memory with.
    """

    written: frozenset[int] = frozenset()
    returned: frozenset[int] = frozenset()


# Of helpers: the summary of a function, None if nothing is known about it.
Summaries = Callable[[Any], Summary | None]


def named(func_ir: Any, var: Any) -> Any:
    """The Python object a variable names: a global, a closure variable, a module's attribute; else None."""
    definition = definition_of(func_ir, var)
    if isinstance(definition, ir.Global | ir.FreeVar):
        return definition.value
    if isinstance(definition, ir.Expr) and definition.op == "getattr":
        owner = named(func_ir, definition.value)
        if isinstance(owner, ModuleType):
            return getattr(owner, definition.attr, None)
    return None


def definition_of(func_ir: Any, var: Any) -> Any:
    """What a variable is assigned, or None if that is more than one thing."""
    try:
        return func_ir.get_definition(var)
    except KeyError:
        return None


def method_name(func_ir: Any, var: Any) -> str | None:
    """The name of the method that a variable holds, if it holds one."""
    definition = definition_of(func_ir, var)
    if isinstance(definition, ir.Expr) and definition.op == "getattr" and named(func_ir, var) is None:
        return str(definition.attr)
    return None


@dataclass(frozen=True)
class _HelperCall:
    function: Any
    target: str
    operands: tuple[str, ...]
    positions: dict[int, str] | None  # None: `*args` in the call


class Flow:
    """The flow of values in one function.

    Parameters
    ----------
    func_ir : numba.core.ir.FunctionIR
    """

    def __init__(self, func_ir: Any) -> None:
        self.func_ir = func_ir
        self.parameters: dict[str, int] = {}
        self.inputs: dict[str, set[str]] = defaultdict(set)
        self.views: dict[str, set[str]] = defaultdict(set)
        self.elements: dict[str, set[str]] = defaultdict(set)
        self.contents: dict[str, set[str]] = defaultdict(set)
        self.writes: list[tuple[str, tuple[str, ...]]] = []
        self.updates: set[str] = set()  # written to if they are arrays: ``a += 1``
        self.lists: dict[str, tuple[str, ...]] = {}
        self.created: set[str] = set()
        self.stored: dict[str, set[str]] = defaultdict(set)
        self.returns: set[str] = set()
        self.calls: list[_HelperCall] = []
        for block in func_ir.blocks.values():
            for stmt in block.body:
                self._visit(stmt)
        for container, items in self.stored.items():
            # A list keeps the item itself, an array a copy of it.
            if not self._same_as([container]).isdisjoint(self.lists):
                self.contents[container] |= items
        for container in list(self.contents):
            for owner in self._shared([container]):
                self.contents[owner] |= self.contents[container]

    @property
    def helpers(self) -> list[Any]:
        """The functions called whose summaries count."""
        return [call.function for call in self.calls]

    def summary(self, summaries: Summaries) -> Summary:
        """What a call of this function does to its arguments."""
        stored = [container for container, _ in self._writes(summaries)]
        return Summary(
            written=self.positions(self._shared([*stored, *self.updates], summaries)),
            returned=self.positions(self._shared(self.returns, summaries, deep=True)),
        )

    def active(self, arguments: Iterable[bool], summaries: Summaries) -> tuple[set[str], set[str]]:
        """The active variables and, among them, the held ones.

        Parameters
        ----------
        arguments : iterable of bool
            Which arguments are active.
        summaries : callable
            What is known of helpers.
        """
        is_active = list(arguments)
        active = {name for name, position in self.parameters.items() if is_active[position]}
        held: set[str] = set()
        writes = self._writes(summaries)
        size = -1
        while size != len(active) + len(held):
            size = len(active) + len(held)
            active.update(target for target, values in self.inputs.items() if not active.isdisjoint(values))
            for container, values in writes:
                if container in active or not active.isdisjoint(values):
                    held |= self._shared([container], summaries)
            for name, items in self.lists.items():
                if name in active:
                    # A list has one item type: lists and arrays made for it must fit the active ones.
                    held |= {name} | (self._same_as(items) & self.created)
            active |= held
        return active, held

    # -- what the statements say ----------------------------------------------------------------

    def _visit(self, stmt: Any) -> None:
        if isinstance(stmt, ir.Assign):
            target, value = stmt.target.name, stmt.value
            if isinstance(value, ir.Arg):
                self.parameters[target] = value.index
            elif isinstance(value, ir.Var):
                self._same(target, value.name)
            elif isinstance(value, ir.Expr):
                self._visit_expression(target, value)
        elif isinstance(stmt, ir.SetItem | ir.StaticSetItem | ir.SetAttr):
            self.writes.append((stmt.target.name, (stmt.value.name,)))
            self.stored[stmt.target.name].add(stmt.value.name)
        elif isinstance(stmt, ir.DelItem):
            self.writes.append((stmt.target.name, ()))
        elif isinstance(stmt, ir.Return):
            self.returns.add(stmt.value.name)

    def _same(self, target: str, source: str) -> None:
        self.inputs[target].add(source)
        self.views[target].add(source)

    def _visit_expression(self, target: str, expr: Any) -> None:
        if expr.op == "call":
            self._visit_call(target, expr)
            return
        if expr.op == "getattr":
            if expr.attr not in callees.PASSIVE_ATTRIBUTES:
                self._same(target, expr.value.name)
            return
        names = {var.name for var in expr.list_vars()}
        self.inputs[target] |= names
        if expr.op in ("getitem", "static_getitem", "typed_getitem"):
            self.inputs[target] = {expr.value.name}
            self.elements[target].add(expr.value.name)
        elif expr.op in ("iternext", "pair_first", "pair_second", "getiter", "exhaust_iter"):
            self.elements[target] |= names
        elif expr.op in ("build_tuple", "build_list", "build_set", "build_map"):
            self.contents[target] |= names
            if expr.op == "build_list":
                self.lists[target] = tuple(var.name for var in expr.items)
                self.created.add(target)
        elif expr.op == "inplace_binop":
            self.views[target].add(expr.lhs.name)
            self.updates.add(expr.lhs.name)
        elif expr.op not in ("binop", "unary"):
            self.views[target] |= names

    def _visit_call(self, target: str, expr: Any) -> None:
        function = named(self.func_ir, expr.func)
        method = method_name(self.func_ir, expr.func)
        operands = [*expr.args, *(var for _, var in expr.kws), *([expr.vararg] if expr.vararg else [])]
        names = tuple(var.name for var in operands)
        if method is not None:
            self._visit_method(target, method, expr.func.name, names)
            return
        if isinstance(function, Dispatcher) and callees.sharing(function) is Sharing.HELPER:
            self.inputs[target] |= set(names)
            positions = None if expr.vararg else callees.bound(function, expr.args, expr.kws)
            self.calls.append(_HelperCall(function, target, names, positions))
            return
        sharing = callees.sharing(function)
        if sharing is Sharing.PASSIVE:
            return
        self.inputs[target] |= {*names, expr.func.name}
        if sharing is Sharing.CONTENTS:
            self.contents[target] |= set(names)
        if sharing in (Sharing.VIEW, Sharing.UNKNOWN):
            self._may_share(target, names)
        if sharing is Sharing.FRESH:
            self.created.add(target)
        written = names if sharing is Sharing.UNKNOWN else callees.outputs(function, expr)
        self.writes += [(name, names) for name in written]

    def _visit_method(self, target: str, method: str, owner: str, names: tuple[str, ...]) -> None:
        self.inputs[target] |= {owner, *names}
        if method in callees.FRESH_METHODS:
            self.created.add(target)
            return
        self._may_share(target, [owner])
        if method not in callees.READING_METHODS:
            self.writes.append((owner, names))
            self.contents[owner] |= set(names)

    def _may_share(self, target: str, names: Iterable[str]) -> None:
        self.views[target] |= set(names)
        self.elements[target] |= set(names)

    # -- what follows from them -----------------------------------------------------------------

    def _writes(self, summaries: Summaries) -> list[tuple[str, tuple[str, ...]]]:
        writes = list(self.writes)
        for call in self.calls:
            known = summaries(call.function)
            if known is None or call.positions is None:
                writes += [(name, call.operands) for name in call.operands]
            else:
                writes += [(name, call.operands) for at, name in call.positions.items() if at in known.written]
        return writes

    def _returned(self, summaries: Summaries | None) -> dict[str, set[str]]:
        shared: dict[str, set[str]] = defaultdict(set)
        for call in self.calls if summaries else ():
            assert summaries is not None
            known = summaries(call.function)
            if known is None or call.positions is None:
                shared[call.target] |= set(call.operands)
            else:
                shared[call.target] |= {name for at, name in call.positions.items() if at in known.returned}
        return shared

    def _shared(self, names: Iterable[str], summaries: Summaries | None = None, deep: bool = False) -> set[str]:
        """Some variables and what they are views or elements of; `deep`: also what they contain."""
        returned = self._returned(summaries)
        reached: set[tuple[str, bool]] = set()
        waiting = [(name, deep) for name in names]
        while waiting:
            at = waiting.pop()
            if at in reached:
                continue
            reached.add(at)
            name, inside = at
            waiting += [(source, inside) for source in self.views.get(name, ())]
            waiting += [(source, True) for source in (*self.elements.get(name, ()), *returned.get(name, ()))]
            if inside:
                waiting += [(item, deep) for item in self.contents.get(name, ())]
        return {name for name, _ in reached}

    def _same_as(self, names: Iterable[str]) -> set[str]:
        """Some variables and what they are views or other names of."""
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += self.views.get(name, ())
        return reached

    def positions(self, names: Iterable[str]) -> frozenset[int]:
        """The arguments among some variables."""
        return frozenset(self.parameters[name] for name in names if name in self.parameters)
