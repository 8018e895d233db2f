"""Exoplanet orbits: Kepler's equation, Taylor expansions of orbits, transits."""

from __future__ import annotations

import numpy as np

from ..case import Case

B = "meepmeep.backends.numba"
ORBIT = (3.2, 8.4, 1.52, 0.13, 0.7)  # period, a/R, inclination, eccentricity, periastron


def times():
    return np.linspace(-1.9, 2.3, 7)


def expansion():
    from meepmeep.backends.numba.point3d.solve import solve3d

    return solve3d(0.0, *ORBIT)


# Without contact points, which are found by bisection: their derivative is 0.
CASES = (
    Case(f"{B}.newton.newton:ea_from_ma", lambda: (1.1, 0.3), (0, 1)),
    Case(f"{B}.newton.newton:ta_newton_s", lambda: (1.3, 0.1, 3.2, 0.13, 0.7), (0, 1, 2, 3, 4)),
    Case(f"{B}.newton.newton:xyz_newton_v", lambda: (times(), 0.1, *ORBIT), (0, 1, 2, 3, 4, 5, 6)),
    Case(f"{B}.newton.newton:rv_newton_v", lambda: (times(), 11.0, 0.1, 3.2, 0.13, 0.7), (0, 1, 2, 3, 4, 5)),
    Case(f"{B}.newton.newton:eclipse_light_travel_time", lambda: (*ORBIT, 1.1), (0, 1, 2, 3, 4, 5)),
    Case(f"{B}.point3d.solve:solve3d", lambda: (0.1, *ORBIT), (0, 1, 2, 3, 4, 5)),
    Case(f"{B}.point3d.util:find_z_min", lambda: (0.02, expansion()), (0, 1)),
    Case(f"{B}.utils:d_from_pkaiews", lambda: (3.2, 0.1, *ORBIT[1:], 1.0), (0, 1, 2, 3, 4, 5)),
    Case(f"{B}.utils:eccentricity_vector", lambda: ORBIT[2:], (0, 1, 2)),
)
