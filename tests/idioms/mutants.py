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
        "frontend.statements:Reader._loop", "variables[SKIPPED] = variables[RETURNED]", "variables[SKIPPED] = Const(False)",
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
        "plan.ordering:is_unordered", "return all(_is_apart(loop, found, memory) for found in by_root)", "return True",
    ),
    Mutant(
        "carried values leave the order of iterations free",
        "plan.ordering:is_unordered", "not is_sum(loop, c.head, c.next)", "False",
    ),
    Mutant(
        "the last iteration that selects is the first",
        "emit.emitter:Emitter._If",
        'body.append(line(self.reversal.chosen[block.owner], " = ", block.owner.index))', "pass",
    ),
    # What the reverse sweep finds of the forward one
    Mutant(
        "every load is repeated",
        "plan.retention:Retention._is_computed_again", "return final and", "return",
    ),
    Mutant(
        "a step back is a step on",
        "reverse.restoration:Restoration._change_back", '" - " if factor > 0 else " + "', '" + " if factor > 0 else " - "',
    ),
    Mutant(
        "carried integers move by one",
        "analysis.counters:counting", "sum(factor * of.value for factor, of in change)", "1",
    ),
    Mutant(
        "rows of inner loops are not in the way",
        "reverse.tapes:Tapes._is_covered", "return is_counted(loop) and any(", "return False and any(",
    ),
    Mutant(
        "swaps one after the other",
        "emit.emitter:Emitter._advanced", "any(c.head in nexts for c in moved)", "False",
    ),
    # The reverse sweep
    Mutant(
        "a store leaves the adjoint of what it replaces",
        "reverse.reversal:Reversal._Store", "if not s.add and", "if False and",
    ),
    Mutant(
        "every store is the first to touch its element",
        "reverse.clearings:is_first", "if isinstance(statement, Loop) and not _tells_trips_apart(statement, store):", "if False:",
    ),
    Mutant(
        "nothing is read before a new array's first store",
        "reverse.clearings:is_first",
        "return not any(array in (*operands(s), *ends(s)) for s in so_far if s is not store)", "return True",
    ),
    Mutant(
        "no later iteration reads what is cleared",
        "reverse.clearings:without_idle_clearings", "inside = later | mentioned_in(one.body)", "inside = set(later)",
    ),
    Mutant(
        "adjoints of one branch are left over in the other",
        "reverse.reversal:Reversal._If", 'mine.append(line(self.name(value), " = 0.0"))', "pass",
    ),
    Mutant(
        "a carried adjoint is not handed on",
        "reverse.reversal:Reversal._Loop", "if name != value]", "if False]",
    ),
    Mutant(
        "the last test of a while loop changes nothing",
        "reverse.reversal:Reversal._is_test",
        "if any(isinstance(part, Store | Loop | Call) for part in before):", "if False:",
    ),
    Mutant(
        "subtraction is addition",
        "reverse.reversal:Reversal._scaled", '"+" if factor > 0 else "-"', '"+"',
    ),
    Mutant(
        "infinities never meet zeros",
        "analysis.singular:is_singular", "return _has_singularity(s.rule, lows)", "return False",
    ),
    # Lines
    Mutant(
        "a copy is its source, assigned again or not",
        "reverse.copies:without_copies", "and assigned[one.target] == 1 and assigned[source] == 1", "",
    ),
    Mutant(
        "what is computed may go before what it reads",
        "reverse.absorption:_Stretch.takes",
        "return one.target not in self.read and not self.changed & set(_words(one))", "return True",
    ),
    Mutant(
        "loops that store may be skipped",
        "plan.idleness:idles", "or (isinstance(s, Store) and s.array.active)", "",
    ),
]  # fmt: skip
