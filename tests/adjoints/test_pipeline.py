"""Programs before and after each pass, as text."""

from __future__ import annotations

import numpy as np
from numba import typeof

from dualad.adjoints.engine import SWITCHES, read
from dualad.adjoints.ir.dump import dump
from dualad.adjoints.ir.nodes import leaves
from dualad.adjoints.passes import pipeline

x = np.ones(3)


def program(function, *args):
    return read(function, [typeof(arg) for arg in args])


def after(function, name, *args, times=1):
    """The text of a program when a pass has run for the last of `times`."""
    made = program(function, *args)
    inputs = [leaf for _, tree in made.parameters for leaf in leaves(tree)]
    task = pipeline.Task(made, inputs, SWITCHES)
    for one in pipeline.PASSES:
        one.run(task)
        times -= one.name == name
        if times == 0:
            return dump(made)
    raise LookupError(name)


def lines(text):
    return [line.strip() for line in text.splitlines()]


def test_reading():
    def f(x, w):
        s = 0.0
        for i in range(x.size):
            if x[i] > 0.5:
                s += x[i] * w
        return s

    assert (
        dump(program(f, x, 2.0))
        == """\
f(x: float[x_n0], w: float)
  x_n0: int = extent x 0
  for i in range(0, x_n0, 1): s: float = 0.0
    t: float = load x[i]
    t_1: bool = gt t 0.5
    if t_1:
      t_2: float = load x[i]
      t_3: float = mul t_2 w
      s_1: float = add s t_3
    s_2: float = s_1 | s
    s = s_2
  s_3: float = s
  return s_3"""
    )


def test_every_statement_has_a_text():
    def f(x, m, n):
        w = np.zeros(n)
        w[0] = x[0]
        w[1:][0] += x[1]
        k = 0
        while True:
            k += 1
            if k > n:
                break
        if n < 0:
            raise ValueError("negative", 2)
        return np.linalg.solve(m, w), (x[0], k)

    text = lines(dump(program(f, x, np.eye(3), 3)))
    for expected in (
        "w: float[n] = alloc np.zeros(n)",
        "store w[0] = t",
        "while True: k: int = 0",
        "raise ValueError('negative', 2)",
    ):
        assert expected in text
    assert any(line.startswith("break if ") for line in text)
    assert any("= call solve(m, w)" in line for line in text)
    assert any("= view " in line for line in text)


def test_activity_marks_what_depends_on_the_inputs():
    def f(x, n):
        a = n * 2.0
        return x[0] * a

    text = lines(after(f, "activity", x, 3))
    assert "t_1*: float = mul t a" in text
    assert "a: float = mul n 2.0" in text


def test_dead_code_is_removed():
    def f(x):
        unused = x[0] * 2.0  # noqa: F841
        return x[1]

    assert "unused: float = mul t 2.0" in lines(dump(program(f, x)))
    assert not any("mul" in line for line in lines(after(f, "dead code elimination", x)))


def test_equal_expressions_are_computed_once():
    def f(x):
        return np.sin(x[0]) * np.sin(x[0])

    assert sum("sin" in line for line in lines(dump(program(f, x)))) == 2
    assert sum("= sin" in line for line in lines(after(f, "common subexpression elimination", x))) == 1


def test_invariant_loads_leave_their_loop():
    def f(x):
        s = 0.0
        for i in range(x.size):
            s += x[0] * x[i]
        return s

    text = after(f, "loop-invariant code motion", x).splitlines()
    [load] = [line for line in text if "load x[0]" in line]
    [loop] = [line for line in text if "for i in" in line]
    assert text.index(load) < text.index(loop)
    assert load.endswith("if 0 < x_n0"), "it loads only if the loop runs"
