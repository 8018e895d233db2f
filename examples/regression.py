"""Linear regression by gradient descent, in NumPy style; compared with the closed-form solution."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numba import njit

import dualad as da

TRUE = np.array([1.5, -2.0, 0.5])


@njit
def loss(w, b, x, y):
    """Mean squared error of x @ w + b: x of shape (n, d), y of shape (n,), w of shape (d,), b a float."""
    return np.mean((x @ w + b - y) ** 2)


gradient = da.value_and_grad(loss, argnums=(0, 1))


@njit
def descend(w, b, x, y, rate, steps):
    """Gradient descent, compiled as a whole; returns the losses too."""
    losses = np.empty(steps)
    for i in range(steps):
        losses[i], (w_bar, b_bar) = gradient(w, b, x, y)
        w = w - rate * w_bar
        b = b - rate * b_bar
    return w, b, losses


def main(out: Path = Path("demo-output")) -> tuple[np.ndarray, np.ndarray]:
    """Fit 200 noisy points in three dimensions; return what descent and the closed solution find."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, TRUE.size))
    y = x @ TRUE + 0.7 + rng.normal(scale=0.1, size=200)
    w, b, losses = descend(np.zeros(TRUE.size), 0.0, x, y, 0.1, 200)
    exact = np.linalg.lstsq(np.column_stack((x, np.ones(200))), y)[0]
    print(f"gradient descent: w = {w}, b = {b:.6f}, loss {losses[-1]:.6f}")
    print(f"least squares:    w = {exact[:-1]}, b = {exact[-1]:.6f}")
    plt.figure(figsize=(5, 3.6), layout="constrained")
    plt.semilogy(losses)
    plt.xlabel("step")
    plt.ylabel("mean squared error")
    out.mkdir(parents=True, exist_ok=True)
    plt.savefig(out / "regression.png")
    plt.close()
    print(f"Losses: {out / 'regression.png'}")
    return np.append(w, b), exact


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
