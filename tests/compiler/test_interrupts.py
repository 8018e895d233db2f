"""Ctrl-C, and what other signals raise, in the first compilation of a process: the next call is right."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dualad

# Children of one process, each of which compiles for the first time and is interrupted at another point:
# when it has called so many functions. Then it calls again.
SCRIPT = """
import json, os, signal, sys
import numpy as np
import dualad as da
from numba import njit

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's jobs in the background ignore it

@njit
def helper(x):
    return np.exp(-x) if x > 0.5 else x * x

def f(x):
    total = 0.0
    for v in x:
        total += helper(v)
    return total

class Late(Exception):
    pass

def too_late(number, frame):
    raise Late

def first_call(call, at, number):
    count = 0
    def watch(frame, event, argument):
        nonlocal count
        if event == "call":
            count += 1
            if count == at:
                sys.setprofile(None)
                signal.raise_signal(number)
    sys.setprofile(watch)
    try:
        call()
        return "finished", count
    except BaseException as error:
        return type(error).__name__, count
    finally:
        sys.setprofile(None)

def child(mode, at, number):
    x = np.array([0.2, 0.7])
    want = [0.4, -np.exp(-0.7)]
    signal.signal(signal.SIGALRM, too_late)
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGALRM)]
    g = da.grad(f, mode=mode)
    ended, count = first_call(lambda: g(x), at, number)
    known = len(g.signatures)
    right = [np.allclose(again(x), want) for again in (g, da.grad(f, mode=mode), da.grad(f, mode="forward"))]
    same = handlers == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGALRM)]
    return ended, count, known, all(right), same

def forked(*arguments):
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            answer = child(*arguments)
        except BaseException as error:
            answer = "the next call", repr(error)
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        answer = json.loads(file.read())
    os.wait()
    return answer

mode, parts = sys.argv[1], json.loads(sys.argv[2])
_, total, *_ = forked(mode, -1, signal.SIGINT)
answers = []
for number, (part, whole) in enumerate(parts):
    kind = (signal.SIGINT, signal.SIGALRM)[number % 2]
    answers.append(forked(mode, 1 + total * part // whole, kind))
print(json.dumps(answers))
"""


def interrupted(tmp_path, mode, parts):
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": str(Path(dualad.__file__).parents[1]), "DUALAD_CACHE": "0"}
    command = [sys.executable, str(tmp_path / "script.py"), mode, json.dumps(parts)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def check(answers):
    for number, (ended, *rest) in enumerate(answers):
        assert ended == ("KeyboardInterrupt", "Late")[number % 2], (number, ended, rest)
        _, _, right, same = rest
        assert right, number
        assert same, number


def test_the_call_after_an_interrupt_is_right(tmp_path):
    answers = interrupted(tmp_path, "adjoint", [(0, 100), (3, 100), (11, 100), (40, 100), (75, 100)])
    check(answers)
    # Compilation was given up at once, not when it was done.
    assert [known for _, _, known, *_ in answers[:4]] == [0] * 4


@pytest.mark.battery
@pytest.mark.parametrize("mode", ["adjoint", "tape", "forward"])
def test_the_call_after_an_interrupt_anywhere(tmp_path, mode):
    check(interrupted(tmp_path, mode, [(part, 24) for part in range(24)]))
