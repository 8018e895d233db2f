"""Transit light curves: overlaps of discs, elliptic integrals, limb darkening, phase curves."""

from __future__ import annotations

import numpy as np

from ..case import Case

M = "pytransit.models.numba"
DARK = [0.42, 0.23]


def dark():
    return np.array(DARK)


CASES = (
    Case(f"{M}.ma_quadratic_nb:eval_quad_z_s", lambda: (0.34, 0.11, dark()), (0, 1, 2)),
    Case(f"{M}.ma_quadratic_nb:ellpicb", lambda: (0.3, 0.6), (0, 1)),
    Case(f"{M}.ma_quadratic_nb:ellec", lambda: (0.6,)),
    Case(f"{M}.ma_quadratic_nb:ellk", lambda: (0.6,)),
    Case(f"{M}.ma_uniform_nb:uniform_z_s", lambda: (0.97, 0.11, 1.0), (0, 1)),
    Case(f"{M}.ma_uniform_nb:dfdz", lambda: (0.97, 1.0, 0.11), (0, 1, 2)),
    Case(f"{M}.ma_chromosphere_nb:chromosphere_z_s", lambda: (0.54, 0.11), (0, 1)),
    Case(f"{M}.qpower2_nb:qpower2_z_s", lambda: (0.95, 0.11, dark()), (0, 1, 2)),
    Case(f"{M}.general_nb:loggamma", lambda: (3.7,)),
    Case(f"{M}.gdmodel:planck", lambda: (5.5e-7, 5800.0), (0, 1)),
    Case(f"{M}.gdmodel:z_s", lambda: (0.3, 0.2, 1.0, 0.11, 0.4, 0.9), (0, 1, 2, 3, 4, 5)),
    Case(
        f"{M}.ldtkldm:trilinear_interpolation_unit_cube",
        lambda: (np.sin(np.arange(48.0)).reshape(2, 2, 2, 3, 2), 0.3, 0.6, 0.2),
        (0, 1, 2, 3),
    ),
    Case(
        f"{M}.phasecurves:emission",
        lambda: (0.01, 0.2, 1.3, 0.4, 0.1, 3.2, True, np.linspace(0.0, 3.0, 5)),
        (0, 1, 2, 3, 4, 5),
    ),
    Case(
        f"{M}.phasecurves:lambert_phase_function",
        lambda: (8.2, 0.01, 0.4, 0.1, 3.2, True, np.linspace(0.2, 3.0, 5)),
        (0, 1, 2, 3, 4),
    ),
)
