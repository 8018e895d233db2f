"""Programs that break a rule are refused, whichever pass broke it."""

from __future__ import annotations

import numpy as np
import pytest
from numba import typeof

from dualad.adjoints.engine import SWITCHES, adjoint, read, whole
from dualad.adjoints.errors import MalformedError
from dualad.adjoints.ir.nodes import (
    BOOL,
    INT,
    Alloc,
    Block,
    Const,
    If,
    Load,
    Loop,
    Op,
    Store,
    Value,
    walk,
)
from dualad.adjoints.ir.verification import verify
from dualad.adjoints.passes import pipeline


def f(x, n):
    w = np.zeros(n)
    s = 0.0
    for i in range(n):
        if x[i] > 0.5:
            s += x[i] * x[0]
        w[i] = s
    return s * w[0]


@pytest.fixture
def program():
    found = read(f, [typeof(np.ones(3)), typeof(3)])
    verify(found)
    return found


def first(program, kind):
    return next(statement for statement in walk(program.body) if isinstance(statement, kind))


def drop_a_definition(program):
    program.body.statements.remove(first(program, Loop))


def read_too_early(program):
    body = program.body.statements
    body.append(body.pop(body.index(first(program, Alloc))))


def define_twice(program):
    loop = first(program, Loop)
    loop.body.statements.append(first(program, Load))


def forget_the_owner(program):
    first(program, If).then.owner = None


def forget_the_block(program):
    first(program, Load).out.block = Block()


def forget_the_statement(program):
    first(program, Op).out.producer = None


def leave_a_carried_value_undefined(program):
    first(program, Loop).carries[0].next = Value("nowhere", "float")


def bring_another_kind(program):
    branch = first(program, If)
    branch.merges[0].out.kind = INT


def carry_an_array_as_a_number(program):
    carry = first(program, Loop).carries[0]
    carry.init = first(program, Store).array


def index_by_another_rank(program):
    store = first(program, Store)
    store.index = (*store.index, Const(0))


def index_by_a_float(program):
    first(program, Load).index = (Const(0.5),)


def store_an_array(program):
    store = first(program, Store)
    store.value = store.array


def decide_by_a_number(program):
    branch = first(program, If)
    branch.condition = Const(1.5)


def load_another_kind(program):
    first(program, Load).out.kind = BOOL


def start_undefined(program):
    first(program, Loop).carries[0].init = None


BREAKS = [
    drop_a_definition, read_too_early, define_twice, forget_the_owner, forget_the_block, forget_the_statement,
    leave_a_carried_value_undefined, bring_another_kind, carry_an_array_as_a_number, index_by_another_rank,
    index_by_a_float, store_an_array, decide_by_a_number, load_another_kind, start_undefined,
]  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.__name__)
def test_a_broken_rule_is_named(program, broken):
    broken(program)
    with pytest.raises(MalformedError, match=r"after reading: (.|\n)*f\(x: float\[x_n0\]"):
        verify(program)


@pytest.mark.parametrize(
    "number", range(len(pipeline.PASSES)), ids=lambda n: f"{n}-{pipeline.PASSES[n].name}"
)
def test_what_a_pass_breaks_is_said_of_the_pass(monkeypatch, number):
    right = pipeline.PASSES[number]

    def run(task):
        right.run(task)
        drop_a_definition(task.program)

    passes = list(pipeline.PASSES)
    passes[number] = pipeline.Pass("a broken pass", run)
    monkeypatch.setattr(pipeline, "PASSES", tuple(passes))
    with pytest.raises(MalformedError, match="after a broken pass"):
        adjoint(f, [typeof(np.ones(3)), typeof(3)], (0,), whole, SWITCHES)
