"""Linear algebra in every mode, compiled: ``python -m tests.compiler.arrays.linear_algebra [functions]``.

This takes forty minutes on one core; the tests beside it do a part. Gradients and Hessians are held against
central differences of fourth order, of the function and of its gradient.
"""

import sys
from time import process_time

import numpy as np
from numba import njit

import dualad as da

MODES = ("forward", "tape")
STEP = 1e-3  # h⁴ = 1e-12 times derivatives of fifth order, eps / h = 2e-13 times values

POINT = np.array([[3.0, 0.5, -0.3], [0.2, 2.1, 0.7], [-0.4, 0.6, 1.2]])


@njit
def weighted(x):
    """A sum to which every entry contributes differently."""
    s = 0.0
    k = 1.0
    for v in x.ravel():
        s += np.sin(k) * v
        k += 1.0
    return s


@njit
def products(a):
    s = np.vdot(a[0], a[1]) + np.trace(a, 1) + weighted(np.outer(a[0], a[1])) + weighted(np.kron(a, a[:2]))
    s += weighted(np.linalg.matrix_power(a, 3)) + weighted(np.linalg.matrix_power(a, -2))
    return s + weighted(a @ a[0]) + weighted(a[1] @ a) + weighted(np.dot(a, a.T))


@njit
def systems(a):
    s = weighted(np.linalg.solve(a, a[:, 0] * a[:, 1]))
    s += weighted(np.linalg.solve(a, np.ascontiguousarray(a.T)))
    return s + weighted(np.linalg.inv(a)) + np.linalg.det(a) + np.linalg.slogdet(a)[1]


@njit
def least_squares(a):
    tall, right = a[:, :2].copy(), a[:, 2].copy()
    x, residuals, rank, s = np.linalg.lstsq(tall, right)
    return rank * weighted(x) + weighted(residuals) + weighted(s) + weighted(np.linalg.pinv(tall))


@njit
def triangles(a):
    q, r = np.linalg.qr(a)
    return weighted(np.linalg.cholesky(a @ a.T)) + weighted(q) + weighted(r)


@njit
def symmetric(a):
    w, v = np.linalg.eigh(a)
    squares = np.linalg.eigvalsh(a) ** 2
    return weighted(w) + weighted(v * v) + weighted(squares)


@njit
def real_eigenvalues(a):
    w, v = np.linalg.eig(a)  # complex numbers from NumPy 2.5 on, real or not
    return weighted(w.real) + weighted(v.real * v.real) + weighted(np.linalg.eigvals(a).real)


@njit
def singular_values(a):
    u, s, vt = np.linalg.svd(a)
    thin_u, _, thin_vt = np.linalg.svd(a, False)
    return weighted(u * vt) + weighted(s) + weighted(thin_u * thin_vt)


@njit
def norms(a):
    s = np.linalg.norm(a) + np.linalg.norm(a, 1) * np.linalg.norm(a, -np.inf) + np.linalg.norm(a, 2)
    s += np.linalg.norm(a[0], 3.0) + np.linalg.norm(a[0])
    return s + np.linalg.cond(a) + np.linalg.cond(a, 1)


FUNCTIONS = (
    products, systems, least_squares, triangles, symmetric, real_eigenvalues, singular_values, norms,
)  # fmt: skip


def differences(f, x, h=STEP):
    """The derivative of a function of one array, its axes last."""
    partials = []
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        step = step.reshape(x.shape)
        first, second = f(x + step) - f(x - step), f(x + 2 * step) - f(x - 2 * step)
        partials.append((8 * first - second) / (12 * h))
    return np.stack(partials, -1).reshape(np.shape(partials[0]) + x.shape)


def gradient_error(f, mode, x=POINT):
    """How far a gradient is from differences, relative to the largest entry."""
    return relative(da.grad(f, mode=mode)(x), differences(f, x))


def hessian_error(f, inner, outer, x=POINT):
    """How far the derivative in one mode of the gradient in another is from differences of gradients."""
    gradient = da.grad(f, mode=inner)
    return relative(da.jacobian(gradient, mode=outer)(x), differences(gradient, x))


def relative(found, wanted):
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def main(names):
    chosen = [f for f in FUNCTIONS if not names or f.__name__ in names]
    worst = 0.0
    for f in chosen:
        checks = [(mode, lambda mode=mode, f=f: gradient_error(f, mode)) for mode in MODES]
        checks += [
            (f"{outer} over {inner}", lambda inner=inner, outer=outer, f=f: hessian_error(f, inner, outer))
            for inner in MODES
            for outer in MODES
        ]
        for what, check in checks:
            start = process_time()
            error = check()
            worst = max(worst, error)
            print(f"{f.__name__:<18}{what:<22}{error:.1e}{process_time() - start:8.1f} s", flush=True)
    return int(not worst < 1e-9)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
