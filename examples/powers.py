"""x² and x³ with their first and second derivatives, drawn."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numba import njit

import dualad as da


@njit
def square(x):
    """x² of a float."""
    return x**2


@njit
def cube(x):
    """x³ of a float."""
    return x**3


def main(out: Path = Path("demo-output")) -> dict[str, np.ndarray]:
    """Tabulate both functions and their derivatives at 0.5, and draw them on [-2, 2]."""
    grid = np.linspace(-2.0, 2.0, 201)
    curves = {}
    for f in (square, cube):
        for order, mark in enumerate(("", "'", "''")):
            g = f if order == 0 else da.derivative(f, order=order)
            curves[f.__name__ + mark] = np.array([g(x) for x in grid])
            print(f"{f.__name__ + mark:<8} at 0.5: {g(0.5)}")
    _, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, values in curves.items():
        axes[int(name.startswith("cube"))].plot(grid, values, label=name)
    for ax in axes:
        ax.legend()
        ax.set_xlabel("x")
    out.mkdir(parents=True, exist_ok=True)
    plt.savefig(out / "powers.png")
    plt.close()
    print(f"Curves: {out / 'powers.png'}")
    return curves


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
