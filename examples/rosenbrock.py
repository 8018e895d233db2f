"""Minimise Rosenbrock's function with an exact gradient and exact Hessian-vector products."""

import numpy as np
from numba import njit
from scipy.optimize import minimize

import dualad as da


@njit
def rosen(x):
    """Rosenbrock's function of x, float64, shape (n,)."""
    s = 0.0
    for i in range(x.size - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


def main() -> None:
    """Minimise from the usual start in ten dimensions."""
    start = np.tile([-1.2, 1.0], 5)
    result = minimize(rosen, start, method="Newton-CG", jac=da.grad(rosen), hessp=da.hvp(rosen), tol=1e-12)
    print(result.message)
    print(f"x = {result.x}, f = {result.fun:.1e}")
    print(f"{result.nfev} values, {result.njev} gradients, {result.nhev} Hessian-vector products")


if __name__ == "__main__":
    main()
