"""Audio: dynamic time warping, recurrence, Viterbi, linear prediction, overlap and add."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case


def costs():
    return np.abs(np.subtract.outer(np.sin(np.arange(6.0)), np.cos(1.3 * np.arange(5.0)))) + 0.07


def warped(kernel):
    @njit
    def accumulated(c, multiplied, added):
        d = np.full((c.shape[0] + 1, c.shape[1] + 1), np.inf)
        d[1, 1] = c[0, 0]
        steps = np.zeros(d.shape, dtype=np.int32)
        moves = np.array([[1, 1], [0, 1], [1, 0]], dtype=np.uint32)
        found, _ = kernel(c, d, steps, moves, multiplied, added, 1, 1)
        return found[1:, 1:]

    return accumulated


def scored(kernel):
    """The scores, without the integers that say where they come from."""

    @njit
    def scores(similarity, onset, extend):
        return kernel(similarity, onset, extend, True)[0]

    return scores


def overlapped(kernel):
    @njit
    def signal(frames):
        y = np.zeros(3 * frames.shape[1] + frames.shape[0])
        kernel(y, frames, 3)
        return y

    return signal


def predicted(kernel):
    @njit
    def coefficients(y):
        order, rows = 3, y.shape[1]
        ar, before = np.zeros((order + 1, rows)), np.zeros((order + 1, rows))
        ar[0], before[0] = 1.0, 1.0
        reflections, den = np.zeros((1, rows)), np.zeros((1, rows))
        forward, backward = y[1:].copy(), y[:-1].copy()
        for i in range(rows):
            den[0, i] = np.sum(forward[:, i] ** 2 + backward[:, i] ** 2)
        return kernel(y, order, ar, before, reflections, den, 1e-30)

    return coefficients


def decoded(kernel):
    """The likelihood of the best path, without its states."""

    @njit
    def value(log_prob, log_trans, log_start):
        return kernel(log_prob, log_trans, log_start)[1]

    return value


def window(kernel):
    @njit
    def envelope(squares):
        x = np.zeros(20)
        kernel(x, squares, 4, 3)
        return x

    return envelope


CASES = (
    Case(
        "librosa.sequence:__dtw_calc_accu_cost",
        lambda: (costs(), np.array([1.0, 1.2, 0.9]), np.array([0.0, 0.05, 0.1])),
        (0, 1, 2),
        warped,
    ),
    Case("librosa.sequence:__rqa_dp", lambda: (np.maximum(costs() - 0.6, 0.0), 0.31, 0.12), (1, 2), scored),
    Case(
        "librosa.sequence:_viterbi",
        lambda: (-costs() - 0.1, -costs()[:5] - 0.2, -costs()[0] - 0.3),
        (0, 1, 2),
        decoded,
    ),
    Case(
        "librosa.core.audio:__lpc",
        lambda: (
            np.sin(np.arange(24.0) * 1.1).reshape(12, 2) + 0.1 * np.cos(np.arange(24.0) ** 2).reshape(12, 2),
        ),
        (0,),
        predicted,
    ),
    Case("librosa.core.spectrum:__overlap_add", lambda: (costs(),), (0,), overlapped),
    Case("librosa.filters:__window_ss_fill", lambda: (np.hanning(8) ** 2,), (0,), window),
)
