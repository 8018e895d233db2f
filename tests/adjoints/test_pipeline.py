"""Programs before and after each pass, as text."""

from __future__ import annotations

import numpy as np
import pytest
from numba import typeof

from dualad.adjoints.engine import SWITCHES, adjoint, read, whole
from dualad.adjoints.errors import MalformedError
from dualad.adjoints.ir.dump import dump
from dualad.adjoints.ir.nodes import leaves
from dualad.adjoints.ir.verification import verify
from dualad.adjoints.passes import pipeline
from tests.idioms.mutants import Mutant

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
        verify(made, one.name)
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


def test_what_one_side_computes_the_other_does_not_know():
    def f(x, n):
        return np.sin(x[0]) if n > 0 else 2.0 * np.sin(x[0])

    assert sum("= sin" in line for line in lines(after(f, "common subexpression elimination", x, 1))) == 2


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


def swept(function, name, *args):
    """The text of the adjoint by the first argument before and after a pass over it."""
    argtypes = [typeof(arg) for arg in args]
    found = []

    def run(task):
        before = dump(task.program)
        right.run(task)
        found.append((before, dump(task.program)))

    with pytest.MonkeyPatch.context() as patch:
        passes = list(pipeline.ADJOINT_PASSES)
        [number] = [n for n, one in enumerate(passes) if one.name == name]
        right = passes[number]
        passes[number] = pipeline.Pass(name, run)
        patch.setattr(pipeline, "ADJOINT_PASSES", tuple(passes))
        adjoint(function, argtypes, (0,), whole, SWITCHES)
    [(before, behind)] = found
    return lines(before), lines(behind)


def test_adjoints_that_no_iteration_changes_are_not_carried():
    def f(x):
        s = 0.0
        for i in range(x.size):
            s += x[i] * x[i]
        return s

    before, behind = swept(f, "trivial phis", x)
    assert "s_bar = s_bar" in before
    assert not any("s_bar" in line for line in behind)
    assert "t_b_1: float = weighted seed t" in behind
    assert "s = s_1" in behind, "the sum itself is carried"


def test_zeros_that_nobody_reads_are_not_stored():
    """The element stored to last is read by the store before, whose own is not read any more."""

    def f(x, k, m):
        w = np.ones(2)
        n = 1 if w[k] > 2.0 else 2
        w[m] = x[0]
        w[k] = x[1]
        return w[m] * w[k] * n

    before, behind = swept(f, "dead zeroing", x, 0, 1)
    assert {"store w_b[m] = 0.0", "store w_b[k] = 0.0"} < set(before)
    assert "store w_b[m] = 0.0" not in behind
    assert "store w_b[k] = 0.0" in behind


def test_products_are_first_computed_without_absorption():
    def f(x, y, z):
        s = 0.0
        for i in range(x.size):
            a = np.sqrt(x[i]) * np.sqrt(y[i]) * np.log(z[i])
            s += a * a
        return s

    before, behind = swept(f, "optimistic products", x, x, x)
    weighted = [line for line in before if "= weighted " in line]
    [test] = [line for line in behind if "bool = ne " in line]
    [branch] = [line for line in behind if line.startswith("if ")]
    assert branch == f"if {test.split(':')[0]}:", "again if the sum of them is NaN"
    assert sum("= weighted " in line for line in behind[: behind.index(branch)]) == 0
    assert sum("= weighted " in line for line in behind[behind.index(branch) :]) == len(weighted)


# One fault of each pass, and the test above that finds it, if the verification does not.
PLANTED = (
    (
        Mutant(
            "activity: sums of what is active are not",
            "analysis.activity:activate", "any(a.active and depends(s, i)", "all(a.active and depends(s, i)",
        ),
        test_activity_marks_what_depends_on_the_inputs,
    ),
    (
        Mutant(
            "dead code elimination: all is needed",
            "passes.dead_code:_keep", "if s in live]", "]",
        ),
        test_dead_code_is_removed,
    ),
    (
        Mutant(
            "dead code elimination: what is computed from is not needed",
            "passes.dead_code:eliminate_dead_code", "need(value.producer)", "live.add(value.producer)",
        ),
        test_invariant_loads_leave_their_loop,
    ),
    (
        Mutant(
            "common subexpressions: what is known in one block is known after it",
            "passes.simplify:eliminate_common_subexpressions", "dict(known)", "known",
        ),
        test_what_one_side_computes_the_other_does_not_know,
    ),
    (
        Mutant(
            "loop-invariant code motion: what a loop makes leaves it",
            "passes.simplify:_taken_out", "is_inside(v.block, loop.body)", "False",
        ),
        test_invariant_loads_leave_their_loop,
    ),
    (
        Mutant(
            "trivial phis: what is carried never changes",
            "passes.simplify:remove_trivial_phis", "new.of(carry.next) is carry.head", "True",
        ),
        test_adjoints_that_no_iteration_changes_are_not_carried,
    ),
    (
        Mutant(
            "dead zeroing: every zero is dead",
            "passes.zeroing:unzero", "and not memory.of(s.array) & later", "",
        ),
        test_zeros_that_nobody_reads_are_not_stored,
    ),
    (
        Mutant(
            "optimistic products: all is computed plainly",
            "passes.optimistic:_Stretch._look", "op(operator.ne, BOOL", "op(operator.lt, BOOL",
        ),
        test_products_are_first_computed_without_absorption,
    ),
)  # fmt: skip


def test_every_pass_has_a_planted_fault():
    names = {one.name for one in (*pipeline.PASSES, *pipeline.ADJOINT_PASSES)}
    shorts = {"common subexpressions": "common subexpression elimination"}
    told = {mutant.name.split(":")[0] for mutant, _ in PLANTED}
    assert {shorts.get(name, name) for name in told} == names


@pytest.mark.parametrize(("mutant", "test"), PLANTED, ids=lambda found: getattr(found, "name", ""))
def test_planted_faults_are_found(mutant, test, monkeypatch):
    test()
    mutant.plant(monkeypatch.setattr)
    with pytest.raises((AssertionError, MalformedError, ValueError, pytest.fail.Exception)):
        test()
