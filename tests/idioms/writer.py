"""A random function under way: its lines, and the names that are defined on every path to the next one.

Arrays have known lengths while a program is written, so that no index is out of range. What is stored is
kept of moderate size, so that nothing overflows and derivatives are well conditioned.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

T = TypeVar("T")

X, TABLE, COUNTS = 6, 5, 4  # lengths of the arguments x and work, t, k
MOST = 3  # the largest of k
INDENT = "    "
DEEPEST, ROOM = 2, 20  # blocks around an idiom, lines that are left for it


class Draw:
    """Choices by `Random.random` alone, which is the same in every version of Python."""

    def __init__(self, seed: int) -> None:
        self.next = random.Random(seed).random

    def below(self, n: int) -> int:
        return int(self.next() * n)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, p: float) -> bool:
        return self.next() < p

    def number(self, low: float = 0.2, high: float = 1.6) -> str:
        return f"{low + (high - low) * self.next():.2f}"

    def signed(self) -> str:
        return self.pick(["", "-"]) + self.number()


@dataclass(frozen=True)
class Int:
    name: str
    low: int
    high: int


@dataclass(frozen=True)
class Array:
    name: str
    shape: tuple[int, ...]

    @property
    def length(self) -> int:
        return self.shape[0]


class Walk(NamedTuple):
    """A loop over an array: its index where it has one, what to call the element, how to tell the first iteration."""

    array: Array
    index: Int | None
    value: str
    first: str


@dataclass
class Scope:
    """What may be read at a line."""

    floats: list[str] = field(default_factory=list)
    ints: list[Int] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    vectors: list[Array] = field(default_factory=list)
    matrices: list[Array] = field(default_factory=list)

    def copy(self) -> Scope:
        return Scope(
            list(self.floats), list(self.ints), list(self.flags), list(self.vectors), list(self.matrices)
        )


Idiom = Callable[["Writer"], None]


class Writer:
    """Writes one function.

    Parameters
    ----------
    helpers : dict
        The text of the other functions of its program by name.
    idioms : sequence
        What may be written inside of loops.
    """

    def __init__(self, draw: Draw, tag: str, helpers: dict[str, str], idioms: Sequence[Idiom]) -> None:
        self.draw = draw
        self.idioms = idioms
        self.tag = tag
        self.helpers = helpers
        self.lines: list[str] = []
        self.scope = Scope()
        self.kinds: dict[str, str] = {}  # a name keeps its kind, or Numba cannot type it
        self.kept: set[str] = set()  # names that only their idiom may assign
        self.read_only: set[str] = set()  # arrays that are not written
        self.depth = 1
        self.loops: list[str] = []  # "for", "while"
        self.used: list[str] = []  # idioms
        self.budget = 60  # lines, about

    # Lines and blocks

    def line(self, text: str) -> None:
        self.lines.append(INDENT * self.depth + text)
        self.budget -= 1

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """The lines of a block; what they define first is not known behind it."""
        self.line(head)
        before, count, kept = self.scope.copy(), len(self.lines), set(self.kept)
        self.depth += 1
        yield
        if len(self.lines) == count:
            self.line("pass")
        self.depth -= 1
        self.scope, self.kept = before, kept

    @contextmanager
    def loop(self, head: str, *defined: Int | str) -> Iterator[None]:
        with self.block(head):
            self.loops.append(head.split()[0])
            self.define(*defined)
            self.kept |= {d if isinstance(d, str) else d.name for d in defined}
            yield
            self.loops.pop()

    @contextmanager
    def no_exits(self) -> Iterator[None]:
        """Statements that do not leave the loop or its iteration: something behind them must happen."""
        self.loops.append("")
        yield
        self.loops.pop()

    # Names

    def name(self, *bases: str, kind: str = "float") -> str:
        """One of the names that may be assigned here: perhaps one in use, for a new purpose."""
        base, number = self.draw.pick(bases), 1
        name = base
        while name in self.kept or self.kinds.get(name, kind) != kind:
            number += 1
            name = f"{base}{number}"
        self.kinds[name] = kind
        self.forget(name)
        return name

    def forget(self, name: str) -> None:
        scope = self.scope
        scope.floats = [f for f in scope.floats if f != name]
        scope.flags = [f for f in scope.flags if f != name]
        scope.ints = [i for i in scope.ints if i.name != name]
        scope.vectors = [a for a in scope.vectors if a.name != name]
        scope.matrices = [a for a in scope.matrices if a.name != name]

    def index(self, low: int, high: int) -> Int:
        return Int(self.name("i", "i", "j", "l", "m", kind="int"), low, high)

    def define(self, *names: Int | Array | str) -> None:
        for n in names:
            if isinstance(n, str):
                self.kinds.setdefault(n, "float")
                if n not in self.scope.floats:
                    self.scope.floats.append(n)
            elif isinstance(n, Int):
                self.scope.ints = [i for i in self.scope.ints if i.name != n.name] + [n]
            elif len(n.shape) == 1:
                self.scope.vectors = [a for a in self.scope.vectors if a.name != n.name] + [n]
            else:
                self.scope.matrices = [a for a in self.scope.matrices if a.name != n.name] + [n]

    def keep(self, *names: str) -> None:
        self.kept |= set(names)

    def release(self, *names: str) -> None:
        self.kept -= set(names)

    # Places to read from

    def vector(self, least: int = 2, *, written: bool = False) -> Array:
        good = [
            a for a in self.scope.vectors if a.length >= least and not (written and a.name in self.read_only)
        ]
        return self.draw.pick(good)

    def size(self, a: Array) -> str:
        return self.draw.pick([f"{a.name}.size", f"len({a.name})", f"{a.name}.shape[0]"])

    def at(self, length: int, *, size: str = "") -> str:
        """An index into so many elements."""
        draw = self.draw
        fitting = [i for i in self.scope.ints if i.low >= 0 and i.high < length]
        others = [i for i in self.scope.ints if i.low >= 0]
        kind = draw.below(10)
        if fitting and kind < 6:
            return draw.pick(fitting).name
        if others and kind < 8 and size:
            return f"({draw.pick(others).name} + {draw.below(3)}) % {size}"
        return str(draw.below(length)) if kind < 9 else str(-1 - draw.below(length))

    def element(self, a: Array | None = None, *, written: bool = False) -> str:
        if a is None:
            if self.scope.matrices and self.draw.chance(0.3):
                m = self.draw.pick(self.scope.matrices)
                return f"{m.name}[{self.at(m.shape[0])}, {self.at(m.shape[1])}]"
            a = self.vector(written=written)
        return f"{a.name}[{self.at(a.length, size=self.size(a))}]"

    # Expressions

    def atom(self) -> str:
        draw = self.draw
        kind = draw.below(12)
        if kind < 5 and self.scope.floats:
            return draw.pick(self.scope.floats)
        if kind < 10 and self.scope.vectors:
            return self.element()
        if kind == 10 and self.scope.ints:
            return draw.pick(self.scope.ints).name
        return draw.number()

    def expr(self, depth: int = 2) -> str:
        draw = self.draw
        if depth == 0 or draw.chance(0.15):
            return self.atom()
        kind = draw.below(20)
        a = self.expr(depth - 1)
        if kind < 4:
            return f"{a} {draw.pick('+-')} {self.factor(depth - 1)}"
        if kind < 8:
            return f"{self.bracket(a)} * {self.factor(depth - 1)}"
        if kind < 9:
            return f"{self.bracket(a)} / (1.0 + {self.factor(depth - 1)} ** 2)"
        if kind < 13:
            return f"np.{draw.pick(['sin', 'cos', 'tanh', 'arctan'])}({a})"
        if kind < 14:
            return f"np.{draw.pick(['sqrt', 'log'])}(1.0 + ({a}) ** 2)"
        if kind < 15:
            return f"np.exp(-({a}) ** 2)"
        if kind < 16:
            return f"{draw.pick(['max', 'min'])}({a}, {self.expr(depth - 1)})"
        if kind < 17:
            return f"abs({a})"
        if kind < 18:
            return f"({a} if {self.cond()} else {self.expr(depth - 1)})"
        if kind < 19 and self.scope.vectors:
            return self.reduction()
        return f"({a}) ** {draw.pick('23')}"

    def factor(self, depth: int) -> str:
        return self.bracket(self.expr(depth))

    @staticmethod
    def bracket(text: str) -> str:
        return (
            f"({text})"
            if (" " in text and not text.endswith(("]", ")"))) or text.startswith("-") or text.count(" ") > 1
            else text
        )

    def reduction(self) -> str:
        a = self.vector()
        kind = self.draw.below(6)
        if kind == 0:
            return f"np.sum({a.name})"
        if kind == 1:
            return f"{a.name}.mean()"
        if kind == 2:
            return f"np.dot({a.name}, {a.name})"
        if kind == 3:
            b = self.draw.pick([b for b in self.scope.vectors if b.length == a.length])
            return f"{a.name} @ {b.name}" if self.draw.chance(0.5) else f"np.sum({a.name} * {b.name})"
        if kind == 4:
            return f"{a.name}.max()"
        return f"np.sum({a.name}[{self.draw.below(2)}:{a.length - self.draw.below(2)}])"

    def tame(self, depth: int = 2) -> str:
        """An expression of moderate size, whatever is in it."""
        e = self.expr(depth)
        return self.draw.pick(
            [f"np.tanh({e})", f"np.sin({e})", f"({e}) / (1.0 + abs({e}))", f"np.arctan({e})", f"np.cos({e})"]
        )

    def cond(self) -> str:
        draw = self.draw
        kind = draw.below(12)
        if kind < 4 and self.scope.ints:
            i = draw.pick(self.scope.ints)
            return draw.pick(
                [
                    f"{i.name} == {draw.below(3)}",
                    f"{i.name} > {draw.below(3)}",
                    f"{i.name} % 2 == {draw.below(2)}",
                    f"{i.name} != 1",
                    f"{i.name} < 2",
                ]
            )
        if kind < 5 and self.scope.flags:
            return draw.pick(["", "not "]) + draw.pick(self.scope.flags)
        if kind < 6:
            return (
                f"k[{draw.below(COUNTS)}] {draw.pick(['>', '==', '<'])} {1 + draw.below(2)}"
                if self.kinds.get("k") == "counts"
                else "True"
            )
        if kind < 7:
            return f"{draw.signed()} < {self.expr(1)} < {draw.number()}"
        if kind < 8:
            return f"{self.compare()} {draw.pick(['and', 'or'])} {self.compare()}"
        return self.compare()

    def compare(self) -> str:
        left, sign = self.expr(1), self.draw.pick("<>")
        return f"{left} {sign} {self.draw.signed() if self.draw.chance(0.6) else self.expr(1)}"

    # Loops and small statements

    @contextmanager
    def some_loop(self, *, indexed: bool = False) -> Iterator[Walk]:
        """A loop as people write them."""
        draw, a = self.draw, self.vector()
        n, size = a.length, self.size(a)
        kind = draw.below(9 if indexed else 12)
        if kind < 8:
            i = self.name("i", "i", "j", "l", "m", kind="int")
            options = [
                (f"range({size})", 0, n - 1, "0"),
                (f"range({size})", 0, n - 1, "0"),
                (f"range(1, {size})", 1, n - 1, "1"),
                (f"range({size} - 1, -1, -1)", 0, n - 1, f"{size} - 1"),
                (f"range({size} - 2, -1, -1)", 0, n - 2, f"{size} - 2"),
                (f"range(0, {size}, 2)", 0, n - 1, "0"),
            ]
            if self.kinds.get("k") == "counts":
                options.append((f"range(min({size}, k[{draw.below(COUNTS)}]))", 0, min(n, MOST) - 1, "0"))
            for o in self.scope.ints:
                if o.low >= 0 and o.high < n:
                    options += [
                        (f"range({o.name})", 0, n - 1, "0"),
                        (f"range({o.name} + 1, {n})", 0, n - 1, f"{o.name} + 1"),
                    ]
            over, low, high, first = draw.pick(options)
            with self.loop(f"for {i} in {over}:", Int(i, low, high)):
                yield Walk(a, Int(i, low, high), f"{a.name}[{i}]", f"{i} == {first}")
        elif kind < 9:
            i, v = self.name("i", "j", kind="int"), self.name("v", "xi", "val")
            with self.loop(f"for {i}, {v} in enumerate({a.name}):", Int(i, 0, n - 1), v):
                yield Walk(a, Int(i, 0, n - 1), v, f"{i} == 0")
        elif kind < 11:
            v = self.name("v", "xi", "val")
            with self.loop(f"for {v} in {a.name}:", v):
                yield Walk(a, None, v, "")
        else:
            b = self.vector()
            v, u = self.name("v", "xi", "a"), self.name("u", "ti", "b")
            with self.loop(f"for {v}, {u} in zip({a.name}, {b.name}):", v, u):
                yield Walk(a, None, draw.pick([v, u]), "")

    def statements(self, count: int = 1) -> None:
        for _ in range(count):
            self.statement()

    def statement(self) -> None:
        draw, scope = self.draw, self.scope
        free = [f for f in scope.floats if f not in self.kept]
        writable = [a for a in scope.vectors if a.name not in self.read_only]
        kind = draw.below(16)
        if kind < 2 or not free:
            name, value = self.name("tmp", "h", "d", "r"), self.tame()
            self.line(f"{name} = {value}")
            self.define(name)
        elif kind < 4:
            self.line(f"{draw.pick(free)} = {self.tame()}")
        elif kind < 6:
            self.line(f"{draw.pick(free)} {draw.pick(['+=', '-='])} {self.tame(1)}")
        elif kind < 7:
            self.line(f"{draw.pick(free)} *= {draw.pick(['0.5', '0.9', '-0.7'])}")
        elif kind < 9 and writable:
            self.line(f"{self.element(draw.pick(writable))} = {self.tame()}")
        elif kind < 11 and writable:
            self.line(f"{self.element(draw.pick(writable))} += {self.tame(1)}")
        elif kind < 12 and len(free) > 1:
            a, b = draw.pick(free), draw.pick(free)
            self.line(f"{a}, {b} = {b}, {a}" if a != b else f"{a} = -{a}")
        elif kind < 13 and writable:
            a = draw.pick(writable)
            p, q = self.at(a.length), self.at(a.length)
            self.line(f"{a.name}[{p}], {a.name}[{q}] = {a.name}[{q}], {a.name}[{p}]")
        elif kind < 14 and self.loops and self.loops[-1] == "for" and draw.chance(0.6):
            with self.block(f"if {self.cond()}:"):
                if draw.chance(0.5):
                    self.statement()
                self.line(draw.pick(["break", "continue"]))
        elif self.depth < 5 and self.budget > 0:
            with self.block(f"if {self.cond()}:"):
                self.statements(1 + draw.below(2))
            if draw.chance(0.4):
                with self.block("else:"):
                    self.statement()
        else:
            self.line(f"{draw.pick(free)} = {self.tame()}")

    def body(self, most: int = 2) -> None:
        """Some statements where an idiom leaves room for them, or another idiom."""
        if self.depth <= DEEPEST and self.budget > ROOM and self.draw.chance(0.12):
            self.draw.pick(self.idioms)(self)
        self.statements(self.draw.below(most + 1))

    def helper(self, name: str, text: str) -> str:
        """A helper by its text, in which `NAME` stands for its name; each is written once in a program."""
        full = f"{name}_{self.tag}"
        self.helpers.setdefault(full, text.replace("NAME", full).strip("\n"))
        return full
