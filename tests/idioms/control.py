"""Idioms of scalars and control flow."""

from __future__ import annotations

from tests.idioms.writer import COUNTS, MOST, Idiom, Int, Writer

IDIOMS: list[Idiom] = []


def idiom(function: Idiom) -> Idiom:
    IDIOMS.append(function)
    return function


def start(w: Writer, name: str, value: str = "") -> str:
    """An accumulator's first line; often the integer 0, which later becomes a float."""
    w.line(f"{name} = {value or w.draw.pick(['0.0', '0.0', '0', '1.0', w.expr(1)])}")
    w.define(name)
    return name


# First assigned on one path


@idiom
def assigned_in_the_first_iteration(w: Writer) -> None:
    s = start(w, w.name("s", "total", "acc"))
    w.keep(s)
    with w.some_loop(indexed=True) as (_, _i, v, first):
        a = w.name("y0", "base", "ref", "c")
        w.keep(a)
        with w.block(f"if {w.draw.pick([first, first, f'{first} or {w.cond()}'])}:"):
            with w.no_exits():
                w.body(1) if w.draw.chance(0.3) else None
            w.line(f"{a} = {w.tame()}")
            w.line("continue") if w.draw.chance(0.2) else None
        w.define(a)
        if w.draw.chance(0.3):
            with w.block(f"elif {w.cond()}:"):
                w.line(f"{a} = {w.draw.pick([f'0.5 * {a}', w.tame(1), f'{a} + {v}'])}")
        w.line(f"{s} += {w.draw.pick([f'{a} * {v}', a, f'{a} * {a}', f'np.sin({a}) * {w.factor(1)}'])}")
        w.release(a)
        w.body()


@idiom
def previous_element(w: Writer) -> None:
    """`prev` is assigned at an iteration's end and read in the next, where it is not the first."""
    draw = w.draw
    s = start(w, w.name("s", "length", "tv"))
    prev = w.name("prev", "last", "old")
    w.keep(s, prev)
    known = draw.chance(0.5)
    if known:
        w.line(f"{prev} = {draw.pick(['0.0', 'np.nan', w.atom()])}")
    with w.some_loop(indexed=True) as (_, _, v, first):
        use = draw.pick([f"({v} - {prev}) ** 2", f"{prev} * {v}", f"abs({v} - {prev})", f"np.sin({prev})"])
        if known:
            with w.block(f"if {draw.pick([first.replace('==', '!='), f'{prev} == {prev}'])}:"):
                w.line(f"{s} += {use}")
                w.body(1) if draw.chance(0.3) else None
        else:
            # Numba wants an assignment above, on whatever path.
            with w.block(f"if {first}:"):
                w.line(f"{prev} = {v}")
                w.line("continue") if draw.chance(0.3) else None
            with w.block(draw.pick(["else:", f"elif {w.cond()}:"])):
                w.line(f"{s} += {use}")
        with w.no_exits():
            w.body(1)
        w.line(f"{prev} = {draw.pick([v, v, w.tame(1)])}")


@idiom
def flag_for_the_first(w: Writer) -> None:
    s, first, a = (
        start(w, w.name("s", "acc")),
        w.name("first", "started", kind="bool"),
        w.name("x0", "init", "level"),
    )
    up = w.draw.chance(0.5)
    w.line(f"{first} = {up}")
    w.keep(s, first, a)
    with w.some_loop() as (_, _, v, _):
        guard = w.cond() if w.draw.chance(0.4) else ""
        with w.no_exits():
            w.body(1)
        test = first if up else f"not {first}"
        with w.block(f"if {test} and {guard}:" if guard else f"if {test}:"):
            w.line(f"{a} = {w.draw.pick([v, f'{v} * {v}', w.tame(1)])}")
            w.line(f"{first} = {not up}")
        if guard:
            with w.block(f"if not {first}:" if up else f"if {first}:"):
                w.line(f"{s} += {a} * {w.factor(1)}")
        else:
            w.line(f"{s} = 0.5 * {s} + {a} * {v}")
            w.define(a)
        w.body(1)
    w.scope.flags.append(first)


@idiom
def best_so_far(w: Writer) -> None:
    """A sentinel, the place of the best and something assigned with it."""
    draw, down = w.draw, w.draw.chance(0.5)
    best, where = w.name("best", "fmin", "top"), w.name("where", "idx", "arg", kind="int")
    w.line(f"{best} = {'np.inf' if down else '-np.inf'}")
    w.line(f"{where} = -1")
    w.keep(best, where)
    carry = w.name("carry", "xbest", "par") if draw.chance(0.7) else ""
    w.keep(carry)
    with w.some_loop(indexed=True) as (a, i, v, _):
        with w.no_exits():
            w.body(1)
        cost = w.name("cost", "cand", "e")
        w.line(f"{cost} = {draw.pick([v, f'({v} - {w.atom()}) ** 2', w.tame()])}")
        w.define(cost)
        with w.block(f"if {cost} {'<' if down else '>'} {best}:"):
            w.line(f"{best} = {cost}")
            w.line(f"{where} = {i.name}")
            if carry:
                w.line(f"{carry} = {w.tame(1)}")
            if draw.chance(0.2):
                w.line("continue")
        length = a.length
    with w.block(f"if {where} >= 0:"):
        w.define(best, Int(where, 0, length - 1))
        s = start(w, w.name("out", "s"), f"{best} + {a.name}[{where}]" + (f" * {carry}" if carry else ""))
        w.keep(s)
        w.body(1)
    if draw.chance(0.6):
        with w.block("else:"):
            w.line(f"{s} = {w.tame(1)}")
        w.define(s)
        w.release(s)


@idiom
def states(w: Writer) -> None:
    """A state machine; what one state assigns is read in another."""
    draw = w.draw
    state, n = w.name("state", "mode", kind="int"), 2 + draw.below(2)
    acc, level = start(w, w.name("acc", "out")), w.name("level", "lo", "ref")
    w.line(f"{state} = 0")
    w.keep(state, acc, level)
    known = draw.chance(0.4)
    if known:
        w.line(f"{level} = {w.tame(1)}")
        w.define(level)
    with w.some_loop() as (_, _, v, _):
        for q in range(n):
            with w.block(f"{'if' if q == 0 else 'elif'} {state} == {q}:"):
                if q:
                    w.define(level)
                    w.line(f"{acc} += {draw.pick([f'{level} * {v}', f'({v} - {level}) ** 2', level])}")
                if q == 0 or draw.chance(0.4):
                    w.line(f"{level} = {draw.pick([v, w.tame(1)])}")
                    w.define(level)
                with w.no_exits():
                    w.body(1)
                nexts = [p for p in range(n) if p != q]
                if draw.chance(0.6) and q:
                    with w.block(f"if {w.cond()}:"):
                        w.line(f"{state} = {draw.pick(nexts)}")
                else:
                    w.line(f"{state} = {draw.pick(nexts)}")
        with w.block("else:"):
            w.line(f"{acc} -= {w.tame(1)}")
            w.line(f"{state} = 0")
    w.scope.ints.append(Int(state, 0, n - 1))


# Accumulators


@idiom
def segments(w: Writer) -> None:
    """A sum that is reset under a condition, and what is left of it at the end."""
    draw = w.draw
    run, total = (
        start(w, w.name("run", "seg", "acc"), draw.pick(["0.0", "0"])),
        start(w, w.name("total", "energy"), "0.0"),
    )
    count = w.name("count", "cnt", kind="int")
    w.line(f"{count} = 0")
    w.keep(run, total, count)
    with w.some_loop() as (_, _, v, _):
        with w.block(
            f"if {draw.pick([f'{v} > {draw.signed()}', w.cond(), f'{count} == {1 + draw.below(2)}'])}:"
        ):
            w.line(f"{total} += {draw.pick([f'{run} ** 2', f'{run} * {v}', f'{run} / ({count} + 1)'])}")
            w.line(f"{run} = {draw.pick(['0.0', '0.0', v])}")
            w.line(f"{count} = 0")
            w.line("continue") if draw.chance(0.3) else None
        w.line(f"{run} += {draw.pick([v, w.tame(1)])}")
        w.line(f"{count} += 1")
        w.body(1)
    if draw.chance(0.7):
        with w.block(f"if {count} > 0:"):
            w.line(f"{total} += {run} * {draw.number()}")


@idiom
def product_and_sum(w: Writer) -> None:
    p, s = start(w, w.name("p", "prod"), "1.0"), start(w, w.name("s", "acc"), "0.0")
    w.keep(p, s)
    with w.some_loop() as (_, _, v, _):
        w.line(f"{p} *= {w.draw.pick([f'1.0 + 0.3 * np.sin({v})', f'np.cos({v})', f'0.5 * ({v} + 1.0)'])}")
        if w.draw.chance(0.4):
            with w.block(f"if {w.cond()}:"):
                w.line(f"{p} = {w.draw.pick(['1.0', '0.5', w.tame(1)])}")
        w.line(f"{s} += {p} * {w.factor(1)}")
        w.body(1)


@idiom
def mean_and_variance(w: Writer) -> None:
    """Welford's update: the old mean and the new one in one line."""
    mean, m2, n = (
        start(w, w.name("mean", "mu"), "0.0"),
        start(w, w.name("m2", "var"), "0.0"),
        w.name("count", "num", kind="int"),
    )
    w.line(f"{n} = 0")
    w.keep(mean, m2, n)
    with w.some_loop() as (_, _, v, _):
        delta = w.name("delta", "diff")
        w.line(f"{n} += 1")
        w.line(f"{delta} = {v} - {mean}")
        w.line(f"{mean} += {delta} / {n}")
        w.line(f"{m2} += {delta} * ({v} - {mean})")
        w.define(delta)
        w.body(1)
    with w.block(f"if {n} > 1:"):
        w.line(f"{m2} /= {n} - 1")


@idiom
def running_extremes(w: Writer) -> None:
    lo, hi = w.name("lo", "xmin"), w.name("hi", "xmax")
    a = w.vector()
    w.line(f"{lo} = {hi} = {a.name}[0]" if w.draw.chance(0.5) else f"{lo}, {hi} = {a.name}[0], {a.name}[0]")
    w.keep(lo, hi)
    with w.some_loop() as (_, _, v, _):
        if w.draw.chance(0.5):
            with w.block(f"if {v} < {lo}:"):
                w.line(f"{lo} = {v}")
            with w.block(f"elif {v} > {hi}:"):
                w.line(f"{hi} = {v}")
        else:
            w.line(f"{lo} = min({lo}, {v})")
            w.line(f"{hi} = max({v}, {hi})")
        w.body(1)
    w.define(lo, hi)


# Swaps and reuse


@idiom
def fibonacci_like(w: Writer) -> None:
    a, b = start(w, w.name("a", "p0"), w.tame(1)), start(w, w.name("b", "p1"), w.tame(1))
    with w.some_loop() as (_, _, v, _):
        c, d = w.draw.number(0.1, 0.6), w.draw.number(0.1, 0.6)
        w.line(f"{a}, {b} = {b}, {c} * {a} + {d} * {b}" + w.draw.pick(["", f" * {v}", f" + 0.2 * {v}"]))
        w.body()


@idiom
def three_points(w: Writer) -> None:
    """The rotation of points in a bracketing root finder."""
    pre, cur, blk = w.name("xpre", "fulc"), w.name("xcur", "nfc"), w.name("xblk", "xf")
    for name in (pre, cur):
        start(w, name, w.tame(1))
    if w.draw.chance(0.5):
        start(w, blk, "0.0")
    else:
        w.line(f"{blk} = {pre}")
        w.define(blk)
    w.keep(pre, cur, blk)
    with w.some_loop() as (_, _, v, _):
        with w.block(
            f"if {w.draw.pick([f'abs({blk}) < abs({cur})', f'{pre} * {cur} < 0.0', f'{cur} > {v}'])}:"
        ):
            w.line(f"{pre} = {cur}")
            w.line(f"{cur} = {blk}")
            w.line(f"{blk} = {pre}")
        w.line(f"{pre} = {cur}")
        w.line(
            f"{cur} = {w.draw.pick([f'np.sin({cur} + {v})', f'0.5 * ({blk} + {v})', f'np.tanh({blk} * {v} - {cur})'])}"
        )
        w.body(1)
    w.release(pre, cur, blk)


@idiom
def reused_names(w: Writer) -> None:
    """One name for a number, an array and a number again; the index behind its loop."""
    if w.depth > 1:  # a name has one type around a loop
        return fibonacci_like(w)
    draw, a = w.draw, w.vector()
    d = w.name("diff", "dd", "z", kind="other")
    w.line(f"{d} = {a.name} - {draw.pick([w.tame(1), f'np.mean({a.name})'])}")
    w.line(f"{d} = np.sum({d} * {d})")
    out = start(w, w.name("out", "dist"), f"np.sqrt({draw.number()} + {d})")
    w.line(f"{d} = {out} * {w.factor(1)}")
    w.line(f"{out} = {out} - np.tanh({d})")
    if draw.chance(0.6):
        i = w.index(0, a.length - 1)
        w.keep(out)
        with w.loop(f"for {i.name} in range({w.size(a)}):", i):
            w.line(f"{out} += {a.name}[{i.name}] * {w.factor(1)}")
            with w.block(f"if {w.cond()}:"):
                w.line("break")
        w.line(f"{out} += {i.name} * {a.name}[{i.name}]")
        w.release(out)


@idiom
def argument_renamed(w: Writer) -> None:
    """An argument gets another value under its name."""
    if w.depth > 1 or "x" in w.kept or "x" not in w.kinds:
        return reused_names(w)
    w.line(
        w.draw.pick(
            ["x = x * 0.5", "x = np.tanh(x)", "x = x + y", "x = x.copy()", "x = x[::-1]", "x = np.sort(x)"]
        )
    )
    if w.draw.chance(0.4):
        w.line(f"y = {w.tame(1)}")


# While loops with several exits


@idiom
def iterate_to_tolerance(w: Writer) -> None:
    """A fixed point or Newton iteration with a limit on its iterations and more than one way out."""
    draw = w.draw
    v, n = start(w, w.name("p", "root", "z"), w.tame(1)), w.name("it", "num", "count", kind="int")
    w.line(f"{n} = 0")
    w.keep(v, n)
    most = 3 + draw.below(5)
    step = w.name("step", "dx", "fval")
    head = draw.pick(["while True:", f"while {n} < {most}:", f"while {n} < {most} and abs({v}) < 2.0:"])
    c, e = draw.number(), w.expr(1)
    with w.loop(head):
        w.loops[-1] = "while"
        w.line(
            f"{step} = {draw.pick([f'0.5 * np.cos({v}) - {c} * {v}', f'np.tanh({e}) - {v}', f'-({v} - {c}) / (2.0 + {v} * {v})'])}"
        )
        w.define(step)
        w.keep(step)
        with w.block(f"if abs({step}) < {draw.pick(['1e-3', '0.05', '0.2'])}:"):
            if draw.chance(0.5):
                w.line(f"{v} += {step}")
            w.line("break")
        old = w.name("old", "p0")
        if draw.chance(0.4):
            w.line(f"{old} = {v}")
            w.line(f"{v} = {v} + 0.7 * {step}")
            with w.block(f"if {v} * {old} < 0.0:"):
                w.line(f"{v} = 0.5 * {old}")
                w.line("break") if draw.chance(0.5) else None
        else:
            w.line(f"{v} += {draw.pick(['0.5', '0.8'])} * {step}")
        w.line(f"{n} += 1")
        if head == "while True:":
            with w.block(f"if {n} >= {most}:"):
                w.line("break")
        w.body(1)
    if head != "while True:" and draw.chance(0.5):
        with w.block("else:"):
            w.line(f"{v} = {v} * {draw.number()}")
    w.line(f"{v} = {v} / ({n} + 1)") if draw.chance(0.4) else None
    w.scope.ints.append(Int(n, 0, most))


@idiom
def root_kept_from_the_loop(w: Writer) -> None:
    """`p` first gets a value inside the loop, on several ways out, and is read behind it."""
    draw = w.draw
    p0, p, f = start(w, w.name("p0", "guess"), w.tame(1)), w.name("p", "sol"), w.name("fval", "g")
    i, n = w.index(0, 5), 2 + draw.below(4)
    w.keep(p0, p, f)
    with w.loop(f"for {i.name} in range({n}):", i):
        w.line(
            f"{f} = {draw.pick([f'{p0} - np.cos({p0})', f'{p0} ** 3 + {p0} - {w.atom()}', f'np.sin({p0}) - {draw.number(0.1, 0.8)}'])}"
        )
        w.define(f)
        with w.block(f"if {draw.pick([f'abs({f}) < 0.1', f'{f} > {draw.number()}', w.cond()])}:"):
            w.line(f"{p} = {draw.pick([p0, f'{p0} + {f}'])}")
            w.line("break")
        w.line(f"{p} = {p0} - {f} / (2.0 + {f} * {f})")
        w.define(p)
        if draw.chance(0.6):
            with w.block(f"if abs({p} - {p0}) < {draw.pick(['0.01', '0.1'])}:"):
                w.line("break")
        w.line(f"{p0} = {p}")
        w.body(1)
    if draw.chance(0.3):
        with w.block("else:"):
            w.line(f"{p} = {p} * 0.5 + {w.tame(1)}")
    w.define(p)
    w.release(p0, p, f)


@idiom
def scan_until(w: Writer) -> None:
    """Walk an array until something is found; what was found in between is kept."""
    draw, a = w.draw, w.vector()
    i, s = w.name("pos", "ptr", kind="int"), start(w, w.name("s", "sofar"), "0.0")
    w.line(f"{i} = {draw.pick(['0', '0', '1'])}")
    w.keep(i, s)
    kept = w.name("keep", "mark", "y0")
    w.keep(kept)
    seen = draw.chance(0.5)
    if not seen:
        start(w, kept, w.atom())
    with w.loop(f"while {i} < {w.size(a)}:"):
        w.define(Int(i, 0, a.length - 1))
        e = f"{a.name}[{i}]"
        if seen:
            with w.block(f"if {i} <= 1:"):
                w.line(f"{kept} = {w.tame(1)}")
            w.define(kept)
        else:
            with w.block(f"if {w.cond()}:"):
                w.line(f"{kept} = {e}")
        w.line(f"{s} += {kept} * {e}")
        with w.block(f"if {draw.pick([f'{e} > {draw.number(0.8, 1.4)}', w.cond(), f'{s} > 2.0'])}:"):
            w.line(draw.pick(["break", f"{s} *= 0.5"]))
        w.body(1)
        w.line(f"{i} += {draw.pick(['1', '1', '2'])}")
    w.release(kept)


@idiom
def converging_ends(w: Writer) -> None:
    """Two indices that meet."""
    draw, a = w.draw, w.vector(3)
    lo, hi, s = (
        w.name("left", "lo", kind="int"),
        w.name("right", "hi", kind="int"),
        start(w, w.name("s", "area"), "0.0"),
    )
    w.line(f"{lo}, {hi} = 0, {w.size(a)} - 1")
    w.keep(lo, hi, s)
    edge = w.name("edge", "peak")
    w.keep(edge)
    with w.loop(f"while {lo} < {hi}:"):
        w.define(Int(lo, 0, a.length - 1), Int(hi, 0, a.length - 1))
        with w.block(f"if {a.name}[{lo}] < {a.name}[{hi}]:"):
            w.line(f"{edge} = {a.name}[{lo}]")
            w.line(f"{lo} += 1")
        with w.block("else:"):
            w.line(f"{edge} = {draw.pick([f'{a.name}[{hi}]', f'0.5 * {a.name}[{hi}]'])}")
            w.line(f"{hi} -= 1")
        w.define(edge)
        w.line(f"{s} = {draw.pick([f'max({s}, {edge} * ({hi} - {lo} + 1))', f'{s} + {edge} * {edge}'])}")
        w.body(1)
    w.release(edge)


# Trips


@idiom
def counted_by_data(w: Writer) -> None:
    """Loops that may have no iteration, and a value that only an iteration assigns."""
    draw = w.draw
    s, v = start(w, w.name("s", "heat")), w.name("v", "state_", "q")
    w.line(f"{v} = {w.tame(1)}")
    w.define(v)
    w.keep(s)
    i = w.index(0, MOST - 1)
    count = f"k[{draw.below(COUNTS)}]" if w.kinds.get("k") == "counts" else str(draw.below(3))
    with w.loop(f"for {i.name} in range({count}):", i):
        w.line(f"{v} = {draw.pick([f'np.sin({v} + {i.name})', f'0.5 * {v} + {w.atom()}', w.tame(1)])}")
        w.line(f"{s} += {v} * {w.factor(1)}")
        j = w.index(0, MOST - 1)
        with w.loop(
            f"for {j.name} in range({i.name}{draw.pick(['', ' - 1', ', 2'])}):", Int(j.name, 0, MOST - 1)
        ):
            w.line(f"{draw.pick([s, v])} += 0.1 * {w.factor(1)}")
            w.body(1)
        w.body(1)
    w.line(f"{s} -= {v}")


@idiom
def first_of_two_loops(w: Writer) -> None:
    """Assigned in an inner loop's one iteration, read in the outer one's later iterations."""
    draw = w.draw
    s = start(w, w.name("s", "coef"), "0.0")
    k = w.name("kept", "pivot", "h0")
    i, j = w.index(0, 2), None
    n = 2 + draw.below(2)
    w.keep(s, k)
    with w.loop(f"for {i.name} in range({n}):", i):
        j = w.index(0, 1)
        with w.loop(f"for {j.name} in range(2):", j):
            with w.block(f"if {i.name} == 0 and {j.name} == {draw.below(2)}:"):
                w.line(f"{k} = {w.tame()}")
            with w.block(f"if {i.name} > 0:"):
                w.line(f"{s} += {k} * {draw.pick([f'({i.name} + {j.name})', w.factor(1)])}")
                with w.no_exits():
                    w.body(1)
        with w.no_exits():
            w.body(1)


@idiom
def last_of_all(w: Writer) -> None:
    """What the last iteration, or the last of some, has made of a name."""
    draw, a, n = w.draw, w.vector(), w.name("last", "final", "xn")
    start(w, n, draw.pick(["0.0", w.atom()]))
    w.keep(n)
    i = w.index(0, a.length - 1)
    with w.loop(f"for {i.name} in range({w.size(a)}):", i):
        value = draw.pick([f"np.sin({a.name}[{i.name}])", f"{a.name}[{i.name}] * {w.factor(1)}"])
        if draw.chance(0.4):
            with w.block(f"if {draw.pick([w.cond(), f'{a.name}[{i.name}] > {draw.signed()}'])}:"):
                w.line(f"{n} = {value}")
        else:
            w.line(f"{n} = {value}")
    w.line(f"{n} = {n} * {w.factor(1)}")
    w.release(n)


@idiom
def skips_some(w: Writer) -> None:
    """Elements that are skipped, or end the loop, in the middle of a branch."""
    draw, s = w.draw, start(w, w.name("s", "valid"), "0.0")
    with w.some_loop() as (_, _, v, _):
        with w.block(f"if {w.cond()}:"):
            w.line(f"{s} += {w.tame(1)}")
            with w.block(f"if {w.cond()}:"):
                w.body(1)
                w.line(draw.pick(["continue", "continue", "break"]))
            w.line(f"{s} *= {draw.pick(['0.5', f'np.cos({v})'])}")
        if draw.chance(0.4):
            with w.block(f"elif {w.cond()}:"):
                w.line(f"{s} = {draw.pick([v, '0.0', w.tame(1)])}")
                w.line("continue")
        w.line(f"{s} += {v} * {w.factor(1)}")
        w.body(1)


@idiom
def retries(w: Writer) -> None:
    """An inner loop without an end of its own tries until a step is accepted."""
    draw, s = w.draw, start(w, w.name("s", "path"), "0.0")
    ref, step, trial = w.name("ref", "scale"), w.name("step", "dt"), w.name("trial", "cand")
    n, i = w.name("tries", "num", kind="int"), w.index(0, 2)
    w.keep(s, ref, step, trial, n)
    with w.loop(f"for {i.name} in range({2 + draw.below(2)}):", i):
        with w.block(f"if {i.name} == 0:"):
            w.line(f"{ref} = {w.tame(1)}")
        w.line(f"{step} = {draw.pick(['1.0', w.tame(1)])}")
        w.line(f"{n} = 0")
        with w.loop("while True:"):
            w.line(f"{n} += 1")
            w.line(f"{trial} = {draw.pick([f'{w.factor(1)} * {step}', f'np.sin({step} + {s})'])}")
            w.define(step, trial)
            with w.block(
                f"if {n} < {2 + draw.below(3)} and {draw.pick([f'abs({trial}) > 0.3', w.compare()])}:"
            ):
                w.line(f"{step} *= {draw.pick(['0.5', '-0.6'])}")
                w.line("continue")
            w.body(1)
            w.line("break")
        w.line(f"{s} += {ref} * {trial}")
        if draw.chance(0.3):
            w.line(f"{ref} = {draw.pick([trial, f'0.5 * {ref}'])}")


@idiom
def leave_early(w: Writer) -> None:
    """A return in the middle, perhaps inside of a loop."""
    if w.draw.chance(0.5):
        with w.block(f"if {w.cond()} and {w.compare()}:"):
            w.line(f"return {w.tame()}")
    else:
        with w.some_loop() as (_, _, v, _):
            w.body(1)
            with w.block(f"if {v} > {w.draw.number(0.9, 1.5)}:"):
                w.line(f"return {w.expr()} * 0.5")


@idiom
def branches(w: Writer) -> None:
    """A value by cases."""
    draw = w.draw
    v = w.name("val", "slope", "rate")
    w.keep(v)
    with w.block(f"if {w.cond()}:"):
        w.line(f"{v} = {w.tame()}")
        w.body(1)
    for _ in range(draw.below(3)):
        with w.block(f"elif {w.cond()}:"):
            w.body(1)
            w.line(f"{v} = {w.tame()}")
    with w.block("else:"):
        w.line(f"{v} = {w.tame()}")
    w.define(v)
    w.release(v)


@idiom
def nested_loops(w: Writer) -> None:
    """Sums of pairs, with a partial sum of its own for each row."""
    s = start(w, w.name("s", "energy"), "0.0")
    w.keep(s)
    with w.some_loop() as (_, _, v, _):
        row = start(w, w.name("row", "part"), w.draw.pick(["0.0", v]))
        with w.some_loop() as (_, _, u, _):
            w.line(f"{row} += {w.draw.pick([f'{v} * {u}', f'np.sin({v} - {u})', w.tame(1)])}")
            w.body(2)
        w.line(f"{s} += {w.draw.pick([row, f'{row} * {row} * 0.1', f'np.tanh({row})'])}")
        w.body(1)


@idiom
def integer_work(w: Writer) -> None:
    """Integers that come from numbers and choose elements."""
    draw, a = w.draw, w.vector()
    c, s = w.name("cell", "bin", kind="int"), start(w, w.name("s", "pick"), "0.0")
    w.keep(s)
    with w.some_loop() as (_, _, v, _):
        w.line(f"{c} = int({draw.pick(['2.0', '3.0'])} * abs({v})) % {w.size(a)}")
        w.define(Int(c, 0, a.length - 1))
        w.line(f"{s} += {a.name}[{c}] * {w.factor(1)}")
        w.body(1)
