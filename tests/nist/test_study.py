import numpy as np
import pytest

from dualad.nist import Fit, load
from dualad.nist.study import compare, compile_problem, score


def test_score_is_of_the_worst_entry():
    data = load("Rat42")
    found = Fit(
        parameters=data.certified * [1.0, 1.0 + 1e-6, 1.0],
        deviations=data.certified_deviations * [1.0 - 1e-3, 1.0, 1.0],
        rss=data.rss * (1.0 + 1e-9),
        solver="lm",
        iterations=1,
        evaluations=1,
        offset=0.0,
        converged=True,
    )
    result = score(found, data, 0.5)
    assert result.parameters == pytest.approx(6.0, abs=1e-3)
    assert result.deviations == pytest.approx(3.0, abs=1e-3)
    assert result.rss == pytest.approx(9.0, abs=1e-3)
    assert result.seconds == 0.5


def test_comparison_of_exact_and_differences():
    prepared, seconds = compile_problem("Misra1d")
    rows = list(compare(prepared))
    assert seconds > 0.0
    assert [row.start for row in rows] == [1, 2]
    for row in rows:
        assert row.exact.parameters > 10.0
        assert row.exact.deviations > row.differences.deviations
        assert row.exact.seconds > 0.0
        assert row.differences.seconds > 0.0
        assert np.isfinite(row.fit.parameters).all()
