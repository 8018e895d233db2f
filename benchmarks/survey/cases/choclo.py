"""Gravity and magnetic fields of point masses, dipoles and prisms."""

from __future__ import annotations

from ..case import Case

POINT = (21.5, -11.3, 8.2)
PRISM = (-10.0, 14.0, -7.0, 9.0, -30.0, -12.0)
EVERY = tuple(range(6))


def masses(component):
    return Case(f"choclo.point:gravity_{component}", lambda: (*POINT, -3.0, 2.5, -12.0, 4.1e6), (*EVERY, 6))


def prism(component):
    return Case(f"choclo.prism:gravity_{component}", lambda: (*POINT, *PRISM, 2670.0), tuple(range(10)))


CASES = (
    *map(masses, ("pot", "e", "uu", "en")),
    *map(prism, ("pot", "u", "ee", "nu")),
    Case("choclo.prism:magnetic_field", lambda: (*POINT, *PRISM, 1.2, -0.4, 3.1), (0, 1, 2, 3, 8, 9, 10, 11)),
    Case("choclo.prism:magnetic_u", lambda: (*POINT, *PRISM, 1.2, -0.4, 3.1), (0, 1, 2, 9, 10, 11)),
    Case(
        "choclo.dipole:magnetic_field",
        lambda: (*POINT, -3.0, 2.5, -12.0, 1.2, -0.4, 3.1),
        (0, 1, 2, 3),
    ),
    Case("choclo.utils:distance_spherical", lambda: (12.0, 31.0, 6.4e6, 15.0, 28.0, 6.3e6), EVERY),
)
