"""Functions of complex numbers that are refused: by name, in every mode."""

import cmath

import numpy as np
import pytest

import dualad as da
from tests.written import function_from

X = np.array([1.3, 0.7])

REFUSED = {
    "np.sign(z).real": "sign",
    "np.round(z).real": "round",
    "np.sinc(z).real": "sinc",
    "cmath.log(z, 2.0 + 0j).real": "log",
    "np.maximum(a, 0).real[0]": "maximum",
    "a.view(np.float64)[0]": "view",
    "np.dot(a, a).real": "dot",
    "(a @ a).real": "dot",
    "np.vdot(a, a).real": "vdot",
    "np.linalg.norm(a)": "norm",
    "np.linalg.inv(np.outer(a, a) + np.eye(2))[0, 0].real": "inv",
    "np.linalg.det(np.outer(a, a) + np.eye(2)).real": "det",
    "np.linalg.solve(np.outer(a, a) + np.eye(2), a)[0].real": "solve",
}


def written(expression):
    text = f"def f(x):\n    z = complex(x[0], x[1])\n    a = x + 1j * x * x\n    return {expression}\n"
    return function_from(text, {"np": np, "cmath": cmath})


@pytest.mark.parametrize("mode", ["forward", "tape", "auto"])
@pytest.mark.parametrize("expression", REFUSED)
def test_functions_without_a_rule(expression, mode):
    with pytest.raises(da.UnsupportedError, match=f"cannot differentiate.*\\b{REFUSED[expression]}\\b"):
        da.grad(written(expression), mode=mode)(X)


@pytest.mark.parametrize("expression", REFUSED)
def test_they_have_no_compiled_adjoint(expression):
    with pytest.raises(da.UnsupportedError, match="no compiled adjoint"):
        da.grad(written(expression), mode="adjoint")(X)


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape", "auto"])
@pytest.mark.parametrize("expression", ["z", "a"])
def test_complex_results_have_no_gradient(expression, mode):
    with pytest.raises((da.OutputError, da.UnsupportedError), match="complex"):
        da.grad(written(expression), mode=mode)(X)


def test_a_number_that_is_complex_in_a_branch_that_a_constant_excludes():
    """Where Numba types the other side too, the square root is a complex one."""

    def f(x):
        kind = 0
        s = x[0] - 5.0
        if kind == 1:
            s = s + 1j
        return abs(np.sqrt(s))

    with pytest.raises(da.UnsupportedError, match="complex in a branch"):
        da.grad(f, mode="adjoint")(X)


def test_memory_read_as_complex_numbers():
    def f(x):
        return x.view(np.complex128)[0].imag * x[0]

    for mode in ("forward", "adjoint", "tape"):
        with pytest.raises(da.UnsupportedError, match="view"):
            da.grad(f, mode=mode)(X)
