"""A 1-10-1 ReLU network, mean squared error, plain gradient descent; the same in PyTorch, if installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numba import njit

import dualad as da

RATE, EPOCHS, POINTS, HIDDEN = 0.001, 100, 100, 10


@njit
def network(w1, b1, w2, b2, x):
    """X of shape (n, 1), w1 (1, h), b1 (h,), w2 (h, 1), b2 (1,); result of shape (n, 1)."""
    return np.maximum(x @ w1 + b1, 0.0) @ w2 + b2


@njit
def loss(w1, b1, w2, b2, x, y):
    """Mean squared error; y of shape (n, 1)."""
    return np.mean((network(w1, b1, w2, b2, x) - y) ** 2)


def problem() -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Weights to start from, and points of a noisy sine."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-3.0, 3.0, size=(POINTS, 1))
    y = np.sin(x) + rng.normal(scale=0.1, size=x.shape)
    weights = [
        rng.normal(size=(1, HIDDEN)),
        rng.normal(size=HIDDEN),
        rng.normal(size=(HIDDEN, 1)),
        np.zeros(1),
    ]
    return weights, x, y


def train() -> tuple[list[np.ndarray], np.ndarray]:
    """The trained weights, and the loss before each epoch."""
    weights, x, y = problem()
    gradient = da.value_and_grad(loss, argnums=(0, 1, 2, 3), mode="reverse")
    losses = np.empty(EPOCHS)
    for epoch in range(EPOCHS):
        losses[epoch], slopes = gradient(*weights, x, y)
        weights = [w - RATE * slope for w, slope in zip(weights, slopes, strict=True)]
    return weights, losses


def train_torch() -> np.ndarray:
    """The losses of the same training in PyTorch, in double precision."""
    import torch

    weights, x, y = problem()
    w1, b1, w2, b2 = (torch.tensor(w, requires_grad=True) for w in weights)
    optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=RATE)
    losses = []
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        prediction = torch.relu(torch.tensor(x) @ w1 + b1) @ w2 + b2
        value = torch.nn.functional.mse_loss(prediction, torch.tensor(y))
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return np.array(losses)


def main(out: Path = Path("demo-output")) -> np.ndarray:
    """Train, compare, draw; return the losses."""
    weights, losses = train()
    print(f"loss {losses[0]:.6f} -> {losses[-1]:.6f} in {EPOCHS} epochs")
    if find_spec("torch") is None:
        print("PyTorch is not installed: nothing to compare with")
    else:
        apart = np.max(np.abs(losses / train_torch() - 1.0))
        print(f"losses differ from PyTorch's by at most {apart:.1e}, relatively")
    _, x, y = problem()
    grid = np.linspace(-3.0, 3.0, 200)[:, None]
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.plot(losses)
    left.set_xlabel("epoch")
    left.set_ylabel("mean squared error")
    right.plot(x, y, ".", grid, network(*weights, grid), "-")
    right.set_xlabel("x")
    out.mkdir(parents=True, exist_ok=True)
    plt.savefig(out / "relu_network.png")
    plt.close()
    print(f"Losses and fit: {out / 'relu_network.png'}")
    return losses


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
