"""Idioms of functions: helpers and theirs, views that they return, functions as arguments, closures."""

from __future__ import annotations

from tests.idioms.control import IDIOMS as CONTROL
from tests.idioms.control import start
from tests.idioms.storage import filled
from tests.idioms.writer import Array, Idiom, Int, Writer

IDIOMS: list[Idiom] = []


def idiom(function: Idiom) -> Idiom:
    IDIOMS.append(function)
    return function


WINDOW = """
@njit
def NAME(a, start, width):
    return a[start : start + width]
"""

TAIL = """
@njit
def NAME(a):
    if a.size > 4:
        return a[2:]
    return a[1:]
"""

EITHER = """
@njit
def NAME(a, b, first):
    if first:
        return a
    return b
"""

PUSH = """
@njit
def NAME(a, v):
    out = a[0]
    for i in range(a.size - 1):
        a[i] = a[i + 1]
    a[a.size - 1] = v
    return out
"""

RELAX = """
@njit
def NAME(a, rate):
    change = 0.0
    for i in range(a.size):
        new = (1.0 - rate) * a[i] + rate * np.sin(a[i - 1])
        change = max(change, abs(new - a[i]))
        a[i] = new
    return change
"""

EXCHANGE = """
@njit
def NAME(a, i, j):
    tmp = a[i]
    a[i] = a[j]
    a[j] = tmp
"""

SIFT = """
@njit
def NAME(heap, elt):
    while elt * 2 + 1 < heap.shape[0]:
        child = elt * 2 + 1
        swap = elt
        if heap[swap] < heap[child]:
            swap = child
        if child + 1 < heap.shape[0] and heap[swap] < heap[child + 1]:
            swap = child + 1
        if swap == elt:
            break
        heap[elt], heap[swap] = heap[swap], heap[elt]
        elt = swap
"""

FIND = """
@njit
def NAME(a, v):
    for i in range(a.size):
        if a[i] > v:
            return i
    return -1
"""

CLIP = """
@njit
def NAME(v, low, high):
    if v < low:
        return low
    if v > high:
        return high + 0.1 * (v - high)
    return v
"""

HORNER = """
@njit
def NAME(c, v):
    p = 0.0
    for i in range(len(c) - 1, -1, -1):
        p = p * 0.5 * v + c[i]
    return p
"""

POWER = """
@njit
def NAME(v, n):
    if n == 0:
        return 1.0
    if n % 2 == 1:
        return v * NAME(v, n - 1)
    half = NAME(v, n // 2)
    return half * half
"""

MOMENTS = """
@njit
def NAME(a):
    m = 0.0
    s = 0.0
    for i in range(len(a)):
        if i == 0:
            shift = a[0]
        d = a[i] - shift
        m += d
        s += d * d
    m /= len(a)
    return m + shift, s / len(a) - m * m
"""

NEWTON = """
@njit
def NAME(f, p0, target):
    for it in range(8):
        r = f(p0) - target
        if abs(r) < 1e-3:
            p = p0
            break
        p = p0 - 0.5 * r
        if abs(p - p0) < 1e-2:
            break
        p0 = p
    return p
"""

BISECT = """
@njit
def NAME(f, a, b, target):
    fa = f(a) - target
    while True:
        mid = 0.5 * (a + b)
        fm = f(mid) - target
        if b - a < 0.1:
            return mid + 0.1 * fm
        if fm * fa > 0.0:
            a = mid
            fa = fm
        else:
            b = mid
"""

GAIN = """
@njit
def NAME(v):
    return v + 0.3 * np.sin(v)
"""

APPLY = """
@njit
def NAME(f, a):
    best = f(a[0])
    for i in range(1, a.size):
        fi = f(a[i])
        if fi > best:
            best = fi
    return best
"""

ROW = """
@njit
def NAME(m, i):
    if i < 0:
        i += m.shape[0]
    return m[i]
"""


@idiom
def window_of_an_array(w: Writer) -> None:
    """Views that a helper returns, taken by another helper, written by the caller."""
    draw, a = w.draw, filled(w)
    name, window = w.name("win", "seg_", kind="vector"), w.helper("window", WINDOW)
    n, i = 2 + draw.below(a.length - 2), 0
    i = draw.below(a.length - n + 1)
    if draw.chance(0.5):
        tail = w.helper("tail", TAIL)
        n = a.length - (2 if a.length > 4 else 1)
        w.line(f"{name} = {tail}({a.name})")
        if draw.chance(0.5) and n > 2:
            inner = w.helper(
                "inner", f"\n@njit\ndef NAME(a, width):\n    return {window}({tail}(a), 0, width)\n"
            )
            w.line(f"{name} = {inner}({a.name}, {n - 1})")
            n -= 1
    else:
        w.line(f"{name} = {window}({a.name}, {i}, {n})")
    v = Array(name, (n,))
    w.define(v)
    w.keep(name, a.name)
    with w.some_loop():
        w.line(f"{w.element(v)} {draw.pick(['=', '+=', '*='])} {w.tame(1)}")
        w.line(f"{w.element(a)} += 0.5 * {w.element(v)}")
        w.body(1)
    w.release(name, a.name)


@idiom
def window_in_a_loop(w: Writer) -> None:
    draw, a, s = w.draw, w.vector(4), start(w, w.name("s", "acc"), "0.0")
    n, window, v = 2 + w.draw.below(2), w.helper("window", WINDOW), w.name("win", kind="vector")
    i = w.index(0, a.length - n)
    w.keep(s, v)
    with w.loop(f"for {i.name} in range({w.size(a)} - {n} + 1):", i):
        w.line(f"{v} = {window}({a.name}, {i.name}, {n})")
        w.define(Array(v, (n,)))
        if a.name not in w.read_only and draw.chance(0.6):
            w.line(f"{v}[{draw.below(n)}] {draw.pick(['=', '+='])} {w.tame(1)}")
        w.line(f"{s} += {draw.pick([f'np.dot({v}, {v})', f'{v}.sum()', f'{v}[0] * {v}[-1]'])}")
        w.body(1)


@idiom
def one_of_two_arrays(w: Writer) -> None:
    draw, a = w.draw, filled(w)
    b = filled(w, "other", "alt", length=a.length)
    name, either = w.name("chosen", "target", kind="vector"), w.helper("either", EITHER)
    w.keep(a.name, b.name, name)
    w.line(f"{name} = {either}({a.name}, {b.name}, {w.cond()})")
    v = Array(name, (a.length,))
    w.define(v)
    with w.some_loop():
        w.line(f"{w.element(v)} {draw.pick(['=', '+=', '-='])} {w.tame(1)}")
        if draw.chance(0.5):
            w.line(f"{name} = {either}({a.name}, {b.name}, {w.cond()})")
        w.body(1)
    w.release(a.name, b.name, name)


@idiom
def helpers_that_write(w: Writer) -> None:
    """A helper changes its argument; what it returns was read before."""
    draw, a = w.draw, filled(w)
    out = start(w, w.name("out", "lost"), "0.0")
    w.keep(a.name, out)
    with w.some_loop() as (_, _, v, _):
        kind = draw.below(3)
        if kind == 0:
            push = w.helper("push", PUSH)
            call = f"{push}({a.name}, {draw.pick([v, w.tame(1)])})"
            w.line(
                f"{out} += {call} * {w.factor(1)}" if draw.chance(0.4) else f"{w.element(a)} += 0.5 * {call}"
            )
        elif kind == 1:
            exchange = w.helper("exchange", EXCHANGE)
            w.line(f"{exchange}({a.name}, {w.at(a.length)}, {w.at(a.length)})")
        else:
            sift = w.helper("sift", SIFT)
            w.line(f"{a.name}[0] = {v}")
            w.line(f"{sift}({a.name}, 0)")
            w.line(f"{out} = 0.5 * {out} + {a.name}[0]")
        w.body(1)
    w.release(a.name)


@idiom
def while_it_changes(w: Writer) -> None:
    """A helper changes an array and says by how much; the loop goes on while that is much."""
    draw, a = w.draw, filled(w)
    n, push = w.name("rounds", "sweep", kind="int"), w.helper("relax", RELAX)
    w.line(f"{n} = 0")
    w.keep(a.name, n)
    with w.loop(
        f"while {n} < {2 + draw.below(4)} and {push}({a.name}, {draw.number(0.2, 0.7)}) > {draw.number(0.1, 0.4)}:"
    ):
        w.line(f"{n} += 1")
        w.line(f"{w.element(a)} {draw.pick(['=', '+='])} {w.tame(1)}")
        w.body(1)
    w.release(a.name)


@idiom
def search_helper(w: Writer) -> None:
    draw, a = w.draw, w.vector()
    p, find = w.name("where", "pos", kind="int"), w.helper("find", FIND)
    s = start(w, w.name("s", "found_"), w.atom())
    w.line(f"{p} = {find}({a.name}, {w.tame(1)})")
    with w.block(f"if {p} >= 0:"):
        w.line(f"{s} = {a.name}[{p}] * {w.factor(1)}")
        w.body(1)
    with w.block(draw.pick(["else:", f"elif {w.cond()}:"])):
        w.line(f"{s} -= {w.tame(1)}")


@idiom
def scalar_helpers(w: Writer) -> None:
    draw = w.draw
    s = start(w, w.name("s", "val"), "0.0")
    w.keep(s)
    with w.some_loop() as (array, i, v, _):
        kind = draw.below(4)
        if kind == 0:
            w.line(f"{s} += {w.helper('clip', CLIP)}({v}, -0.4, {draw.number()})")
        elif kind == 1:
            w.line(
                f"{s} += {w.helper('power', POWER)}(0.5 * {v}, {i.name if i and i.low >= 0 else draw.below(5)})"
            )
        elif kind == 2:
            w.line(f"{s} = 0.5 * {s} + np.tanh({w.helper('horner', HORNER)}({array.name}, np.tanh({v})))")
        else:
            m, q = w.name("mean", "mu"), w.name("var", "q")
            w.line(f"{m}, {q} = {w.helper('moments', MOMENTS)}({array.name})")
            w.define(m, q)
            w.line(f"{s} += ({v} - {m}) / np.sqrt(1.0 + {q})")
        w.body(1)


@idiom
def solver_with_a_function(w: Writer) -> None:
    """A function is an argument of another."""
    draw = w.draw
    root, gain = w.name("root", "sol"), w.helper("gain", GAIN)
    kind = draw.below(3)
    if kind == 0:
        w.line(f"{root} = {w.helper('newton', NEWTON)}({gain}, {w.tame(1)}, {w.tame(1)})")
    elif kind == 1:
        w.line(f"{root} = {w.helper('bisect', BISECT)}({gain}, -2.0, 2.0 + 0.1 * {w.factor(1)}, {w.tame(1)})")
    else:
        w.line(f"{root} = {w.helper('apply', APPLY)}({gain}, {w.vector().name})")
    w.define(root)


@idiom
def closure(w: Writer) -> None:
    """A function inside of the function, which reads what is around it."""
    draw = w.draw
    f = w.name("inner", "fn", "kernel", kind="function")
    if w.depth > 1 or any(
        " = lambda" in line or "def " in line
        for line in w.lines
        if line.strip().startswith((f"{f} ", f"def {f}("))
    ):
        return scalar_helpers(w)
    around = [name for name in w.scope.floats if name not in ("x", "v_")] or ["y"]
    c, a = draw.pick(around), w.vector()
    kind = draw.below(3)
    if kind == 0:
        w.line(f"{f} = lambda q_: np.sin(q_ * {draw.number()}) + {c} * q_")
    elif kind == 1:
        w.line(f"def {f}(q_):")
        w.line("    if q_ > 0.3:")
        w.line(f"        return q_ * {a.name}[0]")
        w.line(f"    return np.tanh(q_ + {c})")
    else:
        w.line(f"def {f}(q_):")
        w.line("    r_ = 0.0")
        w.line(f"    for j_ in range({w.size(a)}):")
        w.line(f"        if {a.name}[j_] > {c}:")
        w.line("            r_ = 0.5 * r_")
        w.line(f"        r_ += q_ * {a.name}[j_]")
        w.line("    return np.tanh(r_)")
    w.line("")
    s = start(w, w.name("s", "acc"), "0.0")
    w.keep(s, c, a.name, f)
    with w.some_loop() as (_, _, v, _):
        w.line(f"{s} += {f}({draw.pick([v, w.tame(1)])})")
        w.body(1)
    w.release(s, c, a.name)
    return None


@idiom
def helper_of_its_own(w: Writer) -> None:
    """A helper with idioms in it."""
    draw = w.draw
    if len(w.helpers) > 4 or "part" in w.tag:
        return search_helper(w)
    name = f"part{len(w.helpers)}_{w.tag}"
    inner = Writer(draw, f"part{len(w.helpers)}_{w.tag}", w.helpers, CONTROL)
    inner.budget = 14
    inner.kinds = {"a": "vector", "c": "float", "i0": "int", "np": "module"}
    inner.define(Array("a", (3,)), "c", Int("i0", 0, 2))
    inner.keep("a", "i0")
    writes = draw.chance(0.5)
    if not writes:
        inner.read_only.add("a")
    inner.used.append("helper")
    draw.pick(CONTROL)(inner)
    if draw.chance(0.4):
        draw.pick(CONTROL)(inner)
    inner.statements(1)
    result = " + ".join(inner.scope.floats[-3:])
    text = ["@njit", f"def {name}(a, c, i0):", *inner.lines, f"    return np.tanh({result} + a[2])"]
    w.helpers[name] = "\n".join(text)
    s = start(w, w.name("s", "acc"), "0.0")
    a = [v for v in w.scope.vectors if v.length >= 3 and not (writes and v.name in w.read_only)] or [
        filled(w, length=3)
    ]
    w.keep(s)
    with w.some_loop() as (_, i, v, _):
        v3 = draw.pick(a)
        places = [i.name] if i and i.low >= 0 and i.high <= 2 else []
        offset = draw.below(v3.length - 2)
        w.line(
            f"{s} += {name}({v3.name}[{offset or ''}:{offset + 3}], {draw.pick([v, w.tame(1)])}, {draw.pick([*places, '0', '2'])})"
        )
        w.body(1)
    return None
