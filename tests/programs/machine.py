"""Programs as data: one compiled interpreter runs them all, so thousands cost one compilation."""

from __future__ import annotations

import linecache

import numpy as np
from numba import njit

import dualad as da
from tests.programs.language import CELLS, CONSTANTS, INPUTS, OPS, OUTPUTS, REGISTERS, call_text, names
from tests.programs.source import bounded, smear, turned

STACK, DEPTH = 16, 8
(
    PUSH_REGISTER, PUSH_CONSTANT, PUSH_CELL, CALL, SET, ADD, STORE, ACCUMULATE, SWAP, HELPER, SMEAR,
    UNLESS, JUMP, BEGIN, NEXT, UNTIL, END,
) = range(17)  # fmt: skip


def assembled(program):
    """A program as rows (instruction, a, b, c)."""
    rows = []

    def emit(*row):
        rows.append([*row, *[0] * (4 - len(row))])
        return len(rows) - 1

    def expression(e):
        match e:
            case ("r", i):
                emit(PUSH_REGISTER, i)
            case ("c", i):
                emit(PUSH_CONSTANT, i)
            case ("m", i, moving):
                emit(PUSH_CELL, i, moving)
            case (k, a, b):
                expression(a)
                expression(b)
                emit(CALL, k)

    def loop(checks, inner):
        emit(BEGIN)
        top = len(rows)
        exits = [emit(*check) for check in checks]
        body(inner)
        emit(NEXT, top)
        for at in exits:
            rows[at][3] = len(rows)
        emit(END)

    def body(statements):
        for statement in statements:
            match statement:
                case ("set", d, e):
                    expression(e)
                    emit(SET, d)
                case ("add", d, e):
                    expression(e)
                    emit(ADD, d)
                case ("store", i, moving, e):
                    expression(e)
                    emit(STORE, i, moving)
                case ("accumulate", i, moving, e):
                    expression(e)
                    emit(ACCUMULATE, i, moving)
                case ("swap", a, b):
                    emit(SWAP, a, b)
                case ("helper", a, b):
                    emit(HELPER, a, b)
                case ("smear", i, a):
                    emit(SMEAR, i, a)
                case ("if", a, b, then, other):
                    start = emit(UNLESS, a, b)
                    body(then)
                    end = emit(JUMP)
                    rows[start][3] = len(rows)
                    body(other)
                    rows[end][3] = len(rows)
                case ("loop", n, inner):
                    loop([(UNTIL, n)], inner)
                case ("while", a, b, n, inner):
                    loop([(UNLESS, a, b), (UNTIL, n)], inner)

    body(program.body)
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _apply():
    """All ops in one function, by number."""
    lines = ["def apply(k, a, b):"]
    for k in range(len(OPS)):
        lines += [f"    if k == {k}:", f"        return {call_text(k, 'a', 'b')}"]
    source = "\n".join([*lines, "    return a"])
    linecache.cache["<apply>"] = (len(source), None, source.splitlines(keepends=True), "<apply>")
    namespace = names()
    exec(compile(source, "<apply>", "exec"), namespace)
    return njit(error_model="numpy")(namespace["apply"])


apply = _apply()
constants = np.array(CONSTANTS)


@njit(error_model="numpy")
def run(x, code, path):
    """Outputs of a program; ``path[0]`` tells apart the ways through it."""
    r = np.zeros(REGISTERS)
    m = np.zeros(CELLS)
    for i in range(INPUTS):
        r[i] = x[i]
        m[i] = 0.5 * x[INPUTS - 1 - i]
    stack = np.zeros(STACK)
    counters = np.zeros(DEPTH, np.int64)
    top, level, at = 0, 0, 0
    path[0] = 0
    while at < code.shape[0]:
        what, a, b, target = code[at]
        at += 1
        cell = (a + counters[level]) % CELLS if b else a
        if what == PUSH_REGISTER:
            stack[top] = r[a]
            top += 1
        elif what == PUSH_CONSTANT:
            stack[top] = constants[a]
            top += 1
        elif what == PUSH_CELL:
            stack[top] = m[cell]
            top += 1
        elif what == CALL:
            top -= 1
            stack[top - 1] = apply(a, stack[top - 1], stack[top])
        elif what in (SET, ADD, STORE, ACCUMULATE):
            top -= 1
            value = stack[top]
            if what == ADD:
                value += r[a]
            elif what == ACCUMULATE:
                value += m[cell]
            path[0] = 3 * path[0] + (abs(value) > 50.0)
            if what in (SET, ADD):
                r[a] = bounded(value)
            else:
                m[cell] = bounded(value)
        elif what == SWAP:
            r[a], r[b] = r[b], r[a]
        elif what == HELPER:
            pair = turned(r[a], r[b])
            r[a] = pair[0]
            r[b] = pair[1]
        elif what == SMEAR:
            smear(m[a : a + 3], r[b])
        elif what == UNLESS:
            path[0] = 3 * path[0] + (r[a] < r[b])
            if not r[a] < r[b]:
                at = target
        elif what == JUMP:
            at = target
        elif what == BEGIN:
            level += 1
            counters[level] = 0
        elif what == NEXT:
            counters[level] += 1
            at = a
        elif what == UNTIL:
            if counters[level] >= a:
                at = target
        elif what == END:
            level -= 1
    y = np.empty(OUTPUTS)
    for i in range(OUTPUTS):
        j = i + OUTPUTS
        y[i] = r[i] + 0.5 * r[j] + m[i] * (0.5 + i) + m[j]
    return y


@njit(error_model="numpy")
def weighted(x, w, code, path):
    """A scalar of the outputs."""
    y = run(x, code, path)
    s = 0.0
    for i in range(OUTPUTS):
        s += w[i] * y[i]
    return s


jacobian = {
    "forward": da.value_and_jacobian(run, mode="forward", chunk=3),
    "reverse": da.value_and_jacobian(run, mode="reverse"),
}
push, pull = da.jvp(run), da.vjp(run)
gradient = da.grad(weighted, mode="reverse")
curvature = {mode: da.hvp(weighted, mode=mode) for mode in ("forward", "reverse")}
