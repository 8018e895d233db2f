"""Data flow in a function: what may become active, what shares memory, what is written to.

An analysis of Numba's untyped IR, flow-insensitive and on the side of too much. A variable is

- *active* if it may hold active values,
- *held* if the array or list it names must be created active: active values are stored into it, or a
  variable may be either this or an active one,
- *written* if anything is stored into it.

Stores reach the variable stored into and whatever it is a view or an element of.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any

from ...catalogue import Row, Sharing, is_of_containers, method
from ...numba_api import Dispatcher, ir
from . import callees
from .classes import NO_METHODS, Method, Methods, methods_in
from .implementations import helper


@dataclass(frozen=True)
class Summary:
    """What calling a function does to its arguments, by position.

    Attributes
    ----------
    written : frozenset of int
        Arguments that are stored into.
    updated : frozenset of int
        Arguments that are changed by ``+=`` and its kin, if what it is applied to is an array.
    returned : frozenset of int
        Arguments that the result may share memory with.
    """

    written: frozenset[int] = frozenset()
    updated: frozenset[int] = frozenset()
    returned: frozenset[int] = frozenset()


def _classes_named(func_ir: Any) -> list[Any]:
    """The types of the instances that a function makes of classes among its globals."""
    values = [stmt.value for block in func_ir.blocks.values() for stmt in block.find_insts(ir.Assign)]
    found = [value.value for value in values if isinstance(value, ir.Global | ir.FreeVar)]
    return [made.class_type.instance_type for made in found if hasattr(made, "class_type")]


@dataclass(frozen=True)
class Place:
    """Where a variable is stored into, or has a method called that may do so."""

    container: str
    loc: Any
    method: str


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
    loc: Any

    def operands_at(self, summaries: Summaries, which: str) -> set[str]:
        """The operands at some positions of the helper's summary; all if it has none."""
        known = summaries(self.function)
        if known is None or self.positions is None:
            return set(self.operands)
        return {name for at, name in self.positions.items() if at in getattr(known, which)}


class Flow:
    """The flow of values in one function.

    Parameters
    ----------
    func_ir : numba.core.ir.FunctionIR
    methods : Methods
        Of the instances of classes that it may come across: they are helpers.
    """

    def __init__(self, func_ir: Any, methods: Methods = NO_METHODS) -> None:
        self.func_ir = func_ir
        self.methods: dict[str, list[Method]] = defaultdict(list)
        self.known = methods | methods_in(_classes_named(func_ir))  # with those of classes that it names
        for known in self.known:
            self.methods[known.name].append(known)
        self.parameters: dict[str, int] = {}
        self.inputs: dict[str, set[str]] = defaultdict(set)
        self.views: dict[str, set[str]] = defaultdict(set)
        self.elements: dict[str, set[str]] = defaultdict(set)
        self.contents: dict[str, set[str]] = defaultdict(set)
        self.writes: list[tuple[str, tuple[str, ...]]] = []
        self.places: list[Place] = []
        self.updates: dict[str, set[str]] = defaultdict(set)  # written to if they are arrays: ``a += b``
        self.lists: dict[str, tuple[str, ...]] = {}
        self.tuples: dict[str, tuple[str, ...]] = {}
        self.packed: dict[str, list[tuple[str, ...]]] = defaultdict(list)  # one variable may be several
        self.iterated: set[str] = set()
        self.created: set[str] = set()
        self.stored: dict[str, set[str]] = defaultdict(set)
        self.returns: set[str] = set()
        self.assignments: Counter[str] = Counter()
        self.calls: list[_HelperCall] = []
        for block in func_ir.blocks.values():
            for stmt in block.body:
                before = len(self.writes)
                self._visit(stmt)
                stored = self.writes[before:]
                self.places += [Place(name, stmt.loc, self._method_of(stmt)) for name, _ in stored]
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
        returned = self.returned(summaries)
        updated = [name for call in self.calls for name in call.operands_at(summaries, "updated")]
        return Summary(
            written=self.positions(self._shared(stored, returned)),
            updated=self.positions(self._shared([*self.updates, *updated], returned)),
            returned=self.positions(self._shared(self.returns, returned, deep=True)),
        )

    def stores_into(self, position: int, summaries: Summaries) -> tuple[Any, list[tuple[Any, int]]]:
        """Where an argument is stored into, and the helpers that store into it, with its position there."""
        returned = self.returned(summaries)

        def reaches(name: str) -> bool:
            return position in self.positions(self._shared([name], returned))

        places = [place for place in self.places if reaches(place.container)]
        calls = []
        for call in self.calls:
            known = summaries(call.function)
            for at, name in (call.positions or {}).items():
                if known is not None and at in known.written | known.updated and reaches(name):
                    calls.append((call.function, at))
        return (places[0] if places else None), calls

    def _method_of(self, stmt: Any) -> str:
        """The name of the method that a statement calls; empty if it calls none."""
        value: Any = getattr(stmt, "value", None)
        is_call = isinstance(value, ir.Expr) and value.op == "call"
        return (method_name(self.func_ir, value.func) if is_call else None) or ""

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
        returned = self.returned(summaries)
        writes = [(self._shared([name], returned), values) for name, values in self._writes(summaries)]
        updates = [(self._shared([name], returned), values) for name, values in self._updates(summaries)]
        arrays = self.created | self.parameters.keys()  # what an update may write to
        # The items of a list are of one type, as are a tuple's that is iterated over: arrays and lists
        # made for it must fit the active ones.
        iterated = self._same_as(self.iterated)
        uniform = self.lists | {name: items for name, items in self.tuples.items() if name in iterated}
        # So are the values of one variable, and those returned.
        merged = [(name, self._same_as([name])) for name, count in self.assignments.items() if count > 1]
        merged += [(name, self._same_as(self.returns)) for name in self.returns]
        aligned = [self._same_as(items) for _, same in merged for items in self._aligned(same)]
        size = -1
        while size != len(active) + len(held):
            size = len(active) + len(held)
            active.update(target for target, values in self.inputs.items() if not active.isdisjoint(values))
            for reached, values in writes:
                if not (active.isdisjoint(values) and active.isdisjoint(reached)):
                    held |= reached
            for name, items in uniform.items():
                if name in active:
                    held |= {name} | (self._same_as(items) & self.created)
            for name, same in merged:
                if name in active:
                    held |= same
            for group in aligned:
                if not active.isdisjoint(group):
                    held |= group
            for reached, added in updates:
                if not (active.isdisjoint(added) or arrays.isdisjoint(reached)):
                    held |= reached
            active |= held
        return active, held

    def _aligned(self, names: Iterable[str]) -> list[set[str]]:
        """The items at each position of the tuples among some variables."""
        tuples = [items for name in sorted(names) for items in self.packed[name]]
        return [set(items) for items in zip(*tuples, strict=False)] if len(tuples) > 1 else []

    # -- what the statements say ----------------------------------------------------------------

    def _visit(self, stmt: Any) -> None:
        if isinstance(stmt, ir.Assign):
            target, value = stmt.target.name, stmt.value
            self.assignments[target] += 1
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
            for known in self.methods.get(expr.attr, ()):
                if known.is_property:
                    self._visit_helper(target, known.function, expr, [expr.value], ())
            if method(expr.attr).result is not Sharing.PASSIVE:
                self._same(target, expr.value.name)
            return
        used = {var.name for var in expr.list_vars()}
        is_element = expr.op in ("getitem", "static_getitem", "typed_getitem")
        self.inputs[target] |= {expr.value.name} if is_element else used
        if is_element:
            self.elements[target].add(expr.value.name)
            if expr.op == "getitem":
                self.iterated.add(expr.value.name)
        elif expr.op in ("iternext", "pair_first", "pair_second", "getiter", "exhaust_iter"):
            self.elements[target] |= used
            if expr.op == "getiter":
                self.iterated |= used
        elif expr.op in ("build_tuple", "build_list", "build_set", "build_map"):
            self.contents[target] |= used
            if expr.op == "build_list":
                self.lists[target] = tuple(var.name for var in expr.items)
                self.created.add(target)
            elif expr.op == "build_tuple":
                self.tuples[target] = tuple(var.name for var in expr.items)
                self.packed[target].append(self.tuples[target])
        elif expr.op == "inplace_binop":
            self.views[target].add(expr.lhs.name)
            self.updates[expr.lhs.name].add(expr.rhs.name)
        elif expr.op not in ("binop", "unary"):
            self.views[target] |= used

    def _visit_call(self, target: str, expr: Any) -> None:
        function = named(self.func_ir, expr.func)
        function = helper(function) or function
        name = method_name(self.func_ir, expr.func)
        operands = [*expr.args, *(var for _, var in expr.kws), *([expr.vararg] if expr.vararg else [])]
        names = tuple(var.name for var in operands)
        if name is not None:
            owner = definition_of(self.func_ir, expr.func).value
            for known in self.methods.get(name, ()):
                given = expr.args if known.is_static else [owner, *expr.args]
                self._visit_helper(target, known.function, expr, given, expr.kws)
            if name not in self.methods or is_of_containers(name):
                self._visit_method(target, method(name), expr.func.name, names)
            return
        if isinstance(function, Dispatcher) and callees.sharing(function) is Sharing.HELPER:
            self._visit_helper(target, function, expr, expr.args, expr.kws)
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
        written = list(names) if sharing is Sharing.UNKNOWN else callees.outputs(function, expr)
        self.writes += [(name, names) for name in written]

    def _visit_helper(self, target: str, function: Any, expr: Any, args: Any, kws: Any) -> None:
        vararg = getattr(expr, "vararg", None) if expr.op == "call" else None
        names = tuple(v.name for v in (*args, *(v for _, v in kws), *([vararg] if vararg else [])))
        self.inputs[target] |= set(names)
        positions = None if vararg else callees.bound(function, args, kws)
        self.calls.append(_HelperCall(function, target, names, positions, expr.loc))

    def _visit_method(self, target: str, known: Row, owner: str, names: tuple[str, ...]) -> None:
        self.inputs[target] |= {owner, *names}
        if known.result is Sharing.FRESH:
            self.created.add(target)
            return
        self._may_share(target, [owner])
        if known.writes:
            self.writes.append((owner, names))
            self.contents[owner] |= set(names)
        if any(known.writes):
            self.writes += [(name, names) for name in names]

    def _may_share(self, target: str, names: Iterable[str]) -> None:
        self.views[target] |= set(names)
        self.elements[target] |= set(names)

    # -- what follows from them -----------------------------------------------------------------

    def _writes(self, summaries: Summaries) -> list[tuple[str, tuple[str, ...]]]:
        return self.writes + [
            (name, call.operands) for call in self.calls for name in call.operands_at(summaries, "written")
        ]

    def _updates(self, summaries: Summaries) -> list[tuple[str, Iterable[str]]]:
        return [*self.updates.items()] + [
            (name, call.operands) for call in self.calls for name in call.operands_at(summaries, "updated")
        ]

    def returned(self, summaries: Summaries) -> dict[str, set[str]]:
        """By the results of helpers, the operands that they may share memory with."""
        found: dict[str, set[str]] = defaultdict(set)
        for call in self.calls:
            found[call.target] |= call.operands_at(summaries, "returned")
        return found

    def _shared(
        self,
        names: Iterable[str],
        returned: Mapping[str, set[str]] = MappingProxyType({}),
        deep: bool = False,
    ) -> set[str]:
        """Some variables and what they are views or elements of; `deep`: also what they contain."""
        reached: set[tuple[str, bool]] = set()
        waiting = [(name, deep) for name in names]
        while waiting:
            at = waiting.pop()
            if at in reached:
                continue
            reached.add(at)
            name, inside = at
            waiting += [(source, inside) for source in self.views.get(name, ())]
            waiting += [
                (source, True) for source in self.elements.get(name, set()) | returned.get(name, set())
            ]
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
