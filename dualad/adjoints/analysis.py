"""What is known of a program: what is active, which arrays share memory, what is never used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .errors import Untransformable
from .ir import (
    FLOATS,
    Alloc,
    Block,
    Call,
    If,
    Load,
    Loop,
    Op,
    Program,
    Raise,
    Store,
    Value,
    View,
    blocks_of,
    is_inside,
    leaves,
    operands,
    outputs,
    walk,
    written,
)


class Memory:
    """Which allocations, parameters and constants an array may be, and where they are stored to."""

    def __init__(self, program: Program) -> None:
        self.roots: dict[Value, frozenset[Value]] = {}
        self._find_roots(program)
        self.stored: dict[Any, frozenset[Value]] = {}
        self.carried: dict[Any, frozenset[Value]] = {}  # what is stored to by a name that went through a loop
        self._note_stores(program.body)
        self.mutable = frozenset(r for s in program.body.statements for r in self.stored.get(s, ()))

    def of(self, array: Value) -> frozenset[Value]:
        """The roots of an array."""
        return self.roots.get(array) or frozenset((array,))

    def _find_roots(self, program: Program) -> None:
        references = [found for statement in walk(program.body) for found in _references(statement)]
        self.roots = {out: frozenset((out,) if out in sources else ()) for out, sources in references}
        changed = True
        while changed:
            changed = False
            for out, sources in references:
                # Sets only grow, so this ends.
                found = self.roots[out].union(*(self.roots.get(s, frozenset((s,))) for s in sources))
                if self.roots[out] != found:
                    self.roots[out] = found
                    changed = True

    def _note_stores(self, block: Block) -> frozenset[Value]:
        total: frozenset[Value] = frozenset()
        for statement in block.statements:
            arrays = written(statement)
            stored = frozenset(root for array in arrays for root in self.of(array))
            carried = frozenset(r for array in arrays for r in self.of(array) if _viewed(array) is not r)
            for inner in blocks_of(statement):
                stored |= self._note_stores(inner)
                carried = carried.union(*(self.carried[s] for s in inner.statements))
            self.stored[statement], self.carried[statement] = stored, carried
            total |= stored
        return total

    def is_final(self, array: Value, statement: Any, block: Block, until: Block | None = None) -> bool:
        """Whether no store to `array` follows `statement` of `block`, in the body `until` or at all.

        Of what a loop brings into a trip, an array that the trip makes anew is the one of an earlier trip:
        stores to the new one leave it alone.
        """
        roots = self.of(array)
        if not roots & self.mutable:
            return True
        head = _viewed(array)
        body = head.made.body if isinstance(head.made, Loop) and head.home is head.made.body else None
        older = frozenset(r for r in roots if body is not None and is_inside(r.home, body))

        def is_stored_to(by: Any) -> bool:
            return bool(self.stored[by] & (roots - older) or self.carried[by] & older)

        inside: Block | None = block
        while inside is not None:
            position = inside.statements.index(statement)
            if any(map(is_stored_to, inside.statements[position + 1 :])):
                return False
            if inside is until:
                return True
            owner = inside.owner
            if isinstance(owner, Loop) and is_stored_to(owner):
                return False
            statement, inside = owner, inside.parent
        return True


def _viewed(array: Value) -> Value:
    """What an array is a view of, or itself."""
    while isinstance(array.made, View):
        array = array.made.array
    return array


def may_share(trees: Iterable[Any]) -> bool:
    """Whether arrays may share memory, as far as is known of a program that is being read."""
    arrays = [_viewed(leaf) for leaf in leaves_of(trees) if isinstance(leaf, Value) and leaf.is_array]
    known = [array for array in arrays if not isinstance(array.made, Loop | If)]
    return len(arrays) > 1 and len(set(known)) < len(arrays)


def _references(statement: Any) -> Iterator[tuple[Value, list[Value]]]:
    """The arrays that a statement defines, with those they may be."""
    if isinstance(statement, View):
        yield statement.out, [statement.array]
    elif isinstance(statement, Alloc):
        yield statement.out, [statement.out]
    elif isinstance(statement, Loop):
        for carry in statement.carries:
            if carry.head.is_array:
                sources = [v for v in (carry.init, carry.next) if isinstance(v, Value)]
                yield carry.head, sources
                yield carry.out, sources
    elif isinstance(statement, If):
        for merge in statement.merges:
            if merge.out.is_array:
                yield merge.out, [v for v in (merge.first, merge.second) if isinstance(v, Value)]


def activate(program: Program, inputs: Iterable[Value], memory: Memory) -> None:
    """Mark every value that depends on the inputs."""
    for value in inputs:
        value.active = value.kind in FLOATS

    def mark(value: Value, active: bool) -> bool:
        if not active or value.active or value.kind not in FLOATS:
            return False
        value.active = True
        return True

    changed = True
    while changed:
        changed = False
        for s in walk(program.body):
            if isinstance(s, Op):
                if any(a.active and depends(s, i) for i, a in enumerate(s.args)):
                    changed |= mark(s.out, True)
            elif isinstance(s, Load):
                changed |= mark(s.out, any(r.active for r in memory.of(s.array)))
            elif isinstance(s, Store) and s.value.active:
                for root in memory.of(s.array):
                    changed |= mark(root, True)
            elif isinstance(s, Call):
                if any(a.active for a in leaves_of(s.args)):
                    for out in (*s.outs, *(root for array in written(s) for root in memory.of(array))):
                        changed |= mark(out, True)
            elif isinstance(s, Loop):
                for c in s.carries:
                    live = any(v is not None and v.active for v in (c.init, c.next, c.head))
                    changed |= mark(c.head, live) | mark(c.out, live)
            elif isinstance(s, If):
                for m in s.merges:
                    changed |= mark(m.out, any(v is not None and v.active for v in (m.first, m.second)))
        for array, roots in memory.roots.items():
            changed |= mark(array, any(root.active for root in roots))
    for s in walk(program.body):
        if isinstance(s, Store) and s.value.active and s.array.kind not in FLOATS:
            reason = f"a store into {s.array.described}, an array of integers, of what has a derivative"
            raise Untransformable(reason, s)


def leaves_of(args: Iterable[Any]) -> Iterator[Any]:
    """The leaves of several trees."""
    return (leaf for arg in args for leaf in leaves(arg))


def depends(statement: Op, position: int) -> bool:
    """Whether an op depends differentiably on one of its arguments."""
    rule = statement.rule
    if rule is None:
        if statement.out.kind in FLOATS:
            name = getattr(statement.function, "__name__", "an operation")
            raise Untransformable(f"{name} of what has a derivative", statement)
        return False
    if rule.passive:
        return False
    partial = rule.partials_of(0)[position]
    return not (isinstance(partial, int | float) and partial == 0)


def prune(program: Program, inputs: Iterable[Value]) -> None:
    """Remove what neither the result nor the shape of a derivative depends on."""
    live: set[Any] = set()
    work = [leaf for leaf in leaves(program.result) if isinstance(leaf, Value)]
    work += [e for value in inputs for e in value.extents or ()]
    users: list[Any] = []
    for statement in walk(program.body):
        if isinstance(statement, Raise) or written(statement):
            users.append(statement)
    carries = {}
    for statement in walk(program.body):
        if isinstance(statement, Loop):
            for carry in statement.carries:
                carries[carry.head] = carries[carry.out] = (statement, carry)

    def need(statement: Any) -> None:
        if statement is None or statement in live:
            return
        live.add(statement)
        if isinstance(statement, Loop):
            work.extend(v for v in (*(statement.bounds or ()), statement.ended) if isinstance(v, Value))
        else:
            work.extend(v for v in operands(statement) if isinstance(v, Value))
        if isinstance(statement, Call):  # its adjoint takes that of every result
            work.extend(e for out in statement.outs for e in out.extents or () if isinstance(e, Value))

    def need_enclosing(block: Block | None) -> None:
        while block is not None and block.owner is not None:
            need(block.owner)
            block = block.parent

    blocks: dict[Any, Block] = {}

    def place(block: Block) -> None:
        for statement in block.statements:
            blocks[statement] = block
            for inner in blocks_of(statement):
                place(inner)

    place(program.body)
    for user in users:
        need(user)
        need_enclosing(blocks[user])
    # A loop without bounds may not end: it stays.
    for statement in tuple(blocks):
        if isinstance(statement, Loop) and statement.bounds is None:
            need(statement)
            need_enclosing(blocks[statement])
    while work:
        value = work.pop()
        if value in live:
            continue
        live.add(value)
        if value.extents is not None:
            work.extend(e for e in value.extents if isinstance(e, Value))
        if value in carries:
            statement, carry = carries[value]
            work.extend(v for v in (carry.init, carry.next, carry.head) if isinstance(v, Value))
            work.extend(e for e in carry.out.extents or () if isinstance(e, Value))
        if isinstance(value.made, If):
            merge = next(m for m in value.made.merges if m.out is value)
            work.extend(v for v in (merge.first, merge.second) if isinstance(v, Value))
        if value.made is not None:
            need(value.made)
            need_enclosing(blocks.get(value.made))
    _keep(program.body, live)


def _keep(block: Block, live: set[Any]) -> None:
    block.statements = [s for s in block.statements if s in live]
    for statement in block.statements:
        if isinstance(statement, Loop):
            statement.carries = [c for c in statement.carries if c.head in live or c.out in live]
        elif isinstance(statement, If):
            statement.merges = [m for m in statement.merges if m.out in live]
        for inner in blocks_of(statement):
            _keep(inner, live)


def verify(program: Program) -> None:
    """Raise if a value is read where it is not defined."""

    def check(block: Block, known: set[Value]) -> set[Value]:
        for statement in block.statements:
            for value in operands(statement):
                assert not isinstance(value, Value) or value in known, f"{value} is read before it is defined"
            for inner in blocks_of(statement):
                heads = {c.head for c in statement.carries} if isinstance(statement, Loop) else set()
                index = {statement.index} if isinstance(statement, Loop) and statement.index else set()
                inside = check(inner, known | heads | index)
                for carry in statement.carries if isinstance(statement, Loop) else ():
                    assert not isinstance(carry.next, Value) or carry.next in inside, (
                        f"{carry.next} is not defined"
                    )
            known = known | set(outputs(statement))
        return known

    start = {leaf for _, tree in program.parameters for leaf in leaves(tree) if isinstance(leaf, Value)}
    start |= {value[1] for value in program.named.values() if isinstance(value, tuple)}
    known = check(program.body, start)
    for leaf in leaves(program.result):
        assert not isinstance(leaf, Value) or leaf in known, f"the result {leaf} is not defined"
