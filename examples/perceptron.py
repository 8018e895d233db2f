"""A multilayer perceptron with sigmoid layers that learns two interleaved half circles."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numba import njit

import dualad as da


@njit
def sigmoid(z):
    """The logistic function, elementwise."""
    return 1.0 / (1.0 + np.exp(-z))


@njit
def output(w1, b1, w2, b2, x):
    """Two layers: x of shape (n, 2), w1 (2, h), b1 (h,), w2 (h, 1), b2 (1,); result of shape (n, 1)."""
    return sigmoid(sigmoid(x @ w1 + b1) @ w2 + b2)


@njit
def loss(w1, b1, w2, b2, x, y):
    """Mean cross entropy; y of shape (n, 1) is 0 or 1."""
    p = output(w1, b1, w2, b2, x)
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))


def half_circles(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`n` points of shape (n, 2) on two half circles, and which one each is on, shape (n, 1)."""
    upper = np.arange(n) % 2 == 0
    angle = np.pi * rng.random(n)
    x = np.column_stack((np.cos(angle), np.sin(angle)))
    x[~upper] = np.array([1.0, 0.5]) - x[~upper]
    return x + rng.normal(scale=0.1, size=x.shape), (~upper).astype(float)[:, None]


def main(out: Path = Path("demo-output"), steps: int = 2000) -> float:
    """Train with 8 hidden units by gradient descent with momentum; return the share of points told right."""
    rng = np.random.default_rng(1)
    x, y = half_circles(200, rng)
    parameters = [rng.normal(size=(2, 8)), np.zeros(8), rng.normal(size=(8, 1)), np.zeros(1)]
    velocity = [np.zeros_like(p) for p in parameters]
    gradient = da.value_and_grad(loss, argnums=(0, 1, 2, 3), mode="reverse")
    losses = []
    for _ in range(steps):
        value, slopes = gradient(*parameters, x, y)
        losses.append(value)
        for p, v, slope in zip(parameters, velocity, slopes, strict=True):
            v *= 0.9
            v -= 0.3 * slope
            p += v
    right = float(np.mean((output(*parameters, x) > 0.5) == (y > 0.5)))
    print(f"cross entropy {losses[0]:.4f} -> {losses[-1]:.4f}, {100 * right:.1f} % of the points told right")
    draw(parameters, x, y, losses, out)
    return right


def draw(parameters: list, x: np.ndarray, y: np.ndarray, losses: list, out: Path) -> None:
    """The losses, and the probability over the plane."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.semilogy(losses)
    left.set_xlabel("step")
    left.set_ylabel("cross entropy")
    u, v = np.meshgrid(np.linspace(-1.5, 2.5, 80), np.linspace(-1.0, 1.5, 60))
    p = output(*parameters, np.column_stack((u.ravel(), v.ravel()))).reshape(u.shape)
    right.contourf(u, v, p, levels=10, cmap="RdBu_r")
    right.scatter(x[:, 0], x[:, 1], c=y[:, 0], cmap="RdBu_r", edgecolors="black", s=12)
    out.mkdir(parents=True, exist_ok=True)
    plt.savefig(out / "perceptron.png")
    plt.close()
    print(f"Losses and decision: {out / 'perceptron.png'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
