"""Published problems: the answers, and no more evaluations than SciPy's differences take."""

import pytest

from benchmarks.solvers.problems import DIFFERENCES, EXACT, problems
from benchmarks.solvers.study import evaluations

PROBLEMS = problems()
# Both stop where the barrier is still felt: with exact second derivatives SciPy's "trust-constr" reaches its
# tolerance sooner.
BARRIER = "minimize trust-constr"


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: f"{problem.name}, {problem.solver}")
def test_answers_and_evaluations(problem):
    values, derivatives, digits = evaluations(problem, EXACT)
    with_differences, _, digits_with_differences = evaluations(problem, DIFFERENCES)
    assert digits >= problem.digits
    assert derivatives > 0
    assert values + derivatives <= with_differences
    if problem.solver != BARRIER:
        assert digits > digits_with_differences - 0.5


def test_there_are_as_many_as_the_documentation_says():
    assert len(PROBLEMS) == 30
    assert {problem.solver.partition(" ")[0] for problem in PROBLEMS} == {
        "curve_fit",
        "least_squares",
        "minimize",
        "root",
        "root_scalar",
        "solve_bvp",
        "solve_ivp",
    }
