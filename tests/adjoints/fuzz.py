"""Random programs as source text: what a user may write with loops, branches, arrays, views and helpers."""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from itertools import count

import numpy as np
from hypothesis import strategies as st

from tests.adjoints.expressions import ARRAY_NAMES, FLOAT_NAMES, MATRIX_NAMES, Array, Expressions

_serial = count()
RESULTS = ("f", "f", "v", "fv", "ff", "vf", "M", "fM", "vv", "fN", "fN", "fN")
DEEPEST = 4


@dataclass(frozen=True, repr=False)
class Program:
    """Source text, the sizes it is for, and where its numbers come from."""

    text: str
    n: int
    m: int
    k: int
    number: int
    result: str = "f"

    def __repr__(self):
        return f"\n# n = {self.n}, m = {self.m}, k = {self.k}, number = {self.number}\n{self.text}"

    def arguments(self):
        rng = np.random.default_rng(self.number)
        draw = lambda *shape: rng.uniform(-1.5, 1.5, shape)  # noqa: E731
        x = draw(self.n)
        y = x if self.m == self.n and self.number % 4 == 0 else draw(self.m)
        return x, y, draw(self.n, self.m), draw(1), float(draw()), self.k

    @property
    def total(self):
        """The text with a function that makes one number of what the program returns."""
        kinds = self.result
        parts = ["r"] if len(kinds) == 1 else [f"r[{i}]" for i in range(len(kinds))]
        terms = [
            f"{0.7 + i} * {part}" if kind == "f" else f"np.sum(np.sin({part} + {0.3 + i}))"
            for i, (part, kind) in enumerate(zip(parts, kinds, strict=True))
        ]
        call = "    r = program(x, y, A, o, c, k)"
        return f"{self.text}\n\ndef total(x, y, A, o, c, k):\n{call}\n    return {' + '.join(terms)}\n"

    def functions(self, decorate=lambda function: function):
        """The functions of the text by name."""
        filename = f"<fuzz {next(_serial)}>"
        text = self.total
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        names = {"__name__": "fuzz"}
        exec(compile("import math\nimport numpy as np", filename, "exec"), names)
        exec(compile(text, filename, "exec"), names)
        for name in [name for name in names if name in ("program", "total") or name.startswith("h_")]:
            names[name] = decorate(names[name])
        return names


class Author(Expressions):
    """Writes the statements of one function."""

    def body(self, most):
        """A few statements, the last of which may leave the loop or the function."""
        for _ in range(1 + self.upto(most)):
            if self.budget <= 0:
                return
            self.budget -= 1
            self.statement()

    def statement(self):
        simple = [
            *[self.assign] * 4, *[self.augment] * 3, *[self.store] * 4, *[self.accumulate] * 4, self.swap,
            self.new_array, self.new_array, self.rebind, self.view, self.view, self.alias, self.whole_store,
            self.whole_update, self.count, self.indices, self.product, self.call, self.call,
        ]  # fmt: skip
        if self.depth == 1 and "x" in self.scope.arrays and self.chance(25):
            return self.sweep()
        nested = [*[self.branch] * 5, *[self.loop] * 6, self.while_loop, self.while_loop, self.filled]
        nested = nested if self.depth <= DEEPEST else []
        leaving = [self.leave] * 2 if self.depth > 1 or self.loops else []
        self.pick([*simple, *nested, *leaving])()

    # -- numbers ------------------------------------------------------------------------------------

    def define(self, name):
        if name not in self.scope.floats:
            self.scope.floats.append(name)

    def float_name(self):
        """A variable to assign to: one in scope, or a new one."""
        known = [name for name in self.scope.floats if name != "pi"]
        return self.pick(known) if known and self.chance(65) else self.fresh(FLOAT_NAMES)

    def assign(self):
        value, name = self.bounded(), self.float_name()
        if name not in self.scope.floats and self.chance(10):
            value = "0"  # an integer that becomes a float
        self.line(f"{name} = {value}")
        self.define(name)

    def augment(self):
        if not self.scope.floats:
            return self.assign()
        name = self.pick(self.scope.floats)
        factor = self.element() if self.chance(30) else None
        value = f"{factor} * {self.atom()}" if factor else self.bounded()
        self.line(
            f"{name} {self.pick(['+=', '+=', '+=', '-='])} {value}" if self.chance(85) else f"{name} *= 0.7"
        )

    def swap(self):
        if len(self.scope.floats) >= 2 and self.chance(50):
            a, b = self.pick(self.scope.floats), self.pick(self.scope.floats)
            c = self.pick(self.scope.floats)
            if len({a, b, c}) == 3:
                self.line(f"{a}, {b}, {c} = {c}, {a}, {b}")
            else:
                self.line(f"{a}, {b} = {b}, {a}")
            return
        pairs = [
            (a, b)
            for a, first in self.scope.arrays.items()
            for b, second in self.scope.arrays.items()
            if a < b and first == second
        ]
        if pairs:
            a, b = self.pick(pairs)
            self.line(f"{a}, {b} = {b}, {a}")

    def count(self):
        """Integers that are reassigned: what was counted to before must not change."""
        inner = self.loops[-1] if self.loops else None
        if inner and self.chance(30):
            for scope in self.scopes:
                scope.indices.pop(inner, None)
            self.line(f"{inner} = {inner} + 1")
        elif "k" in self.scope.ints:
            self.line(f"k = (k + {1 + self.upto(2)}) % 4" if self.chance(70) else "k -= 1")

    # -- arrays -------------------------------------------------------------------------------------

    def store(self):
        place = self.element()
        if place:
            self.line(f"{place} = {self.bounded()}")

    def accumulate(self):
        place = self.element()
        if not place:
            return
        kind = self.upto(5)
        if kind == 0:
            self.line(f"{place} = math.sin({place} * {self.atom()})")
        elif kind == 1:
            self.line(f"{place} *= {self.pick(['0.5', '-1.0', 'math.cos(' + self.atom() + ')'])}")
        else:
            self.line(f"{place} {self.pick(['+=', '+=', '-='])} {self.bounded(1)}")

    def add_array(self, name, extents, contiguous=True, integers=False):
        self.scope.arrays[name] = Array(extents, contiguous, integers)

    def array_name(self, extents):
        names = ARRAY_NAMES if len(extents) == 1 else MATRIX_NAMES
        return self.fresh(names)

    def new_array(self):
        shapes = [("n",), ("n",), ("n", "n"), self.shape()] + ([] if self.m is None else [("m",), ("n", "m")])
        shape = self.pick(shapes)
        name = self.array_name(shape)
        text = ", ".join(shape)
        text = text if len(shape) == 1 else f"({text})"
        kind = self.upto(4)
        copied = self.leaf(shape, exact=True)
        if kind == 0 and copied:
            self.line(f"{name} = {copied}.copy()")
        elif kind == 1:
            self.line(f"{name} = {self.bounded_vector(shape)}")
        elif kind == 2:
            self.line(f"{name} = np.ones({text})")
        else:
            self.line(f"{name} = np.zeros({text})")
        self.add_array(name, shape)

    def indices(self):
        name = self.fresh(("idx", "order"))
        self.line(f"{name} = np.zeros(n, dtype=np.int64)")
        self.line("for j_ in range(n):")
        self.line(f"    {name}[j_] = (j_ * {1 + self.upto(2)} + {self.upto(2)}) % n")
        self.add_array(name, ("n",), integers=True)

    def own(self, contiguous=None):
        """The arrays of floats in scope."""
        return {
            name: array
            for name, array in self.scope.arrays.items()
            if not array.integers and contiguous in (None, array.contiguous)
        }

    def rebind(self):
        arrays = self.own(contiguous=True)
        if not arrays:
            return
        name = self.pick(arrays)
        self.line(f"{name} = {self.bounded_vector(arrays[name].extents)}")

    def alias(self):
        arrays = self.own()
        if not arrays:
            return
        name = self.pick(arrays)
        other = self.array_name(arrays[name].extents)
        self.line(f"{other} = {name}")
        self.scope.arrays[other] = arrays[name]

    def view(self):
        arrays = self.own()
        if not arrays:
            return
        name = self.pick(arrays)
        extents = arrays[name].extents
        if len(extents) == 1:
            other = self.fresh(("part", "half"))
            cut = self.pick(
                ["1:", ":-1", "::2", "1::2", "::-1", f":{self.pick([*self.scope.ints, '2'])}", "1:3", "::-2"]
            )
            self.line(f"{other} = {name}[{cut}]")
            self.add_array(other, extents if cut == "::-1" else (f"{other}_n",), contiguous=False)
            if cut != "::-1":
                self.line(f"{other}_n = {other}.size")
            return
        kind = self.upto(4)
        row, column = (self.index(extent) for extent in extents)
        if kind == 0 and row:
            self.view_as(f"{name}[{row}]", extents[1:])
        elif kind == 1 and column:
            self.view_as(f"{name}[:, {column}]", extents[:1])
        elif kind == 2:
            self.view_as(f"{name}.T", extents[::-1])
        elif kind == 3:
            self.view_as(f"{name}[::-1]", extents)
        elif arrays[name].contiguous:
            other = self.fresh(("flat",))
            self.line(f"{other} = {name}.reshape({name}.size)")
            self.line(f"{other}_n = {other}.size")
            self.add_array(other, (f"{other}_n",), contiguous=False)

    def view_as(self, text, extents):
        other = self.array_name(extents)
        self.line(f"{other} = {text}")
        self.add_array(other, extents, contiguous=False)

    def whole_store(self):
        arrays = self.own()
        if not arrays:
            return
        name = self.pick(arrays)
        extents = arrays[name].extents
        kind = self.upto(4)
        if kind == 0 and len(extents) == 1:
            pairs = [("1:", ":-1"), (":-1", "1:"), ("::-1", ":")]
            to, by = self.pick(pairs)
            self.line(
                f"{name}[{to}] = 0.9 * {name}[{by}]" if self.chance(50) else f"{name}[{to}] = {name}[{by}]"
            )
        elif kind == 1 and len(extents) == 2 and self.index(extents[0]):
            self.line(f"{name}[{self.index(extents[0])}] = {self.bounded_vector(extents[1:])}")
        elif kind == 2:
            self.line(f"{name}[:] = {self.bounded()}")
        else:
            self.line(f"{name}[:] = {self.bounded_vector(extents)}")

    def whole_update(self):
        arrays = self.own()
        if not arrays:
            return
        name = self.pick(arrays)
        kind = self.upto(3)
        if kind == 0:
            self.line(f"{name} *= {self.pick(['0.5', '-0.9'])}")
        elif kind == 1:
            self.line(f"{name} += {self.bounded()}")
        else:
            # What is added must not be a view of the array itself: that is refused.
            others = [o for o, a in arrays.items() if a.extents == arrays[name].extents and o != name]
            by = f"0.5 * {self.pick(others)}" if others and self.chance(40) else None
            self.line(f"{name} {self.pick(['+=', '-='])} {by or self.atom()}")

    def product(self):
        """Products of whole arrays, whose adjoints are the array rules'."""
        arrays = self.own(contiguous=True)
        pairs = [
            (a, b)
            for a, first in arrays.items()
            for b, second in arrays.items()
            if first.extents[-1] == second.extents[0] and len(first.extents) + len(second.extents) <= 3
        ]
        if not pairs:
            return
        a, b = self.pick(pairs)
        extents = (*arrays[a].extents[:-1], *arrays[b].extents[1:])
        if extents:
            name = self.array_name(extents)
            self.line(f"{name} = np.tanh({self.pick([f'{a} @ {b}', f'np.dot({a}, {b})'])})")
            self.add_array(name, extents)
        else:
            name = self.float_name()
            self.line(f"{name} = math.tanh(np.dot({a}, {b}))")
            self.define(name)

    # -- helpers ------------------------------------------------------------------------------------

    def call(self):
        kind = self.pick(["f", "v", "fv", "none"])
        call = self.called(kind)
        if not call:
            return
        if kind == "none":
            self.line(call)
        elif kind == "f":
            name = self.float_name()
            self.line(f"{name} = {call}")
            self.define(name)
        elif kind == "v":
            name = self.array_name(("n",))
            self.line(f"{name} = {call}")
            self.add_array(name, ("n",))
        else:
            name, array = self.float_name(), self.array_name(("n",))
            self.line(f"{name}, {array} = {call}")
            self.define(name)
            self.add_array(array, ("n",))

    # -- branches and loops -------------------------------------------------------------------------

    def branch(self):
        scopes = []
        words = ["if", *["elif"] * self.pick([0, 0, 0, 1, 2])]
        for word in words:
            self.line(f"{word} {self.condition()}:")
            with self.block():
                self.body(2)
                scopes.append(self.scope)
        if self.chance(50):
            self.line("else:")
            with self.block():
                self.body(2)
                scopes.append(self.scope)
            self.keep(scopes)

    def keep(self, scopes):
        """What every side has defined is defined after the branch."""
        for name in scopes[0].floats:
            if all(name in scope.floats for scope in scopes):
                self.define(name)
        for name, array in scopes[0].arrays.items():
            same = all(scope.arrays.get(name) == array for scope in scopes)
            if same and name not in self.scope.arrays and array.extents[0] in ("n", "m") and array.contiguous:
                self.scope.arrays[name] = array

    def loop(self):
        number = f"i{next(self.serial)}"
        inner = [i for i, below in self.scope.indices.items()]
        headers = [
            ("range(n)", "n"), ("range(n)", "n"), ("range(n)", "n"), ("range(1, n)", "n"),
            ("range(n - 1, -1, -1)", "n"), ("range(0, n, 2)", "n"), ("range(3)", None), ("range(0)", "n"),
            ("range(-1, 2)", None), ("reversed(range(n))", "n"),
        ]  # fmt: skip
        if self.m is not None:
            headers += [("range(m)", "m"), ("range(m)", "m"), ("range(k)", None), ("range(k, -1, -2)", None)]
            headers += [("range(1, n, abs(k) + 1)", "n")]
        headers += [(f"range({i})", i) for i in inner] + [(f"range({i}, n)", "n") for i in inner]
        vectors = [name for name, array in self.own().items() if len(array.extents) == 1]
        if vectors and self.chance(25):
            return self.loop_over(vectors, number)
        header, below = self.pick(headers)
        extents = self.scope.indices.get(below, {below} if below else set())
        self.line(f"for {number} in {header}:")
        self.inside_loop(number, set(extents))

    def loop_over(self, vectors, number):
        value, array = self.fresh(("item", "entry")), self.pick(vectors)
        extent = self.scope.arrays[array].extents[0]
        matrices = [name for name, a in self.own().items() if len(a.extents) == 2]
        kind = self.upto(3)
        if kind == 0:
            self.line(f"for {number}, {value} in enumerate({array}):")
            self.inside_loop(number, {extent}, [value])
        elif kind == 1:
            other = self.fresh(("second", "third"))
            self.line(f"for {value}, {other} in zip({array}, {self.pick(vectors)}):")
            self.inside_loop(None, set(), [value, other])
        elif kind == 2 and matrices:
            name = self.pick(matrices)
            row = self.fresh(("row", "line"))
            self.line(f"for {row} in {name}:")
            self.inside_loop(None, set(), [], {row: Array(self.scope.arrays[name].extents[1:], False)})
        else:
            self.line(f"for {value} in {array}:")
            self.inside_loop(None, set(), [value])

    def inside_loop(self, number, extents, floats=(), arrays=None):
        self.loops.append(number)
        with self.block():
            if number:
                self.scope.ints.append(number)
                self.scope.indices[number] = extents
            self.scope.floats += floats
            self.scope.arrays.update(arrays or {})
            self.body(4)
        self.loops.pop()

    def while_loop(self):
        number = f"i{next(self.serial)}"
        self.line(f"{number} = {self.upto(1)}")
        condition = f"{number} < {self.pick([self.scope.ints[0], '3', 'n'])}"
        if self.chance(40):
            condition += f" and {self.condition(0)}"
        self.line(f"while {condition}:")
        self.loops.append(None)
        with self.block():
            self.line(f"{number} += 1")
            self.scope.ints.append(number)
            self.body(4)
        self.loops.pop()
        self.scope.ints.append(number)

    def filled(self):
        """A work array, stored into by all or some of its elements, and read."""
        extent, name = self.pick(["n", "n", "n" if self.m is None else "m"]), self.fresh(("work", "tmp"))
        number = f"i{next(self.serial)}"
        every = self.chance(60)
        self.line(f"{name} = {'np.empty' if every else 'np.zeros'}({extent})")
        self.add_array(name, (extent,))
        self.line(f"for {number} in range({'' if every else '1, '}{extent}):")
        self.loops.append(None)
        with self.block():
            self.scope.arrays.pop(name)
            self.scope.ints.append(number)
            self.scope.indices[number] = {extent}
            self.line(f"{name}[{number}] = {self.bounded()}")
        self.loops.pop()

    def sweep(self):
        """A loop as reductions are written, which may be run forward and backward at once, or only nearly."""
        work, name, i, j = (
            self.fresh(("buffer",)),
            self.float_name(),
            f"i{next(self.serial)}",
            f"i{next(self.serial)}",
        )
        square = self.fresh(("pairs",))
        self.line(f"{name} = 0.0")
        self.line(f"{work} = np.zeros(n)")
        self.line(f"{square} = np.zeros((n, n))")
        self.line(f"for {i} in range(n):")
        inner = self.pick(["n", "n", "n", "1, n", i, "3"])
        at = f"{j} % n" if inner == "3" else j
        self.line(f"    for {j} in range({inner}):")
        self.line(f"        {work}[{at}] = x[{i}] * {self.pick([f'x[{at}]', 'c', f'{name}', '0.5'])}")
        self.line(f"        {square}[{i}, {at}] = {self.pick(['c', f'x[{i}]'])} * {work}[{at}]")
        if self.chance(50):
            self.line(f"        {square}[{at}, {i}] = math.sin({work}[{at}])")
        self.line(f"    for {j} in range(n):")
        self.line(f"        {name} {self.pick(['+=', '+=', '-='])} math.sin({work}[{j}] * x[{i}])")
        if self.chance(30):
            self.line(f"    {name} *= {self.pick(['0.5', f'math.cos({name})'])}")
        if self.chance(40):
            self.line(f"x[{self.pick(['0', '-1'])}] = {self.bounded(1)}")
        self.define(name)
        self.add_array(square, ("n", "n"))
        if self.chance(50):
            self.line(f"{name} = {self.pick([f'{name} * {name}', f'0.5 * {name}', f'math.sin({name})'])}")

    # -- endings: nothing after them hides their faults ---------------------------------------------------

    def ending(self):
        """What a plan might take for simpler than it is, and what the program returns then."""
        endings = [self.recurrence, self.swapping, self.moving, self.partly_covered, self.used_again,
                   self.two_names, self.colliding]  # fmt: skip
        chosen = self.pick(endings)
        return chosen, "v" if chosen == self.colliding else "f"

    def recurrence(self):
        """A loop that carries a number."""
        i, a, b = f"i{next(self.serial)}", self.fresh(("first",)), self.fresh(("next_one",))
        self.line(f"{a}, {b} = c, {self.bounded(1)}")
        # A loop over y may have no iterations, and y no elements.
        size, by = self.pick([("n", f"x[{i}]"), ("n", f"x[{i}]"), ("m", "y[-1]")])
        self.line(f"for {i} in range({size}):")
        step = self.pick(["{a} = {a} * {by}", "{a} = math.sin({a} + {by})", "{a} += {by} * {b}"])
        self.line("    " + step.format(a=a, b=b, by=by))
        self.line(f"return {a}")

    def swapping(self):
        """A loop that carries two numbers, one into the other."""
        i, a, b = f"i{next(self.serial)}", self.fresh(("first",)), self.fresh(("next_one",))
        self.line(f"{a}, {b} = c, {self.bounded(1)}")
        self.line(f"for {i} in range(n):")
        swap = self.pick([f"{a}, {b} = {b}, {a}", f"{b}, {a} = {a}, math.sin({a} * x[{i}] + {b})"])
        self.line(f"    {swap}")
        self.line(f"return 0.3 * {a} + x[0] * {b}")

    def moving(self):
        """An array that moves within itself."""
        work = self.fresh(("moved",))
        self.line(f"{work} = np.cos({self.pick(['x', 'c * x'])})")
        cut = self.pick(["{0}[1:] = {1}{0}[:-1]", "{0}[::-1] = {1}{0}", "{0}[:-1] = {1}{0}[::-1][1:]"])
        self.line(cut.format(work, self.pick(["", "0.9 * "])))
        self.line(f"return np.sum({work} * x)")

    def partly_covered(self):
        """A work array of which an iteration stores a part, and reads all."""
        i, j, work = (self.fresh((name,)) for name in ("iteration", "at", "kept"))
        self.line(f"{work} = np.zeros(n)")
        self.line("total = 0.0")
        self.line(f"for {i} in range(n):")
        self.line(f"    for {j} in range({self.pick([i, f'{i} + 1', '1, n', 'n - 1', f'{i}, n'])}):")
        self.line(f"        {work}[{j}] = {self.pick([f'x[{i}] * x[{j}]', f'math.sin(c * x[{i}])'])}")
        self.line(f"    for {j} in range(n):")
        self.line(f"        total += math.sin({work}[{j}]) * x[{i}]")
        self.line("return total")

    def used_again(self):
        """A sum that what follows is not linear in."""
        i, a = self.fresh(("iteration",)), self.fresh(("total",))
        self.line(f"{a} = {self.pick(['0.0', 'c'])}")
        self.line(f"for {i} in range(n):")
        self.line(f"    {a} += math.sin(x[{i}] * c)")
        value = self.pick(["{0} * {0}", "{0} * math.sin({0})", "{0} * np.sum({0} * x)"])
        self.line(f"return {value.format(a)}")

    def two_names(self):
        """An array that goes by another name after a branch or a loop, and is stored into."""
        work, other = self.fresh(("work",)), self.fresh(("other",))
        self.line(f"{work} = np.sin(x)")
        if self.chance(50):
            self.line(f"{other} = np.cos(x)")
            self.line(f"if {self.condition()}:")
            self.line(f"    {other} = {work}")
        else:
            self.line(f"{other} = x * c")
            self.line("for _ in range(k):")
            self.line(f"    {other} = {self.pick([work, f'{work}[::-1]'])}")
        stored = self.pick([work, other])
        self.line(f"{stored}[{self.pick(['0', '-1', ':'])}] {self.pick(['=', '+=', '*='])} c")
        self.line(f"return np.sum({work} * x) + np.sum({other} * {other})")

    def colliding(self):
        """Trips that store into one element."""
        i, work = self.fresh(("iteration",)), self.fresh(("bins",))
        self.line(f"{work} = np.zeros(n)")
        places = [("n", "0"), ("n", f"{i} // 2"), ("n", i), ("-1, n", i), ("n", f"n - 1 - {i} // 2")]
        iterations, place = self.pick(places)
        self.line(f"for {i} in range({iterations}):")
        self.line(f"    {work}[{place}] {self.pick(['=', '=', '*=', '+='])} math.sin(x[{i}]) * c")
        self.line(f"return {work}")

    def leave(self):
        """Break, continue, return or raise, under a condition."""
        options = ["return"]
        if self.loops:
            options += ["break", "break", "continue", "continue"]
        if self.chance(20):
            options = ["raise ValueError('too far')"]
        self.line(f"if {self.condition()}:")
        with self.block():
            if self.chance(40):
                self.assign()
            word = self.pick(options)
            self.line(self.returned() if word == "return" else word)

    def returned(self):
        """A return of what the function gives."""
        if self.result == "none":
            return "return"
        items = []
        for part in self.result:
            extents = {"v": ("n",), "M": ("n", "m"), "N": ("n", "n")}.get(part)
            if extents is None:
                items.append(self.number(1))
                continue
            known = [name for name, array in self.own(True).items() if array.extents == extents]
            items.append(self.pick(known) if known and self.chance(70) else self.bounded_vector(extents))
        return f"return {', '.join(items)}"


def helper(random, number, n):
    """A function of two arrays that may be the same, a number and an integer."""
    author = Author(random, n, None, budget=7)
    author.result = author.pick(["f", "v", "fv", "none"])
    name = f"h_{number}"
    author.line("n = p.size")
    author.scope.floats += ["t"]
    author.scope.ints += ["j"]
    author.add_array("p", ("n",))
    author.add_array("q", ("n",))
    author.body(5)
    if author.result != "none":
        author.line(author.returned())
    return (name, author.result), "\n".join([f"def {name}(p, q, t, j=1):", *author.lines])


@st.composite
def programs(draw, budget=22):
    # One draw: of choices drawn one by one Hypothesis makes variations, most of them alike, and other ones in
    # every run, as it tells choices apart by the hashes of what there is to choose.
    random = draw(st.randoms(use_true_random=True))
    n, m = random.randint(1, 4), random.randint(0, 4)
    helpers, texts = [], []
    for number in range(random.randint(0, min(2, budget // 8))):
        signature, text = helper(random, number, n)
        helpers.append(signature)
        texts.append(text)
    author = Author(random, n, m, helpers, budget)
    end, author.result = author.ending() if author.chance(25) else (None, author.pick(RESULTS))
    author.line("n, m = A.shape")
    author.scope.floats += ["c"]
    author.scope.ints += ["k"]
    for name, extents in (("x", ("n",)), ("y", ("m",)), ("A", ("n", "m")), ("o", ("1",))):
        author.add_array(name, extents)
    author.body(2 if end else 8)
    while author.budget > budget // 2 and not end:
        author.body(4)
    if end is None:
        author.line(author.returned())
    else:
        end()
    texts.append("\n".join(["def program(x, y, A, o, c, k):", *author.lines]))
    text = "\n\n\n".join(texts) + "\n"
    return Program(text, n, m, random.randint(0, 3), random.randrange(2**32), author.result)
