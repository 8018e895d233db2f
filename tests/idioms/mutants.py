"""Faults planted in the transformation: one decision of the reader, an analysis or the reversal each.

A mutant replaces a part of one function's source. Where that part is gone, the mutant says so: it is to be
written anew for what has taken its place.
"""

from __future__ import annotations
import __future__

import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

PACKAGE = "dualad.adjoints"
Put = Callable[[Any, str, Any], None]  # as pytest's monkeypatch.setattr


@dataclass(frozen=True)
class Mutant:
    """`old` is replaced by `new` in the function at `place` (module:qualified name)."""

    name: str
    place: str
    old: str
    new: str

    def plant(self, put: Put) -> None:
        """Put it into the place of the original, wherever that is known by name."""
        module_name, _, path = self.place.partition(":")
        module = importlib.import_module(f"{PACKAGE}.{module_name}")
        *holders, name = path.split(".")
        owner: Any = reduce(getattr, holders, module)
        original = inspect.getattr_static(owner, name)
        found: dict[str, Any] = {}
        flags = __future__.annotations.compiler_flag
        exec(compile(self.text(original), f"<mutant {self.name}>", "exec", flags), vars(module), found)
        if holders:
            put(owner, name, found[name])
            return
        for other in [m for n, m in sys.modules.items() if n.startswith(PACKAGE)]:
            for known, thing in list(vars(other).items()):
                if thing is original:
                    put(other, known, found[name])

    def text(self, original: Any) -> str:
        """The mutant's source."""
        text = textwrap.dedent(inspect.getsource(original))
        assert text.count(self.old) == 1, f"{self.place} has {self.old!r} {text.count(self.old)} times"
        return text.replace(self.old, self.new)


MUTANTS = [
    # What is live, and where a statement leads
    Mutant(
        "a loop carries what is read behind it alone",
        "frontend.liveness:Liveness._before_loop", "self.carried[node] = head | after", "self.carried[node] = after",
    ),
    Mutant(
        "one side of a branch reads nothing",
        "frontend.liveness:Liveness._before_one", "(node.body, node.orelse)", "(node.body,)",
    ),
    Mutant(
        "nothing is live where a loop is left",
        "frontend.liveness:Liveness._before_one", "return exits.on_break", "return NONE",
    ),
    Mutant(
        "break ends the iteration alone",
        "frontend.statements:Reader._Break", "self.variables[SKIPPED] = self.variables[ENDED]", "self.variables[SKIPPED]",
    ),
    Mutant(
        "the else of a loop runs after break",
        "frontend.statements:Reader._Break", "self.variables[self.frame.left[-1]] = Const(True)", "pass",
    ),
    Mutant(
        "continue does nothing",
        "frontend.statements:Reader._Continue", "self.variables[SKIPPED] = Const(True)", "pass",
    ),
    Mutant(
        "a loop goes on after return",
        "frontend.statements:Reader._Return", "(SKIPPED, ENDED, RETURNED,", "(SKIPPED, RETURNED,",
    ),
    Mutant(
        "what follows a loop runs after return",
        "frontend.statements:Reader._carrying", "variables[SKIPPED] = variables[RETURNED]", "variables[SKIPPED] = Const(False)",
    ),
    Mutant(
        "an update takes its operands the other way round",
        "frontend.statements:Reader._AugAssign", "self.binary(function, old, value)", "self.binary(function, value, old)",
    ),
    # Expressions, indices, what loops and branches make of values
    Mutant(
        "an element is read after its update's value",
        "ir.builder:Builder.is_stored_since", "return any(", "return False and any(",
    ),
    Mutant(
        "x == x is true",
        "ir.builder:Builder.op", " and args[0].kind in (INT, BOOL)", "",
    ),
    Mutant(
        "an integer start makes an integer",
        "ir.joins:joined_kind", "return max(first, second, key=_WIDTH.__getitem__)", "return first",
    ),
    Mutant(
        "a slice never overlaps what is stored into it",
        "frontend.indexing:assign", "elementwise.overlaps(target, value)", "False",
    ),
    Mutant(
        "a slice never overlaps what updates it",
        "frontend.indexing:update", "elementwise.overlaps(array, value)", "False",
    ),
    # What is active, and who shares memory
    Mutant(
        "what iterations make active is not",
        "analysis.activity:activate", "for v in (c.init, c.next, c.head)", "for v in (c.init, c.head)",
    ),
    Mutant(
        "the second side of a branch is never active",
        "analysis.activity:activate", "for v in (m.first, m.second)", "for v in (m.first,)",
    ),
    Mutant(
        "an array is final when its loop begins anew",
        "analysis.memory:Memory.is_final", "isinstance(owner, Loop) and is_stored_to(owner)", "False",
    ),
    Mutant(
        "an array is final whatever follows",
        "analysis.memory:Memory.is_final", "any(map(is_stored_to, inside.statements[position + 1 :]))", "False",
    ),
    Mutant(
        "inner blocks store nothing",
        "analysis.memory:Memory._note_stores", "stored |= self._note_stores(inner)", "self._note_stores(inner)",
    ),
    Mutant(
        "an old name may be used after a new one is bound",
        "analysis.aliases:refuse_shared",
        "or any(base_of(v) is base for s in _later(binding, base, positions) for v in _used(s))", "or False",
    ),
    Mutant(
        "names bound elsewhere are another array's",
        "analysis.aliases:_may_be", "return _is_bound(base) and", "return False and",
    ),
    # Passes over the program
    Mutant(
        "an element once loaded stays what it was",
        "passes.simplify:eliminate_common_subexpressions", "memory.of(k[1]) & stored", "False",
    ),
    Mutant(
        "what is added to an element is what it is then",
        "passes.simplify:eliminate_common_subexpressions", "and not statement.add", "",
    ),
    Mutant(
        "loads leave loops that store",
        "passes.simplify:_taken_out", "memory.of(statement.array) & memory.stored[loop]", "False",
    ),
    # Loops that run forward and backward at once, and in any order
    Mutant(
        "every value that a loop carries is a sum",
        "plan.fusion:is_sum", "return last in sums", "return True",
    ),
    Mutant(
        "sums may be looked at inside their loop",
        "plan.fusion:is_sum", "return False", "pass",
    ),
    Mutant(
        "what follows a fused loop is linear",
        "plan.fusion:_is_linear", "return False", "pass",
    ),
    Mutant(
        "what follows a fused loop may store into what it reads",
        "plan.fusion:_waiting", "and not touched & memory.stored[later]", "",
    ),
    Mutant(
        "any iteration may come first",
        "plan.order:is_unordered", "return all(_is_apart(loop, found, memory) for found in by_root)", "return True",
    ),
    Mutant(
        "carried values leave the order of iterations free",
        "plan.order:is_unordered", "not is_sum(loop, c.head, c.next)", "False",
    ),
    Mutant(
        "the last iteration that selects is the first",
        "reverse.forward:Forward._If", "if taken == (s, name) and block.owner in self.counts:", "if False:",
    ),
    # What the reverse sweep finds of the forward one
    Mutant(
        "every load is repeated",
        "plan.storage:Settling._is_computed_again", "return final and", "return",
    ),
    Mutant(
        "a step back is a step on",
        "reverse.restoration:Restoration._stepped_back", "operator.sub if factor > 0 else operator.add", "operator.add if factor > 0 else operator.sub",
    ),
    Mutant(
        "carried integers move by one",
        "analysis.counters:counting", "sum(factor * of.value for factor, of in change)", "1",
    ),
    Mutant(
        "rows of inner loops are not in the way",
        "plan.plan:is_covered", "return is_counted(loop) and any(", "return False and any(",
    ),
    Mutant(
        "a slot is that of the value before",
        "reverse.tapes:Tapes._slot", "list(values).index(value)", "max(list(values).index(value) - 1, 0)",
    ),
    # The reverse sweep
    Mutant(
        "a store leaves the adjoint of what it replaces",
        "reverse.sweep:Sweep._Store", "if not s.add and", "if False and",
    ),
    Mutant(
        "every store is the first to touch its element",
        "analysis.first_stores:is_first", "if isinstance(statement, Loop) and not _tells_iterations_apart(statement, store):", "if False:",
    ),
    Mutant(
        "nothing is read before a new array's first store",
        "analysis.first_stores:is_first",
        "return not any(array in (*operands(s), *ends(s)) for s in so_far if s is not store)", "return True",
    ),
    Mutant(
        "a carried adjoint is not handed on",
        "reverse.sweep:Sweep._iteration", "bar.next = self.bars.now(c.head)", "pass",
    ),
    Mutant(
        "the last test of a while loop changes nothing",
        "plan.plan:is_test",
        "if any(isinstance(part, Store | Loop | Call) for part in before):", "if False:",
    ),
    Mutant(
        "subtraction is addition",
        "reverse.bars:Bars.add_product", '"+" if partial > 0 else "-"', '"+"',
    ),
    Mutant(
        "infinities never meet zeros",
        "analysis.singular:is_singular", "return _has_singularity(s.rule, lows)", "return False",
    ),
    Mutant(
        "loops that store may be skipped",
        "plan.skipping:idles", "or (isinstance(s, Store) and s.array.active)", "",
    ),
    # Variables: of the adjoint that is built, and of its text
    Mutant(
        "what a loop adds is not carried",
        "ir.variables:Variables.leave", "carry.next = value", "pass",
    ),
    Mutant(
        "what one branch does not assign starts anew",
        "ir.variables:Variables.merge", "else self.now(variable)", "else variable.start or self.now(variable)",
    ),
    Mutant(
        "variables of a block go on where it is entered again",
        "ir.variables:Scope.starts", "variable.block is self.block", "False",
    ),
    Mutant(
        "a value that is carried on may be overwritten",
        "emit.coalescing:Variable.meets", "return True", "return False",
    ),
    Mutant(
        "what is read again may be overwritten",
        "emit.coalescing:_Lives._read", "self.live.setdefault(value, self.position + 1)", "self.live[value] = self.position + 1",
    ),
    Mutant(
        "swaps one after the other",
        "emit.printer:Printer._copies", "if pair[0] not in read", "if True",
    ),
    Mutant(
        "a load may be written behind a store",
        "emit.uses:nested", "end <= (other if moves else effect)", "end <= other",
    ),
    # Passes over the adjoint
    Mutant(
        "no later iteration reads what is cleared",
        "passes.zeroing:unzero", "if isinstance(s, Loop):", "if False:",
    ),
    Mutant(
        "what is computed may go before what it reads",
        "passes.optimistic:_Stretch.takes",
        "return not isinstance(s, Load) or not self.memory.of(s.array) & self.stored", "return True",
    ),
    Mutant(
        "a NaN is never computed again",
        "passes.optimistic:_Stretch._look", "op(operator.ne, BOOL", "op(operator.lt, BOOL",
    ),
]  # fmt: skip
