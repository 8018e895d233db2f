"""The page docs/numpy.md, and what it says is unsupported."""

import re
from pathlib import Path

import numba
import numpy as np
import pytest
from numba import njit
from numba.extending import overload

import dualad as da
from dualad.pages.numpy_functions import page, rows
from tests.numpy.expressions import POINT, function
from tests.written import function_from

PAGE = Path(__file__).parents[2] / "docs" / "numpy.md"
ROWS = [row for section in rows().values() for row in section]

# Calls with active values of what is unsupported, and draws with active parameters.
REFUSED = {
    "np.polynomial.polynomial.Polynomial": "np.polynomial.polynomial.Polynomial(x).coef",
    "np.frombuffer": "np.frombuffer(x)",
    "ndarray.tobytes": "x * len(x.tobytes())",
    "ndarray.view": "x.view(np.int64) * x",
    "np.random.beta": "np.random.beta(x[0], 1.0)",
    "np.random.binomial": "x * np.random.binomial(5, x[0])",
    "np.random.chisquare": "np.random.chisquare(x[0])",
    "np.random.dirichlet": "np.random.dirichlet(x)",
    "np.random.f": "np.random.f(x[0], 1.0)",
    "np.random.gamma": "np.random.gamma(x[0], 1.0)",
    "np.random.geometric": "x * np.random.geometric(x[0])",
    "np.random.logseries": "x * np.random.logseries(x[0])",
    "np.random.multinomial": "x[0] * np.random.multinomial(3, x / x.sum())",
    "np.random.negative_binomial": "x * np.random.negative_binomial(3, x[0])",
    "np.random.noncentral_chisquare": "np.random.noncentral_chisquare(x[0], 1.0)",
    "np.random.poisson": "x * np.random.poisson(x[0])",
    "np.random.standard_gamma": "np.random.standard_gamma(x[0])",
    "np.random.standard_t": "np.random.standard_t(x[0])",
    "np.random.vonmises": "np.random.vonmises(x[0], 1.0)",
    "np.random.wald": "np.random.wald(x[0], 1.0)",
    "np.random.zipf": "x * np.random.zipf(x[0] + 1.0)",
}


def test_what_an_extension_of_numba_adds_is_not_on_the_page():
    before = rows()

    @overload(np.linalg.matrix_norm)
    def extended(x):
        return lambda x: 2.0 * x

    assert da.derivative(lambda x: np.linalg.matrix_norm(x))(1.0) == 2.0
    assert rows() == before


def test_the_page_is_what_the_code_says():
    """Other versions of Numba and NumPy may have other functions; those that both have are treated alike."""
    written, made = PAGE.read_text(encoding="utf-8"), page()
    if f"Numba {numba.__version__} and NumPy {np.__version__}" in written:
        assert written == made, "run: dualad numpy > docs/numpy.md"
    table = dict(re.findall(r"^\| `([\w.]+)` \| (.*)$", written, re.MULTILINE))
    now = dict(re.findall(r"^\| `([\w.]+)` \| (.*)$", made, re.MULTILINE))
    assert len(table) > 300
    assert {name: now[name] for name in table if name in now} == {
        name: table[name] for name in now if name in table
    }


def test_every_function_is_known():
    unsupported = {row.name for row in ROWS if row.status == "unsupported"}
    assert unsupported - set(REFUSED) == {"Generator.permutation", "Generator.shuffle"}
    assert all(row.note for row in ROWS if row.status == "unsupported")


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name, mode):
    f = function(REFUSED[name])
    with pytest.raises(da.UnsupportedError, match=f"'{name.rpartition('.')[2]}'"):
        da.jacobian(f, mode=mode)(POINT)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("expression", ["normal(x[0], 1.0)", "permutation(x)", "shuffle(x)"])
def test_generators_refuse_by_name(expression, mode):
    f = function_from(f"def f(x, generator):\n    return generator.{expression}\n", {})
    with pytest.raises(da.UnsupportedError, match=f"'{expression.partition('(')[0]}'"):
        da.jacobian(f, mode=mode)(POINT, np.random.default_rng(1))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_number_class_of_a_sequence(mode):
    with pytest.raises(da.UnsupportedError, match="'float64' of a sequence"):
        da.jacobian(function("np.float64([x[0], x[1]])"), mode=mode)(POINT)


def test_draws_of_a_generator_are_constants():
    def f(x, generator):
        return x * (generator.normal(0.0, 1.0) + generator.standard_normal(6))

    plain = njit(f)(np.ones(6), np.random.default_rng(1))
    for mode in ("forward", "reverse"):
        value, jacobian = da.value_and_jacobian(f, mode=mode)(np.ones(6), np.random.default_rng(1))
        np.testing.assert_array_equal(value, plain)
        np.testing.assert_array_equal(jacobian, np.diag(value))


def test_draws_are_constants():
    f = function("seeded(x)")
    for mode in ("forward", "reverse"):
        value, jacobian = da.value_and_jacobian(f, mode=mode)(np.ones(6))
        np.testing.assert_array_equal(jacobian, np.diag(value))
