"""Random expressions, of what is in scope: numbers, conditions, indices, arrays.

A program takes ``x`` of n >= 1 elements, ``y`` of m >= 0, a matrix ``A`` of n rows and m columns, an array
``o`` of one element, a number ``c`` and an integer ``k``. The author keeps book of what is in scope: numbers,
integers and for which extents they are indices, arrays with their extents as text.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

# Some are names that an emitter would give.
FLOAT_NAMES = ("s", "t", "u", "x_b", "seed", "total", "tape", "max_1")
ARRAY_NAMES = ("w", "v", "a", "b", "w_b", "x_kept", "adjoint")
MATRIX_NAMES = ("B", "M", "A_b")


@dataclass(frozen=True)
class Array:
    """What is known of an array: its extents as text, whether it is contiguous for certain."""

    extents: tuple
    contiguous: bool = True
    integers: bool = False  # indices below n


@dataclass
class Scope:
    """The variables that are defined on every way here."""

    floats: list = field(default_factory=list)
    ints: list = field(default_factory=list)
    indices: dict = field(default_factory=dict)  # by name, the extents it is below
    arrays: dict = field(default_factory=dict)

    def copy(self):
        return Scope(list(self.floats), list(self.ints), dict(self.indices), dict(self.arrays))


class Expressions:
    """What an author knows of a function while it is written, and the expressions to be had of it."""

    def __init__(self, random, n, m, helpers=(), budget=22):
        self.random, self.n, self.m, self.helpers, self.budget = random, n, m, helpers, budget
        self.lines, self.depth, self.serial = [], 1, count()
        self.scopes = [Scope()]
        self.loops = []  # for each loop around, the name of its index, or None
        self.result = ()

    # -- choices ------------------------------------------------------------------------------------

    def pick(self, options):
        return self.random.choice(list(options))

    def upto(self, most):
        return self.random.randint(0, most)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    @property
    def scope(self):
        return self.scopes[-1]

    def line(self, text):
        self.lines.append("    " * self.depth + text)

    def fresh(self, names):
        """A name that is not in scope: of the given ones if one is free."""
        taken = {*self.scope.floats, *self.scope.ints, *self.scope.arrays}
        free = [
            name for name in names if not any(name in (*s.floats, *s.ints, *s.arrays) for s in self.scopes)
        ]
        return self.pick(free) if free and not set(free) & taken else f"{names[0]}{next(self.serial)}"

    @contextmanager
    def block(self):
        self.depth += 1
        self.scopes.append(self.scope.copy())
        start = len(self.lines)
        yield
        if len(self.lines) == start:
            self.line("pass")
        self.scopes.pop()
        self.depth -= 1

    # -- integers and conditions ----------------------------------------------------------------------

    def index(self, extent):
        """An index below the extent, or None if there may be none."""
        valid = [i for i, below in self.scope.indices.items() if extent in below]
        options = [f"{i}" for i in valid] * 4
        options += [f"{i} - 1" for i in valid] + [f"-1 - {i}" for i in valid]
        options += [f"{extent} - 1 - {i}" for i in valid]
        if extent in ("n", "1") or valid:  # in a loop over an extent there are elements
            options += ["0", "-1"]
        if extent == "n":
            options += [f"({i} + {self.upto(2)}) % n" for i in self.scope.ints]
            for name, array in self.scope.arrays.items():
                if array.integers:
                    options += [f"{name}[{i}]" for i in self.element_index(array) or ()]
        return self.pick(options) if options else None

    def element_index(self, array):
        found = [i for i, below in self.scope.indices.items() if "n" in below]
        return found or ["0"]

    def condition(self, depth=1):
        kind = self.upto(9)
        if kind < 4 or depth == 0:
            return f"{self.number(1)} {self.pick(['<', '>', '<=', '>='])} {self.number(1)}"
        if kind == 4 and self.scope.ints:
            return f"{self.pick(self.scope.ints)} % 2 == {self.upto(1)}"
        if kind == 5 and self.scope.ints:
            return f"{self.pick(self.scope.ints)} {self.pick(['<', '!=', '>='])} {self.upto(2)}"
        if kind == 6 and self.scope.ints:
            vectors = [
                name for name, a in self.scope.arrays.items() if len(a.extents) == 1 and not a.integers
            ]
            if vectors:
                array, i = self.pick(vectors), self.pick(self.scope.ints)
                step = self.upto(2)
                return f"0 <= {i} + {step} < {array}.size and {array}[{i} + {step}] > {self.number(0)}"
        if kind == 7:
            return f"not {self.condition(depth - 1)}"
        first, second = self.condition(depth - 1), self.condition(depth - 1)
        return f"({first} {self.pick(['and', 'or'])} {second})"

    # -- numbers ------------------------------------------------------------------------------------

    def number(self, depth=2):
        """The text of an expression."""
        if depth == 0 or self.chance(25):
            return self.atom()
        a = self.number(depth - 1)
        kind = self.upto(13)
        if kind <= 4:
            return f"({a} {self.pick('+-**')} {self.number(depth - 1)})"
        if kind == 5:
            return f"({a} / (1.5 + {self.number(depth - 1)} ** 2))"
        if kind == 6:
            return f"({a} if {self.condition(0)} else {self.number(depth - 1)})"
        if kind == 7:
            return f"{self.pick(['min', 'max'])}({a}, {self.number(depth - 1)})"
        if kind == 8:
            return f"abs({a})"
        if kind == 9:
            return f"math.sqrt(1.0 + {a} * {a})"
        if kind == 10:
            shape = self.pick([array.extents for array in self.scope.arrays.values()])
            return f"np.sum({self.summed(shape)})"
        if kind == 11:
            call = self.called("f")
            if call:
                return call
        return f"{self.pick(['math.sin', 'math.tanh', 'np.sin', 'math.exp(-1.0) * math.cos'])}({a})"

    def atom(self):
        kind = self.upto(9)
        if kind == 0 or not (self.scope.floats or self.scope.arrays):
            return repr(self.pick([0.5, -0.7, 2.0, 0.0, 1.3]))
        if kind == 1 and self.scope.ints:
            return f"0.3 * {self.pick(self.scope.ints)}"
        if kind >= 5:
            element = self.element()
            if element:
                return element
        return self.pick(self.scope.floats) if self.scope.floats else "0.25"

    def element(self):
        """One element of an array, for reading or storing."""
        names = [name for name, array in self.scope.arrays.items() if not array.integers]
        if not names:
            return None
        name = self.pick(names)
        parts = [self.index(extent) for extent in self.scope.arrays[name].extents]
        return None if None in parts else f"{name}[{', '.join(parts)}]"

    def bounded(self, depth=2):
        """An expression that stays small however often it is fed back."""
        if self.chance(30):
            return f"{self.pick([0.5, -0.8, 1.0])!r} * {self.atom()}"
        return f"{self.pick(['math.sin', 'math.tanh', 'math.cos'])}({self.number(depth)})"

    # -- arrays -------------------------------------------------------------------------------------

    def fits(self, extents, target):
        """Whether an array is broadcast to the target."""
        if len(extents) > len(target):
            return False
        pairs = zip(reversed(extents), reversed(target), strict=False)
        return all(e in (t, "1") or ({e, t} == {"n", "m"} and self.as_sized(e, t)) for e, t in pairs)

    def summed(self, shape):
        """An array expression whose elements Numba adds row by row, whatever the order of its operands."""
        text = self.vector(shape, 1)
        if len(shape) == 1 or (".T" not in text and all(a.contiguous for a in self.scope.arrays.values())):
            return text
        return f"np.full(({', '.join(shape)}), 0.0) + {text}"

    def as_sized(self, extent, target):
        if self.m is None:
            return False
        sizes = {"n": self.n, "m": self.m}
        return sizes[extent] in (1, sizes[target])

    def leaf(self, target, *, exact=False):
        """An array, or a view of one, that is broadcast to the target."""
        found = []
        for name, array in self.scope.arrays.items():
            if array.integers:
                continue
            if array.extents == target or (not exact and self.fits(array.extents, target)):
                found += [name] * 3 + ([f"{name}[::-1]"] if array.extents == target else [])
            if len(array.extents) == 2 and array.extents[::-1] == target:
                found.append(f"{name}.T")
            if len(array.extents) == 2 and len(target) == 1:
                row, column = (self.index(e) for e in array.extents)
                if array.extents[1:] == target and row:
                    found.append(f"{name}[{row}]")
                if array.extents[:1] == target and column:
                    found.append(f"{name}[:, {column}]")
            if array.extents == ("n",) and len(target) == 2 and target[0] == "n" and not exact:
                found.append(f"{name}[:, None]")
        return self.pick(found) if found else None

    def vector(self, target, depth=2):
        """An array expression of the target's shape."""
        leaf = self.leaf(target, exact=depth == 0)
        if depth == 0 or leaf is None:
            if leaf is None or self.chance(15):
                shape = ", ".join(target)
                return f"np.full(({shape}{',' if len(target) == 1 else ''}), {self.atom()})"
            return leaf
        whole = self.vector(target, depth - 1)
        kind = self.upto(9)
        if kind <= 3:
            return f"({whole} {self.pick('+-*')} {leaf})"
        if kind == 4:
            return f"({self.number(1)} * {whole})"
        if kind == 5:
            return f"({whole} / (2.0 + {leaf} * {leaf}))"
        if kind == 6:
            return f"np.maximum({whole}, {self.atom()})"
        if kind == 7:
            return f"(-{whole})"
        return f"{self.pick(['np.sin', 'np.tanh', 'np.abs'])}({whole})"

    def bounded_vector(self, target):
        if self.chance(30):
            leaf = self.leaf(target, exact=True)
            if leaf:
                return f"{self.pick([0.5, -0.8])!r} * {leaf}"
        return f"{self.pick(['np.sin', 'np.tanh'])}({self.vector(target)})"

    def shape(self):
        """The shape of some array in scope."""
        return self.pick([array.extents for array in self.scope.arrays.values()])

    # -- helpers ------------------------------------------------------------------------------------

    def called(self, result):
        """A call of a helper with such a result, or None."""
        helpers = [name for name, gives in self.helpers if gives == result]
        vectors = [
            name
            for name, array in self.scope.arrays.items()
            if array.extents == ("n",) and array.contiguous and not array.integers
        ]
        if not helpers or not vectors:
            return None
        number = self.pick(self.scope.ints) if self.scope.ints else "1"
        return f"{self.pick(helpers)}({self.pick(vectors)}, {self.pick(vectors)}, {self.atom()}, {number})"
