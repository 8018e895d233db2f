"""Seismology: the eikonal equation by fast sweeping, interpolation of travel times."""

from __future__ import annotations

import numpy as np

from ..case import Case


def slowness():
    return 0.5 + 0.1 * np.sin(np.arange(30.0)).reshape(6, 5)


def grid(n):
    return np.linspace(0.0, 2.0, n)


I = "fteikpy._interp"  # noqa: E741
CASES = (
    Case(
        "fteikpy._fteik._fteik2d:fteik2d",
        lambda: (slowness(), 0.4, 0.5, 0.91, 0.87, 2, False),
        (0, 1, 2, 3, 4),
    ),
    Case("fteikpy._fteik._fteik2d:t_anad", lambda: (3, 2, 0.4, 0.5, 1.1, 0.7, 0.6), (2, 3, 4, 5, 6)),
    Case(
        "fteikpy._fteik._fteik2d:delta",
        lambda: (1.1, 1.3, 1.2, 0.9, 0.8, 0.7, 2.1, 1.7, 0.4, 0.5, 0.16, 0.25, 0.55, 1, 1),
        tuple(range(13)),
    ),
    Case(f"{I}._interp2d:_interp2d", lambda: (grid(6), grid(5), slowness(), 0.71, 1.13, 0.0), (2, 3, 4)),
    Case(
        f"{I}._vinterp2d:_vinterp2d",
        lambda: (grid(6), grid(5), slowness(), 0.71, 1.13, 0.2, 0.3, 0.5, 0.0),
        (2, 3, 4, 5, 6),
    ),
    Case(
        f"{I}._interp3d:_interp3d",
        lambda: (grid(4), grid(3), grid(3), np.sin(np.arange(36.0)).reshape(4, 3, 3), 0.71, 1.13, 0.4, 0.0),
        (3, 4, 5, 6),
    ),
    Case("fteikpy._common:dist3d", lambda: (0.1, 0.5, 0.2, 0.9, 1.4, 0.8), (0, 1, 2, 3, 4, 5)),
)
