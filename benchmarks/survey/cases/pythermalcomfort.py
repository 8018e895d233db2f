"""Thermal comfort: models of heat balance, stepped through time and solved by iteration."""

from __future__ import annotations

from numba import njit

from ..case import Case

M = "pythermalcomfort.models"
ROOM = (27.3, 29.1, 0.23)  # air, radiant temperature, air speed
BED = (23.4, 24.1, 0.12, 47.0, 0.62, 1.9, 0.72, 0.0, 1.0, 3)
SLEEPER = (171.0, 70.0, 170.0, 120.0, 0.5, 33.7, 36.8, 0.0677, 0.1, 6.3, 0.0)


def strain(model):
    """All results but the last, an integer."""

    @njit
    def floats(tdb, tr, v, p_a, met, clo):
        found = model(
            tdb, tr, v, p_a, met, clo, 1, 1.0, 100.0, 76.0, 0.0, 0.38, 0.54, 1.8, 0.4, 10.0, 40, 0.97, 34.1,
            36.8, 36.8, 36.8, 0.3, 0.0, 0.0, 1,
        )  # fmt: skip
        return found[:10]

    return floats


# Without solvers by bisection, which depend on their arguments by comparisons only.
CASES = (
    Case(
        f"{M}.two_nodes_gagge:_gagge_two_nodes_optimized",
        lambda: (*ROOM, 1.24, 0.61, 14.2, 0.0, 1.83, 101325.0, 0, False),
        (0, 1, 2, 3, 4, 5),
    ),
    Case(
        f"{M}.two_nodes_gagge_ji:_two_nodes_ji_optimized_scalar",
        lambda: (*ROOM, 1.24, 0.61, 14.2, 0.0, 1.83, 101325.0, 0, False, 70.0, 20, 36.1, 36.8),
        (0, 1, 2, 3, 4, 5),
    ),
    Case(f"{M}.two_nodes_gagge_sleep:_sleep_set_optimized", lambda: (*BED, *SLEEPER), (0, 1, 3, 4, 5, 6)),
    Case(
        f"{M}.phs:_phs_optimized_scalar",
        lambda: (39.2, 41.7, 0.31, 2.1, 154.0, 0.52),
        (0, 1, 2, 3, 4, 5),
        strain,
    ),
    Case(
        f"{M}.cooling_effect:_set_for_cooling_effect",
        lambda: (*ROOM, 52.0, 1.24, 0.61, 0.0),
        (0, 1, 2, 3, 4, 5),
    ),
    Case(
        f"{M}.solar_gain:_solar_gain_scalar",
        lambda: (31.0, 124.0, 813.0, 0.52, 0.48, 0.53, 0.72, 0.61, 1),
        (0, 1, 2, 3, 4, 5, 6, 7),
    ),
    Case(
        "pythermalcomfort.environment.transpose_sharp_altitude:transpose_sharp_altitude",
        lambda: (31.0, 54.0),
        (0, 1),
    ),
)
