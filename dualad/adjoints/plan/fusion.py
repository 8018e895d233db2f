"""Which loops run forward and backward at once, iteration by iteration, without a tape.

Such a loop carries nothing but sums, and what it stores is made anew in every iteration, or only added to, or
one element per iteration; and what comes after it is linear in its results, so that their adjoints are known
before it runs.
"""

from __future__ import annotations

from typing import Any

from ...rules.arguments import UNBOUNDED, Argument
from ..analysis.activity import depends
from ..analysis.memory import Memory
from ..analysis.partials import partial, values_in
from ..frontend.callees import Callee, divides, may_raise
from ..ir.nodes import (
    Block,
    Call,
    Const,
    Extent,
    If,
    Load,
    Loop,
    Op,
    Program,
    Store,
    Value,
    acts,
    arrays_at,
    blocks_of,
    ends,
    is_counted,
    is_inside,
    operands,
    outputs,
    values_of,
    walk,
    within,
)

_ORDER = "the function prints or draws random numbers, which keeps its order"


def fused_loops(program: Program, memory: Memory) -> tuple[dict[Any, list[Any]], dict[Loop, str]]:
    """What runs forward and backward at once, with the statements that wait for its results.

    Loops, calls of functions with an adjoint of their own, and branches around such calls. For the other
    loops the reason.
    """
    fused: dict[Any, list[Any]] = {}
    reasons: dict[Loop, str] = {}
    placed: set[Any] = set()
    accesses = _accesses(program, memory)
    returned = memory.of_all(v for v in values_of(program.result) if v.is_array)
    acting = [s for s in program.body.statements if any(map(acts, within([s])))]
    if len(acting) > 1 or not all(isinstance(s, Loop) for s in acting):
        loops = [s for s in walk(program.body) if isinstance(s, Loop)]
        return {}, dict.fromkeys(loops, _ORDER)

    def visit(block: Block) -> None:
        for position, statement in enumerate(block.statements):
            if not isinstance(statement, Loop) and not _has_callee(statement):
                continue
            after = block.statements[position + 1 :]
            reason = _refusal(statement, memory, accesses, returned) if isinstance(statement, Loop) else ""
            if block is not program.body and any(map(acts, within([statement]))):
                reason = _ORDER
            reason = reason or _is_overtaken(statement, after)
            waiting = None if reason else _waiting(statement, after, memory)
            if waiting is None:
                if isinstance(statement, Loop):
                    reasons[statement] = reason or "what follows it is not linear in its results"
                continue
            # The first runs last: what waits for several waits for it.
            fused[statement] = [w for w in waiting if w not in placed]
            placed.update(waiting)
            if _has_callee(statement):
                for inner in blocks_of(statement):
                    visit(inner)

    visit(program.body)
    return fused, reasons


def _has_callee(statement: Any) -> bool:
    """Whether it calls a function with an adjoint of its own."""
    return any(isinstance(s, Call) and isinstance(s.rule, Callee) for s in within([statement]))


def _accesses(program: Program, memory: Memory) -> dict[Value, list[Any]]:
    """The statements that read or store to each array."""
    found: dict[Value, list[Any]] = {}
    for s in walk(program.body):
        for root in memory.of_all(_arrays(s)):
            found.setdefault(root, []).append(s)
    return found


def _refusal(loop: Loop, memory: Memory, everywhere: dict[Value, list[Any]], returned: set[Value]) -> str:
    """Why a loop is not fused."""
    if not is_counted(loop):
        return "it may end early, or does not count up by one"
    for carry in loop.carries:
        if carry.head.active and (carry.head.is_array or not is_sum(loop, carry.head, carry.next)):
            return f"{carry.head.name!r} is carried from iteration to iteration"
    inside = walk(loop.body)
    own = set(inside)
    stored = sorted(memory.stored[loop], key=lambda root: root.name)
    if not any(v.active for v in (*stored, *(v for s in inside for v in outputs(s)))):
        return "it computes nothing that is differentiated"
    for root in stored:
        if not root.active:
            continue  # it runs once, at a later time: what follows and reads it waits
        if root.block is not None and is_inside(root.block, loop.body):
            continue
        accesses = [s for s in everywhere[root] if s in own]
        stores = [s for s in accesses if isinstance(s, Store)]
        elsewhere = any(s not in own and not isinstance(s, Store) for s in everywhere[root])
        only_stores = len(stores) == len(accesses)
        if only_stores and all(s.add for s in stores) and not elsewhere:
            continue
        once = all(s.array is root and not s.add for s in stores) and tells_iterations_apart(loop, stores)
        if only_stores and once and not elsewhere:
            continue
        if elsewhere or root in returned or not _is_private(loop, root, accesses):
            return f"the array {root.name!r} is not made anew in every iteration"
    return ""


def tells_iterations_apart(loop: Loop, accesses: list[Any]) -> bool:
    """Whether no two iterations of a counted loop access the same element."""
    assert loop.bounds is not None
    axes = range(len(accesses[0].index))
    same_axis = any(all(s.index[axis] is loop.index for s in accesses) for axis in axes)
    return same_axis and is_natural(loop.bounds[0], [])  # -1 and n - 1 are one element


def _is_overtaken(statement: Any, after: list[Any]) -> str:
    """Why a statement may not run after what follows it, if so: another exception would come first."""
    parts, following = within([statement]), within(after)
    raising = any(may_raise(s) and not divides(s) for s in parts)
    if raising and any(map(may_raise, following)):
        return "it may raise an exception, and so may what follows it"
    if any(may_raise(s) and not divides(s) for s in following) and any(map(divides, parts)):
        return "it may divide by zero, and what follows it may raise another exception"
    return ""


def _arrays(statement: Any) -> list[Value]:
    return [v for v in operands(statement) if v.is_array]


def is_sum(loop: Loop, head: Value, last: Any) -> bool:
    """Whether a carried value is only added to, and not looked at before the loop has ended."""
    sums: set[Any] = {head}
    size = 0
    while size != len(sums):
        size = len(sums)
        for s in walk(loop.body):
            if isinstance(s, Op) and _adds(s, sums):
                sums.add(s.out)
            elif isinstance(s, Loop):
                for c in s.carries:
                    if c.init in sums:
                        sums.add(c.head)
                        if c.next in sums:
                            sums.add(c.out)
            elif isinstance(s, If):
                sums.update(m.out for m in s.merges if m.first in sums and m.second in sums)
    for s in walk(loop.body):
        if isinstance(s, Op) and _adds(s, sums):
            continue
        allowed: set[Any] = set()
        if isinstance(s, Loop):
            for c in s.carries:
                if c.init in sums and c.next in sums:
                    allowed |= {c.init, c.next}
        elif isinstance(s, If):
            for m in s.merges:
                if m.out in sums:
                    allowed |= {m.first, m.second}
        if any(v in sums and v not in allowed for v in (*operands(s), *ends(s))):
            return False
    return last in sums


def _adds(s: Op, sums: set[Any]) -> bool:
    if s.rule is None or not s.rule.linear or len(s.args) != 2:
        return False
    first, second = (a in sums for a in s.args)
    return first is not second and bool(s.rule.partials_of(0)[int(second)] == 1)


def _waiting(statement: Any, after: list[Any], memory: Memory) -> list[Any] | None:
    """What must run after a statement of those that follow; None if it cannot wait for the reverse sweep.

    Passive statements can, and operations that are linear in what they wait for.
    """
    results: set[Any] = set(outputs(statement))
    stored, touched = set(memory.stored[statement]), _touched(statement, memory)
    waiting = []
    following = within(after)
    for later in after:
        parts = within([later])
        reads = any(v in results for part in parts for v in (*operands(part), *ends(part)))
        if not reads and not stored & _touched(later, memory) and not touched & memory.stored[later]:
            continue
        if _is_active(parts, memory) and not (isinstance(later, Op) and _is_linear(later, results, after)):
            return None
        if any(map(may_raise, parts)) and any(may_raise(s) and not divides(s) for s in following):
            return None
        results.update(outputs(later))
        stored |= memory.stored[later]
        touched |= _touched(later, memory)
        waiting.append(later)
    return waiting


def _touched(statement: Any, memory: Memory) -> set[Any]:
    """The memory that a statement looks at or stores to."""
    return memory.of_all(array for part in within([statement]) for array in arrays_at(part))


def _is_active(parts: list[Any], memory: Memory) -> bool:
    values = [v for part in parts for v in outputs(part)]
    return any(v.active for v in values) or any(r.active for part in parts for r in memory.stored[part])


def _is_linear(s: Op, results: set[Any], after: list[Any]) -> bool:
    """Whether the adjoints of what it waits for are known before, and it contributes to nothing later."""
    for position, arg in enumerate(s.args):
        if isinstance(arg, Value) and arg.active and depends(s, position):
            late = any(v in results or v is s.out for v in values_in(partial(s, position)))
            if late and (arg in results or arg.producer in after):
                return False
    return True


# -- arrays that every iteration makes anew ------------------------------------------------------------


def _is_private(loop: Loop, root: Value, accesses: list[Any]) -> bool:
    """Whether every element that an iteration reads was stored earlier in the same iteration."""
    if any(v is not root for s in accesses for v in _arrays(s)):
        return False
    places = _places(loop.body)
    stores = [s for s in accesses if isinstance(s, Store) and not s.add]
    reads = [s for s in accesses if isinstance(s, Load) or (isinstance(s, Store) and s.add)]
    if len(stores) + len(reads) != len(accesses):
        return False
    return all(any(_covers(store, read, places, loop) for store in stores) for read in reads)


def _places(body: Block) -> dict[Any, list[tuple[Block, int]]]:
    """For every statement the blocks it lies in, from the outermost, and its position in each."""
    found: dict[Any, list[tuple[Block, int]]] = {}

    def visit(block: Block, path: list[tuple[Block, int]]) -> None:
        for position, statement in enumerate(block.statements):
            found[statement] = [*path, (block, position)]
            for inner in blocks_of(statement):
                visit(inner, found[statement])

    visit(body, [])
    return found


def _covers(store: Store, read: Any, places: Any, loop: Loop) -> bool:
    mine, its = places[store], places[read]
    common = 0
    while common < min(len(mine), len(its)) and mine[common] == its[common]:
        common += 1
    if common >= min(len(mine), len(its)) or mine[common][0] is not its[common][0]:
        return False
    if mine[common][1] > its[common][1]:
        return False
    beyond = [block.owner for block, _ in mine[common + 1 :]]
    if not all(isinstance(o, Loop) and is_counted(o) for o in beyond):
        return False
    around = [block.owner for block, _ in its[1:] if isinstance(block.owner, Loop)] + [loop]
    used: set[Any] = set()
    extents = store.array.extents or ()
    for at, wanted, extent in zip(store.index, read.index, extents, strict=True):
        run = next((o for o in beyond if o.index is at), None)
        if run is None:
            if at != wanted or any(isinstance(at, Value) and is_inside(at.block, o.body) for o in beyond):
                return False
        elif run in used:
            return False
        elif run.bounds[:2] != (Const(0), extent) and not _in_range(wanted, run.bounds, around):
            return False  # a run over the whole axis covers every index there is
        else:
            used.add(run)
    # A loop over the store that no index follows might run no iterations.
    return len(used) == len(beyond)


def _in_range(index: Any, bounds: Any, around: list[Loop]) -> bool:
    start, stop, _ = bounds
    if isinstance(index, Const) and isinstance(start, Const) and isinstance(stop, Const):
        return bool(start.value <= index.value < stop.value)
    run = next((o for o in around if o.index is index), None)
    if run is None or run.bounds is None or run.bounds[2] != Const(1):
        return False
    first, last, _ = run.bounds
    return (first == start or (start == Const(0) and is_natural(first, around))) and (
        last == stop or any(o.index is last and o.bounds and o.bounds[1] == stop for o in around)
    )


def is_natural(operand: Any, around: list[Loop]) -> bool:
    """Whether an integer is provably not negative."""
    if isinstance(operand, Const):
        return bool(operand.value >= 0)
    run = next((o for o in around if o.index is operand), None)
    if run is not None:
        return run.bounds is not None and run.bounds[2] == Const(1) and is_natural(run.bounds[0], around)
    made = operand.producer
    if isinstance(made, Op) and made.rule is not None:
        args = [Argument(arg, 0.0 if is_natural(arg, around) else UNBOUNDED) for arg in made.args]
        return made.rule.least_of(args) >= 0.0
    return isinstance(made, Extent)
