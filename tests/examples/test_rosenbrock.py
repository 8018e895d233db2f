import numpy as np
import pytest


def test_objective(example):
    rosen = example("rosenbrock").rosen
    assert rosen(np.ones(4)) == 0.0
    assert rosen(np.array([-1.2, 1.0])) == pytest.approx(24.2, rel=1e-15)


def test_finds_the_minimum(example, capsys):
    example("rosenbrock").main()
    printed = capsys.readouterr().out
    assert "terminated successfully" in printed
    point, value = printed.split("x = ")[1].split(", f = ")
    assert np.array(point.strip("[]").split(), float) == pytest.approx(np.ones(10), abs=1e-6)
    assert float(value.split()[0]) < 1e-12
