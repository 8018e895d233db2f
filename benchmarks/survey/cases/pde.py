"""Partial differential equations: finite differences on Cartesian, polar, spherical and cylindrical grids."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case


def field(*shape):
    return np.sin(np.arange(float(np.prod(shape)))).reshape(shape) + 0.2


def operator(grid, name, components=(), rank=0):
    """Make the operator's kernel, which writes to its second argument."""

    def through(module):
        import pde

        made = getattr(pde, grid[0])(*grid[1:])
        kernel = made.make_operator_no_bc(name, backend="numba")
        shape = (*components, *made.shape)

        @njit
        def apply(values):
            out = np.zeros(shape)
            kernel(values, out)
            return out

        return apply

    return through


LINE = ("CartesianGrid", [[0, 3]], 6)
PLANE = ("CartesianGrid", [[0, 3], [0, 2]], [5, 4])
DISC = ("PolarSymGrid", (0.5, 3), 6)
BALL = ("SphericalSymGrid", (0.5, 3), 6)
TUBE = ("CylindricalSymGrid", 2, (0, 3), (4, 5))


def case(module, grid, name, shape, components=()):
    return Case(
        f"pde.backends.numba.operators.{module}:__doc__",
        lambda: (field(*shape),),
        (0,),
        operator(grid, name, components),
    )


CASES = (
    case("cartesian", LINE, "laplace", (8,)),
    case("cartesian", PLANE, "laplace", (7, 6)),
    case("cartesian", PLANE, "gradient_squared", (7, 6)),
    case("cartesian", PLANE, "gradient", (7, 6), (2,)),
    case("cartesian", PLANE, "divergence", (2, 7, 6)),
    case("polar_sym", DISC, "laplace", (8,)),
    case("spherical_sym", BALL, "laplace", (8,)),
    case("spherical_sym", BALL, "gradient_squared", (8,)),
    case("cylindrical_sym", TUBE, "laplace", (6, 7)),
)
