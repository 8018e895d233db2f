"""Solar energy: the position of the sun by series, with refraction and parallax."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case

T = 1.7e9


def over_time(loop):
    @njit
    def positions(unixtime, delta_t, place):
        out = np.empty((6, unixtime.size))
        loop(unixtime, delta_t, place, out)
        return out

    return positions


def nutation(kernel):
    @njit
    def both(century):
        out = np.empty(2)
        kernel(century, 1.2, 0.7, 2.1, 0.4, 3.3, out)
        return out

    return both


CASES = (
    Case("pvlib.spa:heliocentric_longitude", lambda: (0.0213,)),
    Case("pvlib.spa:heliocentric_radius_vector", lambda: (0.0213,)),
    Case("pvlib.spa:longitude_obliquity_nutation", lambda: (0.213,), (0,), nutation),
    Case("pvlib.spa:geocentric_sun_right_ascension", lambda: (131.0, 23.4, 0.0003), (0, 1, 2)),
    Case(
        "pvlib.spa:topocentric_sun_declination",
        lambda: (21.3, 0.7, 0.6, 0.0024, 0.001, 43.0),
        (0, 1, 2, 3, 4, 5),
    ),
    Case("pvlib.spa:atmospheric_refraction_correction", lambda: (1013.0, 12.0, 31.0, 0.5667), (0, 1, 2)),
    Case(
        "pvlib.spa:solar_position_loop",
        lambda: (
            np.array([T, T + 4e3]),
            np.array([67.0, 67.0]),
            np.array([47.1, 8.5, 410.0, 960.0, 12.0, 0.5667, 0.0, 0.0]),
        ),
        (1, 2),
        over_time,
    ),
)
