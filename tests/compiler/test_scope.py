"""Guests in Numba's house: plain compilation is the same with dualad as without it."""

import re
import subprocess
import sys

import numpy as np
import pytest
from numba import njit
from numba.core.registry import cpu_target

import dualad as da
from dualad.compiler.dispatch import scope
from dualad.compiler.dispatch.dispatcher import differentiable
from dualad.compiler.ops import operations

# Prints Numba's messages for a few mistakes, and the code of a function that uses many ops.
PLAIN = """
import math, re
import numpy as np
from numba import njit

def complaint(f, *args):
    try:
        njit(f)(*args)
    except Exception as error:
        print(type(error).__name__, re.sub("0x[0-9a-f]+", "0x", str(error)))

def everything(x, y):
    s = 0.0
    for v in x:
        s += math.sin(v) * np.exp(y) / (1.0 + abs(v)) ** 2 - max(v, y, 1.0)
    out = np.zeros(3)
    out[1:] += x[1:] * y
    return s + out[1] if s > 0 else min(s, float(y))

complaint(lambda x: math.sin("a"), 1.0)
complaint(lambda x: x + "a", 1.0)
complaint(lambda x: np.maximum(x, "a"), 1.0)
complaint(lambda x: abs(None), 1.0)
complaint(lambda x: x.nothing, np.ones(2))
compiled = njit(everything)
print(compiled(np.array([0.5, 1.5, 2.5]), 0.75).hex())
[code] = compiled.inspect_llvm().values()
# Names carry running numbers; strings and metadata hold names.
names = {}
code = "".join(line for line in code.splitlines(True) if not line.startswith("!"))
code = re.sub(r"\\[\\d+ x i8\\]( c.*)?", "text", code)
print(re.sub(r'@(?:"[^"]*"|[\\w.$]+)', lambda name: f"@{names.setdefault(name[0], len(names))}", code))
"""

DERIVATIVES = """
import dualad as da
def f(x):
    work = np.zeros(2)
    work[0] = math.sin(x[0]) * max(x[1], abs(x[0]), 1.0)
    return float(work[0]) ** 2 / (1.0 + np.exp(x[1])) + min(x[0], 2.0)
for mode in ("forward", "reverse"):
    da.grad(f, mode=mode)(np.array([0.5, 0.25]))
"""


def output(source):
    command = [sys.executable, "-W", "ignore", "-c", source]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def without_us():
    return output(PLAIN)


def normal(text):
    """Without line numbers of the source, which the prefix moves."""
    return re.sub(r"line \d+|\(\d+\)|:\d+", "", text)


@pytest.mark.parametrize("when", ["imported", "used"])
def test_plain_numba_says_and_compiles_the_same(when, without_us):
    first = "import dualad" if when == "imported" else "import math\nimport numpy as np\n" + DERIVATIVES
    assert normal(output(first + PLAIN)) == normal(without_us)
    assert "No implementation of function" in without_us


def test_typing_is_as_it_was_after_every_compilation():
    typing = cpu_target.typing_context
    typing.refresh()

    def state():
        known = {}
        for _, function in operations.calls():
            fnty = typing._lookup_global(function)
            known[function] = (fnty, getattr(fnty, "templates", None))
        return known

    before, special = state(), dict(cpu_target.target_context.special_ops)
    da.grad(lambda x: np.sin(x) * abs(x))(1.0)
    with pytest.raises(da.DualadError):
        da.grad(lambda x: x.nothing)(1.0)
    after = state()
    assert all(after[f][0] is before[f][0] and after[f][1] == before[f][1] for f in before)
    assert dict(cpu_target.target_context.special_ops) == special
    assert not scope.is_active()


def test_ops_are_known_only_inside():
    with scope.active_compilation(differentiable), scope.active_compilation(differentiable):
        assert scope.is_active()
    assert not scope.is_active()


def test_plain_functions_compiled_by_us_are_the_users_own():
    @njit
    def helper(a):
        return a * 2.0

    def f(x, n):
        return x * helper(float(n))

    assert da.grad(f)(1.0, 3) == 6.0
    # With nothing active the helper is called, not compiled again.
    assert [str(sig) for sig in helper.signatures] == ["(float64,)"]
