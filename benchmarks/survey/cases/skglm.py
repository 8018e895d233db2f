"""Sparse regression: proximal operators, penalties, coordinate descent."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case

P = "skglm.utils.prox_funcs"


def vector():
    return np.array([1.31, -0.42, 0.27, -2.05, 0.66])


def sorted_penalty(prox):
    @njit
    def call(z, alphas):
        return prox(z, alphas)

    return call


CASES = (
    Case(f"{P}:ST", lambda: (1.3, 0.4), (0, 1)),
    Case(f"{P}:ST_vec", lambda: (vector(), 0.4), (0, 1)),
    Case(f"{P}:BST", lambda: (vector(), 0.4), (0, 1)),
    Case(f"{P}:proj_L2ball", lambda: (vector(),)),
    Case(f"{P}:value_MCP", lambda: (vector(), 0.4, 3.2), (0, 1, 2)),
    Case(f"{P}:prox_MCP", lambda: (0.7, 0.9, 0.4, 3.2), (0, 1, 2, 3)),
    Case(f"{P}:value_SCAD", lambda: (vector(), 0.4, 3.2), (0, 1, 2)),
    Case(f"{P}:prox_SCAD", lambda: (0.9, 0.8, 0.4, 3.2), (0, 1, 2, 3)),
    Case(f"{P}:prox_05", lambda: (2.3, 0.4), (0, 1)),
    Case(f"{P}:prox_2_3", lambda: (2.3, 0.4), (0, 1)),
    Case(f"{P}:prox_block_2_05", lambda: (vector(), 0.4), (0, 1)),
    Case(f"{P}:prox_log_sum", lambda: (2.3, 0.4, 0.7), (0, 1, 2)),
    Case(
        f"{P}:prox_SLOPE",
        lambda: (np.array([2.31, 1.42, 1.27, 0.65]), np.array([0.9, 0.5, 0.45, 0.1])),
        (0, 1),
    ),
    Case(
        "skglm.covariance:barebones_cd_gram",
        lambda: (
            np.diag([2.0, 1.7, 2.2]) + 0.3,
            np.array([1.0, -0.8, 0.9]),
            np.zeros(3),
            0.2,
            np.ones(3),
            100,
            1e-10,
        ),
        (0, 1, 3),
    ),
)
