"""Idioms of arrays: work arrays, views, shifts, tables, sorting, arrays under another name."""

from __future__ import annotations

from tests.idioms.control import start
from tests.idioms.writer import COUNTS, MOST, Array, Idiom, Int, Writer

IDIOMS: list[Idiom] = []


def idiom(function: Idiom) -> Idiom:
    IDIOMS.append(function)
    return function


def fresh(w: Writer, *bases: str) -> str:
    return w.name(*bases, kind="vector")


def filled(w: Writer, *bases: str, length: int = 0) -> Array:
    """A new vector with something in it."""
    draw = w.draw
    n = length or 3 + draw.below(3)
    name, kind = fresh(w, *(bases or ("w", "buf", "tmp1", "arr"))), draw.below(7)
    same = [a for a in w.scope.vectors if a.length == n]
    if kind == 0 and same:
        w.line(f"{name} = {draw.pick(same).name}.copy()")
    elif kind == 1 and same:
        w.line(f"{name} = {w.factor(1)} * {draw.pick(same).name}")
    elif kind == 2:
        w.line(f"{name} = np.array([{', '.join(w.tame(1) for _ in range(n))}])")
    elif kind == 3:
        w.line(f"{name} = np.zeros({n})")
        w.line(f"{name}[:] = {w.tame(1)}")
    elif kind == 4:
        w.line(f"{name} = np.full({n}, {w.tame(1)})")
    elif kind == 5 and [a for a in w.scope.vectors if a.length >= n]:
        source = w.vector(n)
        w.line(f"{name} = np.zeros({n})")
        w.line(f"{name}[:] = {source.name}[:{n}]")
    else:
        i = w.index(0, n - 1)
        w.line(f"{name} = {draw.pick([f'np.empty({n})', f'np.zeros({n})'])}")
        with w.loop(f"for {i.name} in range({n}):", i):
            w.line(f"{name}[{i.name}] = {w.tame()}")
    made = Array(name, (n,))
    w.define(made)
    return made


@idiom
def work_array(w: Writer) -> None:
    a = filled(w)
    w.keep(a.name)
    with w.some_loop():
        w.line(f"{w.element(a)} {w.draw.pick(['=', '+=', '-='])} {w.tame(1)}")
        w.body(3)
    w.release(a.name)


@idiom
def allocated_in_the_first_iteration(w: Writer) -> None:
    s, n = start(w, w.name("s", "acc"), "0.0"), 2 + w.draw.below(2)
    a = Array(fresh(w, "work_", "ws"), (n,))
    w.keep(s, a.name)
    with w.some_loop(indexed=True) as (_, _, v, first):
        with w.block(f"if {first}:"):
            w.line(
                f"{a.name} = {w.draw.pick([f'np.zeros({n})', f'np.ones({n}) * {w.factor(1)}', f'x[:{n}].copy()'])}"
            )
        w.define(a)
        w.line(f"{w.element(a)} += {w.draw.pick([v, w.tame(1)])}")
        w.line(f"{s} += {w.element(a)} * {w.factor(1)}")
        w.body()


@idiom
def shift_in_place(w: Writer) -> None:
    """A history: every element moves on by one, a new one comes in."""
    draw, a = w.draw, filled(w, "hist", "buf", "delay")
    s = start(w, w.name("s", "filtered"), "0.0")
    w.keep(a.name, s)
    b, n = a.name, a.length
    with w.some_loop() as (_, _, v, _):
        kind = draw.below(6)
        if kind == 0:
            w.line(
                draw.pick([f"{b}[1:] = {b}[:-1].copy()", f"{b}[1:] = {b}[:-1]", f"{b}[1:] = 0.9 * {b}[:-1]"])
            )
        elif kind == 1:
            w.line(f"{b}[:-1] = {b}[1:]")
        elif kind == 2:
            j = w.index(1, n - 1)
            with w.loop(f"for {j.name} in range({n} - 1, 0, -1):", j):
                w.line(f"{b}[{j.name}] = {b}[{j.name} - 1]")
        elif kind == 5:
            w.line(f"{b}[1:] {draw.pick(['+=', '-='])} {draw.number(0.2, 0.6)} * {b}[:-1]")
        elif kind == 3:
            j = w.index(0, n - 2)
            with w.loop(f"for {j.name} in range({n} - 1):", j):
                w.line(f"{b}[{j.name}] = {b}[{j.name} + 1]" + draw.pick(["", f" * {draw.number()}"]))
        else:
            w.line(f"{b}[:] = np.roll({b}, {draw.pick(['1', '-1'])})")
        w.line(f"{b}[{-1 if kind in (1, 3) else 0}] = {draw.pick([v, w.tame(1)])}")
        w.line(f"{s} += {draw.pick([f'{b}[0] * {b}[-1]', f'np.dot({b}, {b})', f'np.sin({b}[1]) * {v}'])}")
        w.body(1)
    w.release(a.name)


@idiom
def ring_buffer(w: Writer) -> None:
    draw, a, s = w.draw, filled(w, "ring", "buf"), start(w, w.name("s", "mov"), "0.0")
    p = w.name("pos", "head", kind="int")
    w.line(f"{p} = 0")
    w.keep(a.name, s, p)
    with w.some_loop() as (_, _, v, _):
        w.define(Int(p, 0, a.length - 1))
        w.line(f"{s} += {v} - {a.name}[{p}]")
        w.line(f"{a.name}[{p}] = {draw.pick([v, w.tame(1)])}")
        w.line(f"{p} = ({p} + 1) % {w.size(a)}")
        if draw.chance(0.6):
            w.line(f"{s} += {draw.pick([f'{a.name}[0] * {a.name}[{p}]', f'np.tanh({a.name}.sum() * {v})'])}")
        w.body(1)
    w.release(a.name)


@idiom
def two_buffers(w: Writer) -> None:
    """Time steps that read one array, write another and exchange them."""
    draw, n = w.draw, 3 + w.draw.below(4)
    a, b = filled(w, "u", "old", length=n), filled(w, "unew", "new", length=n)
    w.keep(a.name, b.name)
    t, i = w.index(0, 3), None
    with w.loop(f"for {t.name} in range({draw.pick(['2', '3', '4'])}):", t):
        i = w.index(1, n - 2)
        with w.loop(f"for {i.name} in range(1, {n} - 1):", i):
            u = a.name
            w.line(
                f"{b.name}[{i.name}] = {u}[{i.name}] + {draw.number(0.1, 0.4)} * ({u}[{i.name} - 1] - 2.0 * {u}[{i.name}] + {u}[{i.name} + 1])"
            )
        if draw.chance(0.5):
            w.line(f"{b.name}[0], {b.name}[-1] = {a.name}[0], {a.name}[-1]")
        elif draw.chance(0.5):
            w.line(f"{b.name}[0] = {w.tame(1)}")
        w.body(1)
        if draw.chance(0.3):
            with w.block(f"if {w.cond()}:"):
                w.line(f"{a.name}, {b.name} = {b.name}, {a.name}")
        else:
            w.line(f"{a.name}, {b.name} = {b.name}, {a.name}")
    w.release(a.name, b.name)


@idiom
def rebound_under_a_condition(w: Writer) -> None:
    """One name for this array or that one, and then work on it."""
    draw = w.draw
    a = w.vector()
    same = [v for v in w.scope.vectors if v.length == a.length and v.name not in w.read_only]
    name = fresh(w, "work_", "z", "target")
    i = draw.below(a.length - 1)
    n = a.length - i if same and draw.chance(0.4) else a.length
    views = [f"{v.name}[{i}:]" for v in same] if n != a.length else [v.name for v in same]
    copies = [
        f"np.zeros({n})",
        f"{w.factor(1)} * {a.name}[{a.length - n}:]",
        f"np.tanh({a.name}[:{n}])",
        f"{a.name}[:{n}].copy()",
    ]
    w.keep(name)
    w.line(f"{name} = {draw.pick(copies + views)}")
    w.define(Array(name, (n,)))
    if a.name in w.read_only or name == a.name:
        pass
    kind = draw.below(3)
    if kind == 0:
        with w.block(f"if {w.cond()}:"):
            w.line(f"{name} = {draw.pick(copies + views * 2)}")
            w.line(f"{w.element(Array(name, (n,)))} {draw.pick(['=', '+='])} {w.tame(1)}")
    elif kind == 1:
        with w.some_loop():
            w.line(f"{w.element(Array(name, (n,)))} += {w.tame(1)}")
            with w.block(f"if {w.cond()}:"):
                w.line(f"{name} = {draw.pick(copies + views * 2)}")
            w.body(1)
    else:
        w.line(f"{name} = {draw.pick(copies + views)} if {w.cond()} else {draw.pick(copies + views)}")
    w.line(f"{w.element(Array(name, (n,)))} {draw.pick(['=', '+=', '*='])} {w.tame(1)}")
    w.body(1)
    w.release(name)


@idiom
def views(w: Writer) -> None:
    """Parts of an array that are written through another name."""
    draw, a = w.draw, filled(w)
    n, m = a.length, None
    kind = draw.below(4)
    name = fresh(w, "part", "view", "tail")
    if kind == 0:
        w.line(f"{name} = {a.name}[1:]")
        m = n - 1
    elif kind == 1:
        w.line(f"{name} = {a.name}[::-1]")
        m = n
    elif kind == 2:
        w.line(f"{name} = {a.name}[::2]")
        m = (n + 1) // 2
    else:
        w.line(f"{name} = {a.name}[1:][:-1]" if n > 3 else f"{name} = {a.name}[:2]")
        m = n - 2 if n > 3 else 2
    v = Array(name, (m,))
    w.define(v)
    w.keep(name, a.name)
    for _ in range(1 + draw.below(2)):
        w.line(
            draw.pick(
                [
                    f"{name}[:] = {w.tame(1)}",
                    f"{name} *= {w.tame(1)}",
                    f"{name} += {w.tame(1)}",
                    f"{w.element(v)} = {w.tame()}",
                    f"{w.element(a)} = {w.tame()}",
                    f"{name}[0], {name}[-1] = {name}[-1], {name}[0]",
                ]
            )
        )
    if draw.chance(0.5):
        with w.some_loop():
            w.line(
                f"{w.element(v)} += {w.factor(1)} * {w.element(a)}"
                if draw.chance(0.5)
                else f"{w.element(a)} = {w.tame(1)} + 0.5 * {w.element(v)}"
            )
            w.body(1)
    w.release(name, a.name)


@idiom
def table_lookup(w: Writer) -> None:
    """Linear interpolation in a sorted table: a scan, a bisection or searchsorted finds the place."""
    draw, s = w.draw, start(w, w.name("s", "lookup"), "0.0")
    ys = w.vector(5)
    w.keep(s)
    with w.some_loop() as (_, _, v, _):
        q, lo = w.name("q", "xq"), w.name("cell", "lo", kind="int")
        w.line(f"{q} = {draw.pick([v, w.tame(1)])}")
        w.define(q)
        w.keep(q, lo)
        kind = draw.below(3)
        if kind == 0:
            w.line(f"{lo} = 0")
            with w.loop(f"while {lo} < 3 and t[{lo} + 1] < {q}:"):
                w.line(f"{lo} += 1")
        elif kind == 1:
            hi, mid = w.name("hi", kind="int"), w.name("mid", kind="int")
            w.line(f"{lo}, {hi} = 0, t.size - 1")
            with w.loop(f"while {hi} - {lo} > 1:"):
                w.line(f"{mid} = ({lo} + {hi}) // 2")
                with w.block(f"if t[{mid}] {draw.pick(['>', '>='])} {q}:"):
                    w.line(f"{hi} = {mid}")
                with w.block("else:"):
                    w.line(f"{lo} = {mid}")
        else:
            w.line(f"{lo} = min(max(np.searchsorted(t, {q}) - 1, 0), 3)")
        f = w.name("frac", "wt")
        w.line(f"{f} = ({q} - t[{lo}]) / (t[{lo} + 1] - t[{lo}])")
        w.define(f, Int(lo, 0, 3))
        w.line(f"{s} += (1.0 - {f}) * {ys.name}[{lo}] + {f} * {ys.name}[{lo} + 1]")
        w.release(q, lo)
        w.body(1)


@idiom
def histogram(w: Writer) -> None:
    draw, n = w.draw, 3 + w.draw.below(2)
    h, b = fresh(w, "hist", "bins"), w.name("b", "cell", kind="int")
    w.line(f"{h} = np.zeros({n})")
    w.keep(h, b)
    with w.some_loop() as (_, _, v, _):
        w.line(f"{b} = {draw.pick([f'int(({v} + 2.0) * 0.9)', f'int(np.floor({v} + 2.0))'])}")
        with w.block(f"if {b} < 0 or {b} >= {n}:"):
            w.line(
                draw.pick(["continue", f"{b} = 0", f"{b} = {n} - 1"]) if w.loops[-1] == "for" else f"{b} = 0"
            )
        w.line(f"{h}[{b}] {draw.pick(['+=', '='])} {draw.pick([v, w.tame(1)])}")
        w.define(Int(b, 0, n - 1))
        w.body(1)
    w.define(Array(h, (n,)))
    w.release(h, b)


@idiom
def sorting(w: Writer) -> None:
    """Sorting by hand or by NumPy, and then something that depends on the order."""
    draw = w.draw
    a = filled(w, "srt", "vals", length=0)
    n, b, kind = a.length, a.name, draw.below(5)
    w.keep(b)
    if kind == 0:
        w.line(f"{b} = np.sort({b})" if draw.chance(0.5) else f"{b}.sort()")
    elif kind == 1:
        i, j, v = w.index(1, n - 1), w.name("j", "pos", kind="int"), w.name("key", "cur")
        with w.loop(f"for {i.name} in range(1, {n}):", i):
            w.line(f"{v} = {b}[{i.name}]")
            w.line(f"{j} = {i.name} - 1")
            with w.loop(f"while {j} >= 0 and {b}[{j}] > {v}:"):
                w.line(f"{b}[{j} + 1] = {b}[{j}]")
                w.line(f"{j} -= 1")
            w.line(f"{b}[{j} + 1] = {v}")
    elif kind == 2:
        i = w.index(0, n - 2)
        with w.loop(f"for {i.name} in range({n} - 1):", i):
            w.keep(i.name)
            j = w.index(0, n - 2)
            with w.loop(f"for {j.name} in range({n} - 1 - {i.name}):", j):
                with w.block(f"if {b}[{j.name}] > {b}[{j.name} + 1]:"):
                    if draw.chance(0.5):
                        w.line(f"{b}[{j.name}], {b}[{j.name} + 1] = {b}[{j.name} + 1], {b}[{j.name}]")
                    else:
                        tmp = w.name("tmp", "hold")
                        w.line(f"{tmp} = {b}[{j.name}]")
                        w.line(f"{b}[{j.name}] = {b}[{j.name} + 1]")
                        w.line(f"{b}[{j.name} + 1] = {tmp}")
    elif kind == 3:
        i, low = w.index(0, n - 1), w.name("least", kind="int")
        with w.loop(f"for {i.name} in range({n}):", i):
            w.keep(i.name)
            j = w.index(0, n - 1)
            w.line(f"{low} = {i.name}")
            with w.loop(f"for {j.name} in range({i.name} + 1, {n}):", j):
                with w.block(f"if {b}[{j.name}] < {b}[{low}]:"):
                    w.line(f"{low} = {j.name}")
            with w.block(f"if {low} != {i.name}:"):
                w.line(f"{b}[{i.name}], {b}[{low}] = {b}[{low}], {b}[{i.name}]")
    else:
        o, i, s = (
            w.name("order", "perm", kind="ints"),
            w.index(0, n - 1),
            start(w, w.name("s", "rank"), "0.0"),
        )
        w.line(f"{o} = np.argsort({b})")
        w.keep(s)
        with w.loop(f"for {i.name} in {draw.pick([o, f'{o}[::-1]', f'{o}[1:]'])}:", i):
            w.line(f"{s} = {draw.pick(['0.5', '0.7'])} * {s} + {b}[{i.name}]")
            w.body(1)
    w.release(b)


@idiom
def recurrence_in_an_array(w: Writer) -> None:
    """Dynamic programming: each element from those before it."""
    draw, n = w.draw, 4 + w.draw.below(3)
    d = fresh(w, "cost", "dp", "alpha")
    w.line(f"{d} = {draw.pick([f'np.zeros({n})', f'np.empty({n})'])}")
    w.line(f"{d}[0] = {w.tame(1)}")
    w.line(f"{d}[1] = {w.tame(1)}")
    w.keep(d)
    i = w.index(2, n - 1)
    with w.loop(f"for {i.name} in range(2, {n}):", i):
        with w.block(f"if {draw.pick([w.cond(), f'{d}[{i.name} - 1] < {d}[{i.name} - 2]'])}:"):
            w.line(f"{d}[{i.name}] = {d}[{i.name} - 1] + {w.factor(1)} * 0.3")
        with w.block("else:"):
            w.line(
                f"{d}[{i.name}] = {draw.pick([f'0.5 * {d}[{i.name} - 2]', f'np.sin({d}[{i.name} - 2] * {d}[{i.name} - 1])'])}"
            )
        if draw.chance(0.3):
            w.line(f"{d}[{i.name} - 1] = {w.tame(1)}")
    w.define(Array(d, (n,)))
    w.release(d)


@idiom
def matrix(w: Writer) -> None:
    """A matrix by rows and columns."""
    draw = w.draw
    r, c, m = 2 + draw.below(2), 2 + draw.below(2), w.name("m", "grid", "A", kind="matrix")
    kind = draw.below(3)
    if kind == 0 and any(a.name == "x" and a.length == 6 for a in w.scope.vectors) and r * c == 6:
        w.line(f"{m} = x.copy().reshape({r}, {c})")
    elif kind == 1:
        w.line(f"{m} = np.zeros(({r}, {c}))")
    else:
        w.line(f"{m} = np.full(({r}, {c}), {w.tame(1)})")
    whole = Array(m, (r, c))
    w.define(whole)
    w.keep(m)
    i = w.index(0, r - 1)
    with w.loop(f"for {i.name} in range({m}.shape[0]):", i):
        if draw.chance(0.5):
            row = fresh(w, "row_", "line_")
            w.line(f"{row} = {m}[{i.name}]")
            w.define(Array(row, (c,)))
            w.line(f"{w.element(Array(row, (c,)))} {draw.pick(['+=', '='])} {w.tame(1)}")
            w.body(1)
        else:
            w.keep(i.name)
            j = w.index(0, c - 1)
            with w.loop(f"for {j.name} in range({c}):", j):
                w.line(f"{m}[{i.name}, {j.name}] {draw.pick(['+=', '=', '-='])} {w.tame(1)}")
                w.body(1)
    todo = draw.below(6)
    if todo == 0:
        w.line(f"{m}[0], {m}[{r - 1}] = {m}[{r - 1}].copy(), {m}[0].copy()")
    elif todo == 1:
        w.line(f"{m}[:, 0] {draw.pick(['+=', '*=', '='])} {w.tame(1)}")
    elif todo == 2:
        w.line(f"{m}[1:] -= {m}[:1] * {w.factor(1)}")
    elif todo == 3:
        v = fresh(w, "sums", "marg")
        w.line(f"{v} = {m}.sum(axis={draw.below(2)})" if draw.chance(0.5) else f"{v} = np.dot({m}, {m}[0])")
        length = r if "dot" in w.lines[-1] or w.lines[-1].endswith("1)") else c
        w.define(Array(v, (length,)))
    elif todo == 4:
        t = w.name("mt", kind="matrix")
        w.line(f"{t} = {m}.T")
        w.line(f"{t}[0, {draw.below(r)}] = {w.tame(1)}")
        w.define(Array(t, (c, r)))
    w.release(m)


@idiom
def elimination(w: Writer) -> None:
    """Gauss with row exchanges, in place."""
    n = 2 + w.draw.below(2)
    a, d = w.name("lu", "aa", kind="matrix"), start(w, w.name("det", "d"), "1.0")
    i, j, row = w.name("i", kind="int"), w.name("j", kind="int"), w.name("r", "rr", kind="int")
    w.keep(a, d, i, j, row)
    w.line(f"{a} = np.zeros(({n}, {n}))")
    with w.loop(f"for {i} in range({n}):", Int(i, 0, n - 1)):
        with w.loop(f"for {j} in range({n}):", Int(j, 0, n - 1)):
            w.line(f"{a}[{i}, {j}] = {w.tame(1)}" + f" + (2.0 if {i} == {j} else 0.0)")
    with w.loop(f"for {i} in range({n}):", Int(i, 0, n - 1)):
        p = w.name("piv", "best_row", kind="int")
        w.line(f"{p} = {i}")
        with w.loop(f"for {row} in range({i} + 1, {n}):"):
            with w.block(f"if abs({a}[{row}, {i}]) > abs({a}[{p}, {i}]):"):
                w.line(f"{p} = {row}")
        with w.block(f"if {p} != {i}:"):
            with w.loop(f"for {j} in range({n}):"):
                w.line(f"{a}[{i}, {j}], {a}[{p}, {j}] = {a}[{p}, {j}], {a}[{i}, {j}]")
            w.line(f"{d} = -{d}")
        w.line(f"{d} *= {a}[{i}, {i}]")
        with w.loop(f"for {row} in range({i} + 1, {n}):"):
            f = w.name("fac", "mult")
            w.line(f"{f} = {a}[{row}, {i}] / (0.1 + {a}[{i}, {i}])")
            with w.loop(f"for {j} in range({i}, {n}):"):
                w.line(f"{a}[{row}, {j}] -= {f} * {a}[{i}, {j}]")
    w.line(f"{d} = np.tanh({d})")
    w.define(Array(a, (n, n)))


@idiom
def whole_arrays(w: Writer) -> None:
    """NumPy style: one line, one operation."""
    draw, a = w.draw, w.vector(3)
    same = [b for b in w.scope.vectors if b.length == a.length]
    name, b = fresh(w, "z", "res", "g"), draw.pick(same).name
    w.line(
        f"{name} = "
        + draw.pick(
            [
                f"np.where({a.name} > {draw.signed()}, {b}, {w.tame(1)} * {a.name})",
                f"{a.name} * {b} + {w.tame(1)}",
                f"np.cumsum({a.name}) * 0.3",
                f"np.maximum({a.name}, {w.tame(1)})",
                f"np.exp(-{a.name} ** 2) - {b}",
                f"({a.name} - {a.name}.mean()) / (1.0 + {b} ** 2)",
                f"np.sin({a.name}) if {w.cond()} else np.cos({b})",
                f"np.clip({a.name}, -0.7, 0.9)",
            ]
        )
    )
    made = Array(name, (a.length,))
    w.define(made)
    w.keep(name)
    w.line(
        draw.pick(
            [
                f"{name}[1:] += {w.factor(1)} * {name}[:-1]",
                f"{name}[:-1] -= {draw.number()} * {name}[1:]",
                f"{name}[1:] = {name}[:-1]",
                f"{name}[0] = {w.tame(1)}",
                f"{name} *= {b}",
                f"{name}[:2] = {a.name}[1:3]",
                f"{name} = {name}[::-1]",
                f"{name} = {name} / (1.0 + np.abs({name}).sum())",
                f"{name} -= {name}[0]",
            ]
        )
    )
    w.release(name)


@idiom
def work_argument(w: Writer) -> None:
    """A work array that the caller gives: written before it is read."""
    if "work" not in w.kinds or w.depth > 1:
        return work_array(w)
    work = Array("work", (6,))
    i = w.index(0, 5)
    if w.draw.chance(0.5):
        w.line("work[:] = 0.0")
    with w.loop(f"for {i.name} in range(work.size):", i):
        w.line(f"work[{i.name}] = {w.tame()}")
    w.define(work)
    return None


@idiom
def pair_distances(w: Writer) -> None:
    """Distances of all pairs, the one of an element to itself among them, which has no derivative."""
    draw, a, s = w.draw, w.vector(), start(w, w.name("s", "energy"), "0.0")
    i, near = w.index(0, a.length - 1), w.name("near", "dmin")
    w.keep(s, near)
    with w.loop(f"for {i.name} in range({w.size(a)}):", i):
        if draw.chance(0.5):
            w.line(f"{near} = np.inf")
        else:
            w.line(f"{near} = {draw.number(2.0, 4.0)}")
        j, d = w.index(0, a.length - 1), w.name("dist", "r")
        with w.loop(f"for {j.name} in range({w.size(a)}):", j):
            w.line(f"{d} = np.sqrt(({a.name}[{i.name}] - {a.name}[{j.name}]) ** 2)")
            if draw.chance(0.4):
                w.line(f"{s} += 0.3 * {d}")
            with w.block(
                f"if {draw.pick([f'{d} > 0.0 and {d} < {near}', f'{i.name} != {j.name} and {d} < {near}'])}:"
            ):
                w.line(f"{near} = {d}")
                w.body(1)
        w.line(f"{s} += {draw.pick([near, f'{near} * {near}', f'np.tanh({near}) * {w.factor(1)}'])}")


@idiom
def ragged_rows(w: Writer) -> None:
    """Rows of different lengths behind one another, as in a sparse matrix: where the next begins is carried."""
    draw, a, s = w.draw, w.vector(3), start(w, w.name("s", "dotp"), "0.0")
    p, i = w.name("ptr", "off", "base_", kind="int"), w.index(0, COUNTS - 1)
    w.line(f"{p} = {draw.below(2)}")
    w.keep(s, p)
    counts = w.kinds.get("k") == "counts"
    with w.loop(f"for {i.name} in range({COUNTS}):", i):
        by = draw.pick([f"{i.name} + 1", f"4 - {i.name}", "2", "1", *[f"k[{i.name}]"] * counts])
        row = start(w, w.name("row", "part"), "0.0")
        j = w.index(0, 1)
        w.keep(row)
        with w.loop(f"for {j.name} in range({draw.pick([by, '2'])}):", Int(j.name, 0, MOST)):
            w.line(f"{row} += {a.name}[({p} + {j.name}) % {w.size(a)}] * {w.factor(1)}")
            w.body(1)
        w.line(f"{p} += {by}")
        w.line(
            f"{s} = {draw.pick([f'np.sin({s} + {row})', f'{s} + {row} * {row}', f'0.6 * {s} + {a.name}[{p} % {w.size(a)}] * {row}'])}"
        )
        w.body(1)


@idiom
def lists(w: Writer) -> None:
    """A list of numbers that grows."""
    if w.draw.chance(0.7):
        return work_array(w)
    name, s = w.name("found", "stack", kind="list"), w.name("s", "acc")
    w.line(f"{name} = [{w.tame(1)}]")
    with w.some_loop() as (_, _, v, _), w.block(f"if {w.cond()}:"):
        w.line(f"{name}.append({v})")
    start(w, s, "0.0")
    with w.loop(f"for v_ in {name}:", "v_"):
        w.line(f"{s} += np.sin(v_)")
    return None


@idiom
def tuples(w: Writer) -> None:
    """A pair that goes through a loop."""
    draw, p = w.draw, w.name("pair", "state2", kind="pair")
    w.line(f"{p} = ({w.tame(1)}, {w.tame(1)})")
    w.keep(p)
    with w.some_loop() as (_, _, v, _):
        w.line(
            f"{p} = {draw.pick([f'({p}[1], np.sin({p}[0] + {v}))', f'(0.5 * {p}[0] + {v}, {p}[0])', f'({p}[1], {p}[0])'])}"
        )
        if draw.chance(0.3):
            with w.block(f"if {w.cond()}:"):
                w.line(f"{p} = ({w.tame(1)}, {p}[0])")
        w.body(1)
    a, b = w.name("a", "re"), w.name("b", "im")
    w.line(f"{a}, {b} = {p}" if a != b else f"{a} = {p}[0]")
    w.define(a)
    w.release(p)
