"""Variables that are assigned several times, as values that are defined once.

While code is built, a variable stands for the value that it has at that point. Loops carry, and branches
merge, the variables that are assigned inside; the values are made when a variable is first asked for, as in
Braun et al., Simple and Efficient Construction of Static Single Assignment Form, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .builder import Builder
from .nodes import Block, Carry, Const, If, Loop, Merge, Operand, Value

UNKNOWN = Const(None)  # an extent that nobody asks for


@dataclass(eq=False)
class Variable:
    """A variable.

    Attributes
    ----------
    block : Block or None
        Each time this block is entered it starts anew; None for the whole program.
    start : Operand or None
        What it is if it has not been assigned.
    rank : int or None
        Of an array.
    of : tuple or None
        As of a value.
    """

    name: str
    kind: str
    block: Block | None = None
    start: Operand | None = None
    rank: int | None = None
    of: tuple[Value, str] | None = None


@dataclass(eq=False)
class Scope:
    """The part of the code that belongs to a block: what variables are there.

    Attributes
    ----------
    block : Block or None
        Whose variables start here.
    """

    block: Block | None
    loop: Loop | None = None
    values: dict[Variable, Operand] = field(default_factory=dict)
    carries: dict[Variable, Carry] = field(default_factory=dict)

    def starts(self, variable: Variable) -> bool:
        """Whether a variable starts anew here."""
        return variable.block is not None and variable.block is self.block


class Variables:
    """The variables of a program that is built."""

    def __init__(self, build: Builder) -> None:
        self.build = build
        self.scopes = [Scope(None)]

    def get(self, variable: Variable) -> Operand | None:
        """What a variable is here; None if it has not been assigned."""
        return self._get(variable, len(self.scopes) - 1)

    def now(self, variable: Variable) -> Operand:
        """What a variable is here."""
        found = self.get(variable)
        found = variable.start if found is None else found
        assert found is not None, f"{variable.name} has no value"
        return found

    def set(self, variable: Variable, value: Operand) -> None:
        """Assign a variable."""
        self.scopes[-1].values[variable] = value
        if isinstance(value, Value) and value.variable is None:
            value.variable = variable

    def _get(self, variable: Variable, depth: int) -> Operand | None:
        scope = self.scopes[depth]
        if variable in scope.values:
            return scope.values[variable]
        if depth == 0 or scope.starts(variable):
            return None
        if scope.loop is None:
            return self._get(variable, depth - 1)
        return self._head(variable, depth)

    def _head(self, variable: Variable, depth: int) -> Value:
        """What comes into an iteration."""
        scope = self.scopes[depth]
        loop = scope.loop
        assert loop is not None
        init = self._get(variable, depth - 1)
        init = variable.start if init is None else init
        head = self._value(variable).defined(loop.body, loop)
        out = self._value(variable).defined(loop.body.parent, loop)
        scope.values[variable] = head
        scope.carries[variable] = Carry(head, init, head, out)
        loop.carries.append(scope.carries[variable])
        return head

    def _value(self, variable: Variable) -> Value:
        extents = None if variable.rank is None else (UNKNOWN,) * variable.rank
        return Value(self.build.names.new(variable.name), variable.kind, extents, variable=variable)

    # -- blocks -----------------------------------------------------------------------------------

    def enter(self, block: Block | None, loop: Loop | None = None) -> Scope:
        """Begin the code of a block."""
        self.scopes.append(Scope(block, loop))
        return self.scopes[-1]

    def leave(self) -> Scope:
        """End it: what was assigned in a loop is carried; else see `merge` and `resume`."""
        scope = self.scopes[-1]
        if scope.loop is not None:
            for variable in [v for v in scope.values if not scope.starts(v)]:
                value = scope.values[variable]
                if variable not in scope.carries:
                    self._head(variable, len(self.scopes) - 1)
                carry = scope.carries[variable]
                carry.next = value
                if value is carry.head:
                    continue  # asked for, not changed
                self.scopes[-2].values[variable] = carry.out
        self.scopes.pop()
        return scope

    def resume(self, scope: Scope) -> None:
        """Go on behind the code of a block that is there unconditionally."""
        for variable, value in scope.values.items():
            if not scope.starts(variable):
                self.set(variable, value)

    def merge(self, branch: If, first: Scope, second: Scope) -> None:
        """Go on behind a branch."""
        changed = {v: None for scope in (first, second) for v in scope.values if not scope.starts(v)}
        for variable in changed:
            one, other = (
                scope.values[variable] if variable in scope.values else self.now(variable)
                for scope in (first, second)
            )
            if one is other:
                self.set(variable, one)
                continue
            out = self._value(variable).defined(self.build.block, branch)
            branch.merges.append(Merge(out, one, other))
            self.set(variable, out)
