"""Heterogeneous agents: interpolation on grids, policies carried forward and back."""

from __future__ import annotations

import numpy as np

from ..case import Case

H = "sequence_jacobian.blocks.support.het_compiled"


def mass(*shape):
    found = 1.0 + np.sin(np.arange(float(np.prod(shape)))).reshape(shape) ** 2
    return found / found.sum()


def weights(*shape):
    return 0.5 + 0.3 * np.cos(np.arange(float(np.prod(shape)))).reshape(shape)


def indices(*shape):
    return (np.arange(int(np.prod(shape))) % 4).reshape(shape)


I = "sequence_jacobian.utilities.interpolate"  # noqa: E741
CASES = (
    Case(f"{H}:forward_policy_1d", lambda: (mass(3, 5), indices(3, 5), weights(3, 5)), (0, 2)),
    Case(f"{H}:expectation_policy_1d", lambda: (mass(3, 5), indices(3, 5), weights(3, 5)), (0, 2)),
    Case(
        f"{H}:forward_policy_2d",
        lambda: (mass(2, 5, 5), indices(2, 5, 5), indices(2, 5, 5), weights(2, 5, 5), weights(2, 5, 5)),
        (0, 3, 4),
    ),
    Case(
        f"{H}:expectation_policy_2d",
        lambda: (mass(2, 5, 5), indices(2, 5, 5), indices(2, 5, 5), weights(2, 5, 5), weights(2, 5, 5)),
        (0, 3, 4),
    ),
    Case(
        f"{I}:interpolate_coord_njit",
        lambda: (np.linspace(0.0, 2.0, 6) ** 2, np.array([0.3, 1.1, 2.9])),
        (0, 1),
    ),
    Case(
        f"{I}:apply_coord_njit", lambda: (np.array([0, 2, 4]), np.array([0.3, 0.6, 0.8]), weights(6)), (1, 2)
    ),
    Case(f"{I}:interpolate_point", lambda: (0.7, 0.5, 1.2, 3.0, 4.1), (0, 1, 2, 3, 4)),
    Case(
        "sequence_jacobian.utilities.optimized_routines:fast_aggregate",
        lambda: (mass(4, 6), weights(4, 6)),
        (0, 1),
    ),
    Case(
        "sequence_jacobian.estimation:build_full_covariance_matrix",
        lambda: (np.sin(np.arange(24.0)).reshape(6, 2, 2), np.array([0.1, 0.2]), 4),
        (0, 1),
    ),
    Case(
        "sequence_jacobian.hetblocks.hh_labor:netexp",
        lambda: (0.3, 1.1, 0.2, 0.5, 0.7, 1.3),
        (0, 1, 2, 3, 4, 5),
    ),
)
