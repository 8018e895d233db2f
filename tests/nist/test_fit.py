import numpy as np
import pytest

from dualad.nist import Problem, fit, load, log_relative_error, problem
from dualad.nist.fit import exact_jacobian, relative_offset, standard_deviations


def digits(found, data):
    return (
        log_relative_error(found.parameters, data.certified).min(),
        log_relative_error(found.deviations, data.certified_deviations).min(),
    )


@pytest.fixture
def line():
    """Least-squares fit of a straight line, with residuals 1, -2, 1 orthogonal to it."""
    jac = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    return jac, np.array([1.0, -2.0, 1.0])


class TestLogRelativeError:
    def test_counts_digits(self):
        assert log_relative_error(1.0001, 1.0) == pytest.approx(4.0, abs=1e-9)
        assert log_relative_error(-2.0e-7, -2.002e-7) == pytest.approx(3.0, abs=1e-3)

    def test_is_between_0_and_11(self):
        found = np.array([5.0, 5.0 + 1e-14, -5.0, 1e9, np.nan, np.inf])
        assert log_relative_error(found, np.full(6, 5.0)).tolist() == [11.0, 11.0, 0.0, 0.0, 0.0, 0.0]


class TestRelativeOffset:
    def test_is_zero_at_a_least_squares_solution(self, line):
        assert relative_offset(*line) < 1e-15

    def test_measures_the_tangent_part(self, line):
        jac, r = line
        # The tangent part (1, 1, 1) has square 3 over p = 2, the normal part square 6 over n - p = 1.
        assert relative_offset(jac, r + 1.0) == pytest.approx(np.sqrt(3.0 / 2.0 / 6.0), rel=1e-14)

    def test_does_not_depend_on_the_scale_of_parameters(self, line):
        jac, r = line
        assert relative_offset(jac * [1e-12, 1e9], r + 1.0) == pytest.approx(0.5, rel=1e-13)

    def test_is_infinite_without_a_tangent_plane(self, line):
        jac, r = line
        assert relative_offset(jac * [1.0, 0.0], r) == np.inf
        assert relative_offset(jac * [1.0, np.nan], r) == np.inf
        assert relative_offset(jac, r * np.inf) == np.inf


class TestStandardDeviations:
    def test_of_a_straight_line(self, line):
        # s² = 6; var(intercept) = s² (1/3 + 1/2), var(slope) = s²/2
        assert standard_deviations(*line) == pytest.approx(np.sqrt([5.0, 3.0]), rel=1e-14)

    def test_of_a_singular_jacobian_are_unknown(self, line):
        jac, r = line
        assert np.isnan(standard_deviations(jac * [1.0, 0.0], r)).all()
        assert np.isnan(standard_deviations(jac * [np.inf, 1.0], r)).all()


# One model each with exponentials, trigonometric functions, powers, an arc tangent, a ratio; start 1 of
# BoxBOD needs the second solver, Nelson has two predictors.
@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", ["BoxBOD", "ENSO", "Hahn1", "Nelson", "Rat43", "Roszman1"])
def test_exact_fit_agrees_with_certified_values(name, start):
    prepared = problem(name)
    found = fit(prepared, prepared.data.starts[start])
    assert found.converged
    assert found.solver == ("trf" if (name, start) == ("BoxBOD", 0) else "lm")
    assert min(digits(found, prepared.data)) > 10.0
    assert log_relative_error(found.rss, prepared.data.rss) > 10.0
    assert 0 < found.iterations <= found.evaluations


@pytest.mark.parametrize("start", [0, 1])
def test_lanczos1_is_limited_by_the_rounding_of_its_residuals(start):
    prepared = problem("Lanczos1")
    found = fit(prepared, prepared.data.starts[start])
    parameters, deviations = digits(found, prepared.data)
    assert found.converged
    assert parameters > 10.0
    assert deviations > 2.0


def test_jacobian_at_certified_parameters_gives_certified_deviations():
    prepared = problem("Hahn1")
    data, b = prepared.data, prepared.data.certified
    jac = exact_jacobian(prepared.residuals)(b, data.x, prepared.response)
    deviations = standard_deviations(jac, prepared.residuals(b, data.x, prepared.response))
    assert jac.shape == (236, 7)
    assert log_relative_error(deviations, data.certified_deviations).min() > 9.0


def test_finite_differences_need_no_exact_derivative():
    prepared = problem("Hahn1")
    found = fit(prepared, prepared.data.starts[1], "2-point")
    # The differences' step of 1.5e-8 is larger than one of the parameters and its changes.
    assert digits(found, prepared.data)[0] < 4.0
    assert found.iterations == 0


def test_both_solvers_breaking_down_is_told():
    def breaks_down(b, x, y):
        return 1.0 / 0.0 * y

    data = load("BoxBOD")
    found = fit(Problem(data, breaks_down, data.y), data.starts[0], "2-point")
    assert not found.converged
    assert found.solver == "none"
    assert np.isnan(found.parameters).all()
