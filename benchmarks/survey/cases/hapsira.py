"""Orbital mechanics: propagation, Lambert's problem, elements, perturbations, low thrust."""

from __future__ import annotations

import numpy as np

from ..case import Case

K = 398600.4418  # km³/s²
R0, V0 = [1131.340, -2282.343, 6672.423], [-5.64305, 4.30333, 2.42879]
START, END = [15945.34, 0.0, 100.0], [12214.83899, 10249.46731, 40.0]
COE = (11067.79, 0.83285, 1.53, 3.97, 0.93, 1.61)  # p, ecc, inc, raan, argp, nu
core = "hapsira.core"


def state():
    return np.array([*R0, *V0])


def propagation(*rest):
    return lambda: (K, np.array(R0), np.array(V0), 2400.0, *rest)


# Without Vallado's solution of Lambert's problem, which is a bisection: its derivative is 0.
CASES = (
    *(
        Case(f"{core}.propagation.{name}:{name}", propagation(*rest), (0, 1, 2, 3))
        for name, rest in (
            ("vallado", (350,)),
            ("danby", ()),
            ("markley", ()),
            ("mikkola", ()),
            ("pimienta", ()),
            ("gooding", ()),
            ("recseries", ()),
        )
    ),
    Case(f"{core}.propagation.farnocchia:farnocchia_rv", propagation(), (0, 1, 2, 3)),
    Case(f"{core}.propagation.farnocchia:D_to_M_near_parabolic", lambda: (0.7, 0.995), (0, 1)),
    Case(f"{core}.propagation.farnocchia:M_to_D_near_parabolic", lambda: (0.7, 0.995), (0, 1)),
    Case(f"{core}.propagation.farnocchia:delta_t_from_nu", lambda: (1.2, 0.4, 1.1, 0.9), (0, 1, 2, 3)),
    Case(f"{core}.propagation.farnocchia:nu_from_delta_t", lambda: (1.7, 0.4, 1.1, 0.9), (0, 1, 2, 3)),
    Case(
        f"{core}.iod:izzo",
        lambda: (K, np.array(START), np.array(END), 4560.0, 0, True, True, 35, 1e-8),
        (0, 1, 2, 3),
    ),
    Case(f"{core}.iod:_compute_T_min", lambda: (0.3, 1, 35, 1e-8)),
    Case(f"{core}.iod:_householder", lambda: (0.2, 1.3, 0.4, 0, 1e-8, 35), (0, 1, 2)),
    Case(f"{core}.elements:coe2rv", lambda: (K, *COE), (0, 1, 2, 3, 4, 5, 6)),
    Case(f"{core}.elements:rv2coe", lambda: (K, np.array(R0), np.array(V0)), (0, 1, 2)),
    Case(f"{core}.elements:coe2mee", lambda: COE, (0, 1, 2, 3, 4, 5)),
    Case(f"{core}.elements:eccentricity_vector", lambda: (K, np.array(R0), np.array(V0)), (1, 2)),
    Case(f"{core}.perturbations:J2_perturbation", lambda: (0.0, state(), K, 1.08263e-3, 6378.1366), (1, 3)),
    Case(f"{core}.perturbations:J3_perturbation", lambda: (0.0, state(), K, -2.5327e-6, 6378.1366), (1, 3)),
    Case(
        f"{core}.perturbations:atmospheric_drag_exponential",
        lambda: (0.0, state(), K, 6378.1366, 2.2, 1e-8, 8.5, 1.225e9),
        (1, 4, 6),
    ),
    Case(f"{core}.maneuver:hohmann", lambda: (K, (np.array(R0), np.array(V0)), 35000.0), (0, 1, 2)),
    Case(
        f"{core}.maneuver:bielliptic",
        lambda: (K, 90000.0, 35000.0, (np.array(R0), np.array(V0))),
        (0, 1, 2, 3),
    ),
    Case(
        f"{core}.flybys:compute_flyby",
        lambda: (np.array([10.0, -25.0, 4.0]), np.array([2.0, -33.0, 0.1]), K, 7000.0, 0.3),
        (0, 1, 2, 3, 4),
    ),
    Case(f"{core}.spheroid_location:cartesian_to_ellipsoidal", lambda: (6378.1, 6356.7, *R0), (2, 3, 4)),
    Case(
        f"{core}.events:eclipse_function",
        lambda: (K, state(), np.array([1.2e8, 8e7, 3e6]), 695700.0, 6378.1, True),
        (1, 2),
    ),
    Case(f"{core}.events:line_of_sight", lambda: (np.array(R0), np.array(END), 6378.1), (0, 1)),
    Case(
        f"{core}.thrust.change_ecc_quasioptimal:extra_quantities",
        lambda: (K, 42164.0, 0.1, 0.6, 2.4e-7),
        (1, 2, 3),
    ),
    Case(
        f"{core}.thrust.change_a_inc:extra_quantities",
        lambda: (K, 7000.0, 42166.0, 0.4974, 0.1, 3.5e-7),
        (1, 2, 3, 4),
    ),
    Case(f"{core}.angles:M_to_E", lambda: (1.1, 0.3), (0, 1)),
    Case(f"{core}.angles:M_to_F", lambda: (1.1, 1.3), (0, 1)),
    Case(f"{core}.util:rotation_matrix", lambda: (0.7, 2)),
)
