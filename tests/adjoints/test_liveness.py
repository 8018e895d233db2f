"""Variables that live from one iteration of a loop to a later one."""

from __future__ import annotations

import ast
import contextlib
import random

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad.adjoints.errors import NotTransformable
from dualad.adjoints.frontend.liveness import Liveness

from .oracle import check

x = np.array([1.3, 0.7, 2.1, 0.4])
CASES = []


def case(function):
    CASES.append(pytest.param(function, id=function.__name__))
    return function


@case
def first_iteration(x):
    s = 0.0
    for i in range(x.size):
        if i == 0:
            a = x[0] * x[1]
        s += a * x[i]
    return s


@case
def last_seen(x):
    s = 0.0
    for v in x:
        if v > 1.0:
            best = v * v
        s += best
    return s


@case
def read_on_the_other_path(x):
    s = 0.0
    for i in range(x.size):
        if i == 0:
            before = x[i] ** 2
        else:
            s += before * x[i]
            before = x[i] * before
    return s


@case
def while_loop(x):
    i = 0
    s = 0.0
    while i < x.size:
        if i == 0:
            p = x[0] ** 2
        s += p
        p = p * x[i]
        i += 1
    return s


@case
def work_array(x):
    s = 0.0
    for i in range(x.size):
        if i == 0:
            w = np.zeros(2)
        w[0] += x[i]
        s += w[0] ** 2
    return s


@case
def rebound_array(x):
    s = 0.0
    for i in range(x.size):
        if i % 2 == 0:
            w = x[i] * x
        s += w[i] * x[0]
    return s


@case
def view(x):
    s = 0.0
    for i in range(x.size):
        if i == 1:
            part = x[1:]
        if i >= 1:
            s += part[0] * x[i]
    return s


@case
def nested(x):
    s = 0.0
    for i in range(3):
        for j in range(2):
            if i == 0 and j == 1:
                k = x[0] * x[1]
            if i > 0:
                s += k * (i + j)
    return s


@case
def assigned_in_an_inner_loop(x):
    s = 0.0
    for i in range(3):
        if i % 2 == 0:
            for j in range(i + 1):
                t = x[j] * x[i]
        else:
            s += t * x[i]
    return s


@case
def one_inner_loop_or_the_other(x):
    s = 0.0
    for i in range(4):
        if i % 2 == 0:
            for j in range(2):
                t = x[i] * x[j]
                u = (t, s)
        else:
            for j in range(i):
                s += t * x[j] * u[0]
                t = s * u[1]
    return s


@case
def left_by_continue(x):
    s = 0.0
    for i in range(x.size):
        if i == 0:
            c = x[0] * 3.0
            continue
        if x[i] < 0.5:
            continue
        s += c * x[i]
    return s


@case
def left_by_break(x):
    s = 0.0
    for k in range(3):
        for i in range(x.size):
            if k == 0 or i == 0:
                r = x[i] * x[k]
                continue
            s += r * x[i]
            if i == k:
                break
    return s


@case
def found_in_else(x):
    s = 0.0
    for k in range(3):
        for i in range(k):
            if x[i] > 5.0:
                break
        else:
            if k == 0:
                q = x[k] ** 2
            s += q * x[k]
    return s


@case
def early_return(x):
    for i in range(x.size):
        if i == 0:
            y = x[0] * x[1]
        if i == 2:
            return y * x[i]
    return 0.0


@case
def several(x):
    s = 0.0
    for i in range(x.size):
        if i == 0:
            a, b = x[0], x[1] ** 2
        else:
            a, b = b * x[i], a
        s += a - b
    return s


@case
def a_tuple(x):
    s = 0.0
    for i in range(x.size):
        if i == 0:
            pair = (x[0], x[1] ** 2)
        s += pair[0] * pair[1] * x[i]
    return s


@njit
def after_the_first(v, x):
    for i in range(2):
        if i == 0:
            h = v * x[0]
        v += h
    return v


@case
def in_a_helper(x):
    s = 0.0
    for i in range(x.size):
        s += after_the_first(x[i], x)
    return s


@case
def an_inner_function(x):
    a = x[0]

    def scaled(v):
        return a * v

    s = 0.0
    for i in range(x.size):
        s += scaled(x[i])
    return s


@case
def bracket(x):
    lo, hi = 0.0, 4.0
    for i in range(20):
        mid = 0.5 * (lo + hi)
        f = mid * mid - x[0]
        if i == 0:
            worst = f
        if abs(f) > abs(worst):
            worst = f
        if f > 0.0:
            hi = mid * x[0] / x[0]
        else:
            lo = mid
        if i == 0:
            last = mid
        step = mid - last
        last = mid + x[1] * f
    return worst * x[1] + last + step


@case
def another_type_in_every_iteration(x):
    s = 0.0
    for i in range(x.size):
        t = i
        s += t * x[i]
        t = x[i] * x[0]
        s += t
    return s


@pytest.mark.parametrize("function", CASES)
def test_adjoints_carry_what_is_live(function):
    check(function, (x,))


@pytest.mark.parametrize("function", [bracket, read_on_the_other_path])
def test_the_compiled_value_is_the_functions(function):
    f = njit(function)
    assert da.value_and_grad(f, mode="adjoint")(x)[0] == f(x)


@pytest.mark.parametrize("function", CASES)
@pytest.mark.battery
def test_all_modes_agree(function):
    f = njit(function)
    first, *others = (da.value_and_grad(f, mode=mode)(x) for mode in ("adjoint", "tape", "forward"))
    for value, gradient in others:
        assert first[0] == value == f(x)
        np.testing.assert_allclose(gradient, first[1], rtol=1e-13, atol=1e-13)


# A variable that is a number on two of three paths and None on the third. Numba makes Optionals of them; the
# adjoint knows no such values, and must not take the third path for one on which the variable is not defined.


def absent_in_a_branch(x, c):
    if c == 0:
        y = x[0]
    else:
        if c == 1:
            y = None
        else:
            y = x[1]
    if y is None:
        return 5.0 * x[2]
    return y * y


def absent_in_a_loop(x, c):
    if c == 0:
        y = x[0]
    else:
        for i in range(2):
            if c != 1 or i != 1:
                y = x[i + 1]
            else:
                y = None
    if y is None:
        return 5.0 * x[3]
    return y * y


def absent_of_an_inner_function(x, c):
    def picked():
        if c == 0:
            return x[0]
        if c == 1:
            return None
        return x[1]

    y = picked()
    if y is None:
        return 5.0 * x[2]
    return y * y


@njit
def picked(x, c):
    if c == 0:
        return x[0]
    if c == 1:
        return None
    return x[1]


def absent_of_a_helper(x, c):
    y = picked(x, c)
    if y is None:
        return 5.0 * x[2]
    return y * y


def absent_in_a_tuple(x, c):
    if c == 0:
        low, high = x[0], None
    elif c == 1:
        low, high = None, x[1]
    else:
        low, high = x[2], x[3]
    s = 0.0
    if low is not None:
        s += low * low
    if high is not None:
        s += 3.0 * high
    return s


def neither_true_nor_false(x, c):
    if c == 0:
        flag = True
    else:
        if c == 1:
            flag = None
        else:
            flag = False
    if flag is None:
        return x[0] * x[1]
    return x[2] * x[2] if flag else 3.0 * x[3]


def ended_without_a_value(x, c):
    n = 0
    while True:
        if n == c:
            y = None
            break
        if n == 2:
            y = x[n]
            break
        n += 1
    return 3.0 * x[0] if y is None else y * y


ABSENT = [
    absent_in_a_branch, absent_in_a_loop, absent_of_an_inner_function, absent_of_a_helper, absent_in_a_tuple,
    neither_true_nor_false, ended_without_a_value,
]  # fmt: skip


@pytest.mark.parametrize("function", ABSENT)
def test_none_on_one_of_three_paths(function):
    """Right on every path, or refused."""
    with contextlib.suppress(NotTransformable):
        for c in (0, 1, 2):
            check(function, (x, c))


def test_what_nobody_reads_again_is_not_carried():
    source = """
def f(x):
    t = 0.0
    for i in range(3):
        t = x[i]
        u = t * t
        for j in range(2):
            w = u + j
            s = w
    return s
"""
    tree = ast.parse(source).body[0]
    carried = {node.lineno: names for node, names in Liveness.of(tree).carried.items()}
    assert carried[4] & {"t", "u", "w", "s", "i"} == {"s"}
    assert carried[7] & {"t", "u", "w", "s", "j"} == {"u", "s"}


# -- any control flow ---------------------------------------------------------------------------------


class Jump(Exception):  # noqa: N818
    pass


class Run:
    """One execution with coins for conditions; notes what is read after each iteration and loop."""

    def __init__(self, rng):
        self.rng, self.open, self.steps, self.live = rng, [], 0, {}

    def read(self, node):
        for n in ast.walk(node):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load):
                for loop, assigned in self.open:
                    if n.id not in assigned:
                        self.live.setdefault(loop, set()).add(n.id)

    def bind(self, name):
        for _, assigned in self.open:
            assigned.add(name)

    def mark(self, loop):
        self.open.append((loop, set()))

    def body(self, statements):
        for statement in statements:
            self.one(statement)

    def one(self, node):
        self.steps += 1
        if self.steps > 60:
            raise Jump("stop")
        match node:
            case ast.Assign():
                self.read(node.value)
                self.bind(node.targets[0].id)
            case ast.If():
                self.read(node.test)
                self.body(node.body if self.rng.random() < 0.5 else node.orelse)
            case ast.Break() | ast.Continue() | ast.Return():
                self.read(node)
                raise Jump(type(node))
            case ast.For() | ast.While():
                self.loop(node)

    def loop(self, node):
        endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant)
        if isinstance(node, ast.For):
            self.read(node.iter)
        while True:
            self.mark(node)
            if isinstance(node, ast.While):
                self.read(node.test)
            if not endless and self.rng.random() < 0.4:
                self.body(node.orelse)
                break
            if isinstance(node, ast.For):
                self.bind(node.target.id)
            try:
                self.body(node.body)
            except Jump as jump:
                if jump.args[0] is ast.Break:
                    break
                if jump.args[0] is not ast.Continue:
                    raise
        self.mark(node)


def drawn(rng, depth, inside):
    """Random statements as lines."""
    lines = []
    for _ in range(rng.randint(1, 3)):
        kinds = ["assign", "assign", "if"] + ["for", "while", "forever"] * (depth < 3)
        kinds += ["break", "continue"] * inside + ["return"] * (depth > 0)
        kind = rng.choice(kinds)
        a, b, c = (rng.choice("abcd") for _ in range(3))
        if kind == "assign":
            lines.append(f"{a} = {b} + {c}")
        elif kind == "return":
            lines.append(f"return {a}")
        elif kind in ("break", "continue"):
            lines.append(kind)
        else:
            heads = {"if": f"if {a}:", "for": f"for {b} in range({a}):", "while": f"while {a}:"}
            lines.append(heads.get(kind, "while True:"))
            deeper = inside or kind != "if"
            lines += ["    " + line for line in drawn(rng, depth + 1, deeper)]
            if kind != "forever" and rng.random() < 0.3:
                lines += ["else:", *["    " + line for line in drawn(rng, depth + 1, inside)]]
    return lines


@pytest.mark.parametrize("seed", range(150))
def test_liveness_is_what_executions_read(seed):
    rng = random.Random(seed)
    body = drawn(rng, 0, False)
    tree = ast.parse("\n".join(["def f(a, b, c, d):", *["    " + line for line in body]])).body[0]
    carried = Liveness.of(tree).carried
    seen = {}
    for _ in range(400):
        run = Run(rng)
        with contextlib.suppress(Jump):
            run.body(tree.body)
        for loop, names in run.live.items():
            seen.setdefault(loop, set()).update(names)
    for loop, names in seen.items():
        assert names <= carried[loop], ast.unparse(tree)
