"""Adjoints as programs: they are verified and printed as the primal is, and passes run on them."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from numba import njit, typeof

import dualad as da
from dualad.adjoints.analysis.memory import Memory
from dualad.adjoints.emit.namespace import Namespace
from dualad.adjoints.emit.printer import printed
from dualad.adjoints.engine import SWITCHES, adjoint, whole
from dualad.adjoints.errors import MalformedError
from dualad.adjoints.frontend.statements import Reader
from dualad.adjoints.ir.builder import Builder
from dualad.adjoints.ir.dump import dump
from dualad.adjoints.ir.nodes import (
    FLOAT,
    INT,
    Block,
    Const,
    If,
    Loop,
    Names,
    Op,
    Program,
    Store,
    Tuple,
    walk,
)
from dualad.adjoints.ir.variables import Variable, Variables
from dualad.adjoints.ir.verification import verify
from dualad.adjoints.passes import pipeline
from dualad.adjoints.passes.optimistic import try_plainly
from dualad.adjoints.passes.simplify import remove_trivial_phis
from dualad.adjoints.passes.zeroing import unzero
from dualad.adjoints.plan.plan import Source, Treatment
from dualad.adjoints.reverse.adjoint import Request, adjoint_program, planned
from tests.adjoints.oracle import check

x = np.array([0.3, 0.65, 1.0])


def made(function, *args, switches=SWITCHES):
    return adjoint(function, [typeof(a) for a in args], (0,), whole, switches)


def reversed_(function, *args, switches=SWITCHES):
    """The primal, its memory, the plan and the adjoint as it is built."""
    from dualad.adjoints.engine import read
    from dualad.adjoints.ir.nodes import leaves

    program = read(function, [typeof(a) for a in args])
    inputs = list(leaves(program.parameters[0][1]))
    pipeline.run(program, inputs, switches, pipeline.PASSES)
    memory = Memory(program)
    request = Request("adjoint", inputs, list(leaves(program.result)))
    plan = planned(program, memory, request, switches, None)
    return program, plan, adjoint_program(program, memory, request, plan, None).program


def power(x, n):
    s = x[0]
    for _ in range(n):
        s = np.sin(s) * x[1]
    return s


def swapped(x, n):
    """Two values go round."""
    a, b = x[0], x[1]
    for _ in range(n):
        a, b = b, np.sin(a)
    return a * 2.0 + b


def replaced(x):
    """What is stored first is stored over."""
    w = np.zeros(3)
    for i in range(3):
        w[i // 2] = x[i] * x[i]
    return np.sum(w * w)


def restarted(x, n):
    """What the inner loop starts from is computed before the outer one."""
    total = 0.0
    for _ in range(n):
        s = 2.0 * x[0]
        for j in range(n):
            s += x[j]
        total += s * s
    return total


# -- programs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [power, swapped])
def test_adjoints_are_verified_and_printed(function):
    program = made(function, x, 3).adjoint
    verify(program, "printing")
    text = dump(program)
    assert text.startswith(f"{function.__name__}_adjoint(x: float[")
    assert "call grown(" in text
    assert "store tape" in text


def test_a_broken_adjoint_is_named(monkeypatch):
    def run(task):
        loop = next(s for s in walk(task.program.body) if isinstance(s, Loop))
        loop.body.owner = None

    broken = (*pipeline.ADJOINT_PASSES[:2], pipeline.Pass("a broken pass", run), *pipeline.ADJOINT_PASSES[2:])
    monkeypatch.setattr(pipeline, "ADJOINT_PASSES", broken)
    with pytest.raises(MalformedError, match="after a broken pass"):
        made(power, x, 3)


def test_the_plan_says_how_loops_and_values_are_treated():
    program, plan, _ = reversed_(power, x, 3)
    [loop] = [s for s in program.body.statements if isinstance(s, Loop)]
    assert plan.treatment(loop) is Treatment.TAPED
    sources = {plan.source(s.out)[0] for s in loop.body.statements if isinstance(s, Op)}
    assert Source.STORED in sources or plan.source(loop.carries[0].head)[0] is Source.STORED
    assert plan.source(program.parameters[0][1]) == (
        Source.AT_HAND,
        "it is no value of an iteration that has passed",
    )
    _, plan, _ = reversed_(lambda x: np.sum(x * x), x)
    assert set(map(plan.treatment, plan.loops.fused)) == {Treatment.FUSED}


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("function", [swapped, restarted])
def test_variables_hold_what_is_read_later(function, n):
    check(function, (x, n))


# -- variables --------------------------------------------------------------------------------------


def test_a_variable_is_carried_and_merged():
    build = Builder(Names())
    variables = Variables(build)
    total = Variable("total", INT, start=Const(0))
    loop = Loop(None, (Const(0), Const(3), Const(1)), Block(build.block))
    loop.body.owner = loop
    variables.enter(None, loop)
    with build.inside(loop.body):
        loop.index = build.value("i", INT)
        loop.index.block, loop.index.producer = loop.body, loop
        branch = If(build.op(operator.gt, loop.index, Const(0)), Block(loop.body), Block(loop.body))
        branch.then.owner = branch.orelse.owner = branch
        variables.enter(None)
        with build.inside(branch.then):
            variables.set(total, build.op(operator.add, variables.now(total), loop.index))
        first = variables.leave()
        variables.enter(None)
        second = variables.leave()
        build.emit(branch)
        variables.merge(branch, first, second)
    variables.leave()
    build.emit(loop)
    [carry], [merge] = loop.carries, branch.merges
    assert carry.init == Const(0)
    assert carry.next is merge.out
    assert merge.second is carry.head
    assert variables.now(total) is carry.out
    verify(Program("f", [], build.block, Tuple((carry.out,)), names=build.names))


def test_a_variable_that_is_only_read_is_not_carried_on():
    build = Builder(Names())
    variables = Variables(build)
    given = Variable("given", INT)
    variables.set(given, Const(5))
    loop = Loop(None, (Const(0), Const(3), Const(1)), Block(build.block))
    loop.body.owner = loop
    variables.enter(None, loop)
    assert variables.now(given) is loop.carries[0].head
    variables.leave()
    assert variables.now(given) == Const(5)


# -- passes -------------------------------------------------------------------------------------------


def clearings(program):
    return [s for s in walk(program.body) if isinstance(s, Store) and s.value == Const(0.0) and not s.add]


def test_what_is_read_again_is_cleared():
    _, _, program = reversed_(replaced, x)
    remove_trivial_phis(program)
    before = len(clearings(program))
    unzero(program, Memory(program))
    assert len(clearings(program)) == before == 1


def test_products_are_computed_again_in_a_branch():
    def f(x, n):
        s = 1.0
        for _ in range(n):
            s = np.sin(s * x[0]) * np.cos(s + x[1]) * s
        return s

    _, _, program = reversed_(f, x, 3)
    remove_trivial_phis(program)
    tried = try_plainly(program, Memory(program))
    verify(program, "optimistic products")
    [loop] = tried
    [branch] = [s for s in loop.body.statements if isinstance(s, If)]
    again = [s.function.__name__ for s in branch.then.statements]
    assert again.count("weighted") >= 4
    assert all(merge.first.kind == FLOAT for merge in branch.merges)


# -- text ---------------------------------------------------------------------------------------------


def test_what_a_loop_carries_has_one_name():
    source = made(power, x, 3).source
    assert "        s = " in source
    assert "s_1 = s" not in source
    assert "s = s_1" not in source


def test_values_that_live_at_once_have_names_of_their_own():
    build = Builder(Names())
    first = build.value("a", FLOAT)
    program = Program("f", [("a", first)], build.block, names=build.names)
    doubled = build.op(operator.mul, first, Const(2.0), hint="a_b")
    added = build.op(operator.add, doubled, Const(1.0), hint="a_b")
    doubled.variable = added.variable = Variable("a_b", FLOAT)
    program.result = Tuple((doubled, added))
    text, names = printed(program, Namespace(build.names), {})
    assert names[doubled] != names[added]
    program.result = Tuple((added,))
    text, names = printed(program, Namespace(build.names), {})
    assert names[doubled] == names[added] == "a_b"
    assert "a_b += 1.0" in text


def test_a_nested_gradient_is_not_printed_and_read(monkeypatch):
    inner = da.grad(njit(lambda x: np.sum(np.sin(x) * x)), mode="adjoint")
    known = inner(x)

    def f(x):
        return np.sum(inner(x) ** 2)

    seen = []
    original = Reader.inline

    def inline(self, function, *others):
        seen.append(function.__code__.co_filename)
        return original(self, function, *others)

    monkeypatch.setattr(Reader, "inline", inline)
    value, _ = adjoint(f, [typeof(x)], (0,), whole).function(x, 1.0)
    np.testing.assert_allclose(value, np.sum(known**2))
    assert not any(file.startswith("<adjoint") for file in seen)
