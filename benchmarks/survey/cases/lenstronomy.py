"""Gravitational lensing: ellipticities, coordinates, the elliptical power law (in complex numbers)."""

from __future__ import annotations

import numpy as np

from ..case import Case

LENS = (1.3, 2.1, 0.12, -0.07, 0.02, 0.05)
E = "lenstronomy.LensModel.Util.epl_util"
CASES = (
    Case("lenstronomy.Util.param_util:phi_q2_ellipticity", lambda: (0.4, 0.7), (0, 1)),
    Case("lenstronomy.Util.param_util:ellipticity2phi_q", lambda: (0.12, -0.07), (0, 1)),
    Case(
        "lenstronomy.Util.util:rotate", lambda: (np.array([1.0, 0.3]), np.array([0.4, -1.2]), 0.6), (0, 1, 2)
    ),
    Case(f"{E}:min_approx", lambda: (0.1, 0.5, 1.2, 0.8, 0.3, 0.9), (0, 1, 2, 3, 4, 5)),
    Case(f"{E}:rotmat", lambda: (0.6,)),
    Case(f"{E}:cart_to_pol", lambda: (0.8, -1.1), (0, 1)),
    Case(f"{E}:pol_to_ell", lambda: (0.8, 0.6, 0.7), (0, 1, 2)),
    Case(f"{E}:ell_to_pol", lambda: (0.8, 0.6, 0.7), (0, 1, 2)),
    Case(f"{E}:solvequadeq", lambda: (1.2, -3.1, 0.7), (0, 1, 2)),
    Case(
        "lenstronomy.LensModel.Profiles.epl_numba:EPL_numba.function",
        lambda: (0.8, -0.6, *LENS),
        (0, 1, 2, 3, 4, 5),
    ),
    Case(
        "lenstronomy.LensModel.Profiles.epl_numba:EPL_numba.derivatives",
        lambda: (0.8, -0.6, *LENS),
        (0, 1, 2),
    ),
)
