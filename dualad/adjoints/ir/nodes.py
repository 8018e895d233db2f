"""The intermediate representation: structured control flow, SSA scalars, arrays as memory.

Scalars and references to arrays are values, defined once; loops carry values from iteration to iteration, and
branches merge them. The elements of arrays are memory: loads and stores keep their order.
"""

from __future__ import annotations

import builtins
import keyword
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...rules.table import Op as Rule

FLOAT, SINGLE, INT, BOOL, OTHER = "float", "single", "int", "bool", "other"
COMPLEX = "complex"  # of parameters and globals alone: what is read of them are their parts
FLOATS = (FLOAT, SINGLE)
_KINDS = {bool: BOOL, int: INT, float: FLOAT, np.float32: SINGLE}
# Integers of other types than int64: what is stored as one is cut.
WIDTHS = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64")
ZEROS = {BOOL: False, INT: 0, SINGLE: np.float32(0), FLOAT: 0.0}


@dataclass(eq=False, slots=True)
class Value:
    """A scalar, or a reference to an array.

    Attributes
    ----------
    name : str
        What the value is called in the emitted code; unique.
    kind : str
        FLOAT, SINGLE (float32), INT, BOOL, OTHER or COMPLEX: of the scalar, or of the elements of the array.
    type : numba Type or None
        Of what is neither a number nor an array, of kind OTHER: a string, a record, an instance of a class.
    extents : tuple of Value or Const, or None
        The shape of an array; None for a scalar.
    layout : {"C", "F", "A"}
        What Numba knows of the order of an array's elements: it loops in the order of memory.
    active : bool
        Whether it depends on what is differentiated (see `activity`).
    """

    name: str
    kind: str
    extents: tuple[Any, ...] | None = None
    block: Block | None = None  # the block that defines it
    producer: Any = None  # the statement that defines it
    active: bool = False
    anonymous: bool = False  # no variable of the user's
    layout: str = "C"
    width: str = ""  # the type, one of WIDTHS, of such an integer or of the elements of an array
    type: Any = None
    variable: Any = None  # a variable of which it is a version (see `variables`)
    of: tuple[Value, str] | None = None  # the primal's value that it is named after, and what is appended

    @property
    def is_array(self) -> bool:
        return self.extents is not None

    def defined(self, block: Block | None, statement: Any) -> Value:
        """The value, as one that a statement defines in a block."""
        self.block, self.producer = block, statement
        return self

    @property
    def element(self) -> str:
        """The type of the scalar, or of the elements of the array: its kind, or one of WIDTHS."""
        return self.width or self.kind

    @property
    def described(self) -> str:
        """The value as a message calls it."""
        what = "array" if self.is_array else "thing" if self.kind == OTHER else "number"
        return f"a{'n' if self.is_array else ''} {what} without a name" if self.anonymous else repr(self.name)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Const:
    """A constant of the emitted code, or something known while it is made: a function, a module, None."""

    value: Any

    @property
    def kind(self) -> str:
        for cls in type(self.value).__mro__:
            if cls in _KINDS:
                return _KINDS[cls]
        return OTHER

    @property
    def element(self) -> str:
        return self.kind

    active = False
    is_array = False
    width = ""


Operand = Value | Const


def split(element: str) -> tuple[str, str]:
    """The kind and the width of a type of elements."""
    return (INT, element) if element in WIDTHS else (element, "")


@dataclass(eq=False)
class Block:
    """Statements in their order."""

    parent: Block | None = None
    owner: Any = None  # the Loop or If it belongs to
    statements: list[Any] = field(default_factory=list)


@dataclass(eq=False, slots=True, kw_only=True)
class Statement:
    """A statement, with the user's line that it comes from; 0 if there is none."""

    line: int = 0
    file: str = ""


@dataclass(eq=False, slots=True)
class Op(Statement):
    """``out = function(*args)``, an op of the table or a passive operation on integers and booleans."""

    out: Value
    rule: Rule | None
    function: Any  # what the user called
    args: tuple[Operand, ...]
    nested: bool = False  # in a derivative inside the function, see :mod:`dualad.staging.strict`


@dataclass(eq=False, slots=True)
class Load(Statement):
    """``out = array[index]``, one element."""

    out: Value
    array: Value
    index: tuple[Operand, ...]
    guards: tuple[tuple[Operand, Operand], ...] = ()  # taken out of loops from ... to ...: loads if all run


@dataclass(eq=False, slots=True)
class Store(Statement):
    """``array[index] = value``, or ``+= value``."""

    array: Value
    index: tuple[Operand, ...]
    value: Operand
    add: bool = False


@dataclass(eq=False, slots=True)
class View(Statement):
    """``out = array[...]`` or ``array.T`` or ``array.reshape(...)``: the same memory.

    `form` is a format of the emitted text: ``{0}`` the array, ``{1}`` ... the operands. `fixed` holds the
    axes of the array that an integer fixes, each with the position of that integer among the operands.
    """

    out: Value
    array: Value
    form: str
    operands: tuple[Operand, ...]
    fixed: tuple[tuple[int, int], ...] = ()


@dataclass(eq=False, slots=True)
class Alloc(Statement):
    """A new array; `form` as in :class:`View`, of the extents."""

    out: Value
    form: str
    operands: tuple[Operand, ...]
    zeroed: bool = False


@dataclass(eq=False, slots=True)
class Extent(Statement):
    """``out = array.shape[axis]``."""

    out: Value
    array: Value
    axis: int


@dataclass(eq=False, slots=True)
class Call(Statement):
    """``result = function(*args)`` with a derivative of its own: an array rule, or a function's adjoint.

    The values among the leaves of `result` are `outs`.
    """

    outs: tuple[Value, ...]
    rule: Any
    args: tuple[Any, ...]
    result: Any = None
    nested: bool = False


@dataclass(frozen=True)
class Routine:
    """What an adjoint calls though the user did not: a function of the runtime, the adjoint of an array rule.

    Attributes
    ----------
    called : callable or None
        The function; None if nothing is called that has a name.
    writes : tuple of int
        Which leaves of the arguments it stores to.
    form : str
        What is written in place of a call: a format of the arguments.
    rebinds : bool
        Whether the first argument, an array, is replaced by the result: the same one with room for more.
    acts : bool
        Whether it does something outside of the program, as `print` does: it stays in its place.
    """

    called: Any
    writes: tuple[int, ...] = ()
    form: str = ""
    rebinds: bool = False
    acts: bool = False
    rule: None = None  # no derivative: what is in an array stays in its place


@dataclass(eq=False)
class Carry:
    """A value that a loop carries: `head` in the body, `next` at its end, `out` after the loop."""

    head: Value
    init: Operand | None
    next: Operand
    out: Value


@dataclass(eq=False, slots=True)
class Loop(Statement):
    """``for index in range(start, stop, step)``; without bounds until `ended` holds after an iteration."""

    index: Value | None
    bounds: tuple[Operand, Operand, Operand] | None
    body: Block
    carries: list[Carry] = field(default_factory=list)
    ended: Operand = Const(False)

    def __post_init__(self) -> None:
        self.body.owner = self


@dataclass(eq=False)
class Merge:
    """``out = first`` after the branch taken, ``second`` after the other; None where it is not defined."""

    out: Value
    first: Operand | None
    second: Operand | None


@dataclass(eq=False, slots=True)
class If(Statement):
    """A branch."""

    condition: Operand
    then: Block
    orelse: Block
    merges: list[Merge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.then.owner = self.orelse.owner = self


@dataclass(eq=False, slots=True)
class Raise(Statement):
    """``raise exception(*arguments)``."""

    exception: type[BaseException]
    arguments: tuple[Operand, ...]


UNREACHABLE = "unreachable$"  # among the variables of a branch: what raises goes nowhere


@dataclass(eq=False)
class Program:
    """A whole function.

    Attributes
    ----------
    parameters : list of (name, tree)
        Trees are values, constants, or tuples of trees.
    result : tree
        Of what it returns.
    named : dict
        What the emitted code refers to by name: the user's functions, arrays among the globals.
    divides_by_zero : bool
        Whether a division by zero has a result, as in Numba's error model "numpy".
    reorders : bool
        Whether a function that it calls lets LLVM reorder operations, by fastmath.
    adjoints : frozenset of Value
        The arrays that hold adjoints of others.
    tried : set of Loop
        The loops in which products are tried without absorption.
    """

    name: str
    parameters: list[tuple[str, Any]]
    body: Block
    result: Any = None
    named: dict[str, Any] = field(default_factory=dict)
    divides_by_zero: bool = False
    reorders: bool = False
    names: Names = field(default_factory=lambda: Names())
    adjoints: frozenset[Value] = frozenset()
    tried: set[Loop] = field(default_factory=set)

    @property
    def arguments(self) -> list[Any]:
        """The leaves of its parameters."""
        return list(leaves_of(tree for _, tree in self.parameters))


class Names:
    """Names that the emitted code uses, each once.

    Attributes
    ----------
    lasting : set
        Those of globals, which stay while a loop is read again and what was in it gets new names.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*keyword.kwlist, *vars(builtins), "np", "math", *taken}
        self.lasting: set[str] = set()
        self._counts: dict[str, int] = {}  # where to go on looking

    def new(self, hint: str) -> str:
        """`hint`, or the first of ``hint_1``, ``hint_2``, ... that is free."""
        name, count = hint, self._counts.get(hint, 0)
        if count and f"{hint}_{count}" not in self.taken:
            count = 0  # names were given back
        while name in self.taken:
            count += 1
            name = f"{hint}_{count}"
        self._counts[hint] = count
        self.taken.add(name)
        return name


@dataclass(frozen=True)
class Tuple:
    """A tuple of trees; `cls` makes a named one."""

    items: tuple[Any, ...]
    cls: Any = None

    def like(self, items: Iterable[Any]) -> Tuple:
        """A tuple of the same class."""
        return Tuple(tuple(items), self.cls)


@dataclass(frozen=True)
class Complex:
    """A complex number, or an array of them: a tree of two trees, of the real and the imaginary parts."""

    items: tuple[Any, Any]

    def like(self, items: Iterable[Any]) -> Complex:
        """A complex number with other parts."""
        real, imag = items
        return Complex((real, imag))

    @property
    def is_array(self) -> bool:
        return bool(getattr(self.items[0], "is_array", False))


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves of a tree, in order."""
    if isinstance(tree, Tuple | Complex):
        for item in tree.items:
            yield from leaves(item)
    else:
        yield tree


def leaves_of(args: Iterable[Any]) -> Iterator[Any]:
    """The leaves of several trees."""
    return (leaf for arg in args for leaf in leaves(arg))


def values_of(*trees: Any) -> list[Value]:
    """The values among the leaves of trees."""
    return [leaf for leaf in leaves_of(trees) if isinstance(leaf, Value)]


def map_tree(tree: Any, function: Callable[[Any], Any]) -> Any:
    """The tree with its leaves replaced."""
    if isinstance(tree, Tuple | Complex):
        return tree.like(map_tree(item, function) for item in tree.items)
    return function(tree)


def blocks_of(statement: Any) -> tuple[Block, ...]:
    """The blocks inside a statement."""
    kind = type(statement)
    if kind is Loop:
        return (statement.body,)
    return (statement.then, statement.orelse) if kind is If else ()


def walk(block: Block) -> list[Any]:
    """All statements of a block, those inside others after them."""
    return within(block.statements)


def within(statements: Iterable[Any]) -> list[Any]:
    """Statements, each with those inside it after it."""
    found: list[Any] = []

    def visit(statements: Iterable[Any]) -> None:
        for statement in statements:
            found.append(statement)
            for inner in blocks_of(statement):
                visit(inner.statements)

    visit(statements)
    return found


_OUTPUTS: dict[type, Callable[[Any], tuple[Value, ...]]] = {
    Loop: lambda s: tuple([carry.out for carry in s.carries]),
    If: lambda s: tuple([merge.out for merge in s.merges]),
    Call: lambda s: s.outs,
    Store: lambda s: (),
    Raise: lambda s: (),
}


def outputs(statement: Any) -> tuple[Value, ...]:
    """The values that a statement defines in its own block."""
    several = _OUTPUTS.get(type(statement))
    return (statement.out,) if several is None else several(statement)


_OPERANDS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    Op: lambda s: s.args,
    Load: lambda s: (s.array, *s.index, *(bound for bounds in s.guards for bound in bounds)),
    Store: lambda s: (s.array, *s.index, s.value),
    View: lambda s: (s.array, *s.operands),
    Alloc: lambda s: s.operands,
    Extent: lambda s: (s.array,),
    Call: lambda s: tuple(leaves_of(s.args)),
    Loop: lambda s: (*(s.bounds or ()), *[c.init for c in s.carries if c.init is not None]),
    If: lambda s: (s.condition,),
    Raise: lambda s: s.arguments,
}


def operands(statement: Any) -> tuple[Any, ...]:
    """The values and constants that a statement reads, those inside its blocks not among them."""
    return _OPERANDS[type(statement)](statement)


# The attributes that hold what a statement reads.
_READ: dict[type, tuple[str, ...]] = {
    Op: ("args",),
    Load: ("array", "index", "guards"),
    Store: ("array", "index", "value"),
    View: ("array", "operands"),
    Alloc: ("operands",),
    Extent: ("array",),
    Call: ("args",),
    Loop: ("bounds",),
    If: ("condition",),
    Raise: ("arguments",),
}


def rewrite(statement: Any, of: Callable[[Any], Any]) -> None:
    """Replace what a statement reads, inside its blocks left aside."""
    for name in _READ[type(statement)]:
        setattr(statement, name, _mapped(getattr(statement, name), of))
    if isinstance(statement, Loop):
        for carry in statement.carries:
            carry.init = of(carry.init)


def rewritten(statement: Any, of: Callable[[Any], Any]) -> Any:
    """A copy of a statement that reads other operands."""
    kind = type(statement)
    made = kind(*[getattr(statement, name) for name in kind.__match_args__])
    rewrite(made, of)
    return made


def _mapped(found: Any, of: Callable[[Any], Any]) -> Any:
    return tuple([_mapped(item, of) for item in found]) if type(found) is tuple else map_tree(found, of)


def written(statement: Any) -> tuple[Value, ...]:
    """The arrays that a statement itself stores to."""
    kind = type(statement)
    if kind is Store:
        return (statement.array,)
    if kind is Call and (positions := getattr(statement.rule, "writes", ())):
        given = list(leaves_of(statement.args))
        return tuple(given[i] for i in positions)
    return ()


def ends(statement: Any) -> tuple[Any, ...]:
    """What a statement reads at the end of its blocks: what is carried and merged."""
    kind = type(statement)
    if kind is Loop:
        return (*[carry.next for carry in statement.carries], statement.ended)
    if kind is If:
        sides = [side for merge in statement.merges for side in (merge.first, merge.second)]
        return tuple(side for side in sides if side is not None)
    return ()


def arrays_at(statement: Any) -> list[Value]:
    """The arrays that a statement reads, stores to or binds, inside its blocks left aside."""
    return [v for v in (*operands(statement), *ends(statement)) if v.is_array]


def counted(program: Program) -> Counter[Value]:
    """How often each value is read."""
    read = list(leaves(program.result))
    for s in walk(program.body):
        read += operands(s)
        read += ends(s)
    return Counter([v for v in read if type(v) is Value])


def base_of(array: Value) -> Value:
    """What an array is a view of, or itself."""
    while isinstance(array.producer, View):
        array = array.producer.array
    return array


def around(block: Block | None) -> Iterator[Block]:
    """A block and those that it lies in, from the innermost."""
    while block is not None:
        yield block
        block = block.parent


def is_inside(inner: Block | None, block: Block) -> bool:
    """Whether a block is `block` or lies in it."""
    return any(outer is block for outer in around(inner))


def loop_around(block: Block | None) -> Loop | None:
    """The innermost loop that a block lies in."""
    return next((outer.owner for outer in around(block) if isinstance(outer.owner, Loop)), None)


def acts(statement: Any) -> bool:
    """Whether a statement does something outside of the program."""
    return isinstance(statement, Call) and getattr(statement.rule, "acts", False)


def is_counted(loop: Loop) -> bool:
    """Whether the number of iterations is known before the first, and the index goes up by one."""
    return loop.bounds is not None and loop.ended == Const(False) and loop.bounds[2] == Const(1)
