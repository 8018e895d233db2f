"""The scripts that learn or simulate: against closed solutions, a gradient written by hand, and PyTorch."""

from importlib.util import find_spec

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")


def test_powers(example, tmp_path):
    curves = example("powers").main(tmp_path)
    x = np.linspace(-2.0, 2.0, 201)
    want = {
        "square": x**2, "square'": 2 * x, "square''": 2 + 0 * x,
        "cube": x**3, "cube'": 3 * x**2, "cube''": 6 * x,
    }  # fmt: skip
    assert curves.keys() == want.keys()
    for name, values in want.items():
        np.testing.assert_allclose(curves[name], values, rtol=1e-14, atol=1e-14)
    assert (tmp_path / "powers.png").exists()


def test_greeks_of_an_option(example, tmp_path, capsys):
    assert np.all(np.abs(example("option_greeks").main(tmp_path)) < 4.0)
    assert (tmp_path / "option_greeks.png").exists()
    assert "1048576 paths): reached" in capsys.readouterr().out


def test_simulated_moments(example, tmp_path, capsys):
    assert np.all(np.abs(example("simulated_moments").main(tmp_path)) < 3.0)
    assert (tmp_path / "simulated_moments.png").exists()
    assert "standard errors): reached" in capsys.readouterr().out


def test_descent_finds_the_least_squares_solution(example, tmp_path):
    found, exact = example("regression").main(tmp_path)
    np.testing.assert_allclose(found, exact, rtol=1e-10)


@pytest.mark.battery
def test_perceptron_separates_the_half_circles(example, tmp_path):
    assert example("perceptron").main(tmp_path, steps=400) > 0.97
    assert (tmp_path / "perceptron.png").exists()


def losses_by_hand(module):
    (w1, b1, w2, b2), x, y = module.problem()
    losses = []
    for _ in range(module.EPOCHS):
        z = x @ w1 + b1
        hidden = np.maximum(z, 0.0)
        residual = hidden @ w2 + b2 - y
        losses.append(np.mean(residual**2))
        out_bar = 2.0 * residual / residual.size
        z_bar = (out_bar @ w2.T) * (z > 0.0)
        w1 = w1 - module.RATE * x.T @ z_bar
        b1 = b1 - module.RATE * z_bar.sum(axis=0)
        w2 = w2 - module.RATE * hidden.T @ out_bar
        b2 = b2 - module.RATE * out_bar.sum(axis=0)
    return np.array(losses)


def test_losses_of_the_relu_network(example, tmp_path):
    module = example("relu_network")
    losses = module.main(tmp_path)
    assert losses[-1] < 0.01 * losses[0]
    np.testing.assert_allclose(losses, losses_by_hand(module), rtol=1e-12)
    if find_spec("torch"):
        np.testing.assert_allclose(losses, module.train_torch(), rtol=1e-12)
