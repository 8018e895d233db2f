"""Gradients written by hand, as good as they get in Numba; each gives what dualad's derivative gives."""

from __future__ import annotations

from math import exp

import numpy as np
from numba import njit


@njit
def llsq(x, n):
    out = np.zeros_like(x)
    for i in range(n):
        t = -1.0 + i * 2.0 / (n - 1)
        residual = -np.sign(t)
        power = 1.0
        for j in range(x.size):
            residual += x[j] * power
            power *= t
        power = residual
        for j in range(x.size):
            out[j] += power
            power *= t
    return out


@njit
def lse(x):
    out = np.empty_like(x)
    top = x.max()
    total = 0.0
    for i in range(x.size):
        out[i] = exp(x[i] - top)
        total += out[i]
    scale = 1.0 / total
    for i in range(x.size):
        out[i] *= scale
    return out


@njit
def ode(x, steps):
    """The stages of all steps are kept: what a step needs backwards."""
    n = x.size
    h = 2.0 / steps
    ys = np.empty((steps, 4, n))  # the arguments of the four slopes
    y = np.zeros(n)
    k = np.empty((4, n))
    ahead = (0.0, h / 2.0, h / 2.0, h)
    weights = (h / 6.0, h / 3.0, h / 3.0, h / 6.0)
    for step in range(steps):
        for stage in range(4):
            point, slope = ys[step, stage], k[stage]
            for i in range(n):
                point[i] = y[i] + ahead[stage] * k[stage - 1, i] if stage else y[i]
            slope[0] = x[0]
            for i in range(1, n):
                slope[i] = x[i] * point[i - 1]
        for i in range(n):
            y[i] += weights[0] * k[0, i] + weights[1] * k[1, i] + weights[2] * k[2, i] + weights[3] * k[3, i]
    out, y_bar, point_bar = np.zeros(n), np.zeros(n), np.empty(n)
    y_bar[n - 1] = 1.0
    k_bar = np.empty((4, n))
    for step in range(steps - 1, -1, -1):
        for stage in range(4):
            for i in range(n):
                k_bar[stage, i] = weights[stage] * y_bar[i]
        for stage in range(3, -1, -1):
            point, slope_bar = ys[step, stage], k_bar[stage]
            out[0] += slope_bar[0]
            for i in range(1, n):
                out[i] += slope_bar[i] * point[i - 1]
                point_bar[i - 1] = slope_bar[i] * x[i]
            point_bar[n - 1] = 0.0
            for i in range(n):
                y_bar[i] += point_bar[i]
                if stage:
                    k_bar[stage - 1, i] += ahead[stage] * point_bar[i]
    return out


@njit
def lstm(main, extra, state, sequence):
    """The gates of all characters are kept."""
    layers, (count, n) = state.shape[0] // 2, sequence.shape
    hidden, cell = np.empty((count, layers, n)), np.empty((count, layers, n))
    gates = np.empty((count - 1, layers, 5, n))  # forget, in, out, change, tanh(cell)
    main_bar, extra_bar = np.zeros_like(main), np.zeros_like(extra)
    predicted_bar = np.empty((count - 1, n))
    for k in range(layers):
        hidden[0, k], cell[0, k] = state[2 * k], state[2 * k + 1]
    for t in range(count - 1):
        weight = 2.0
        for k in range(layers):
            w, b = main[2 * k], main[2 * k + 1]
            for i in range(n):
                signal = hidden[t + 1, k - 1, i] if k else sequence[t, i] * extra[0, i]
                before = hidden[t, k, i]
                forget = 1.0 / (1.0 + exp(-(signal * w[i] + b[i])))
                ingate = 1.0 / (1.0 + exp(-(before * w[n + i] + b[n + i])))
                outgate = 1.0 / (1.0 + exp(-(signal * w[2 * n + i] + b[2 * n + i])))
                change = np.tanh(before * w[3 * n + i] + b[3 * n + i])
                cell[t + 1, k, i] = cell[t, k, i] * forget + ingate * change
                squashed = np.tanh(cell[t + 1, k, i])
                hidden[t + 1, k, i] = outgate * squashed
                g = gates[t, k]
                g[0, i], g[1, i], g[2, i], g[3, i], g[4, i] = forget, ingate, outgate, change, squashed
        ones = 0.0
        for i in range(n):
            predicted_bar[t, i] = exp(hidden[t + 1, layers - 1, i] * extra[1, i] + extra[2, i])
            weight += predicted_bar[t, i]
            ones += sequence[t + 1, i]
        for i in range(n):
            difference = ones * predicted_bar[t, i] / weight - sequence[t + 1, i]
            predicted_bar[t, i] = difference / (n * (count - 1))
    hidden_bar, cell_bar = np.zeros((layers, n)), np.zeros((layers, n))
    for t in range(count - 2, -1, -1):
        for i in range(n):
            extra_bar[1, i] += predicted_bar[t, i] * hidden[t + 1, layers - 1, i]
            extra_bar[2, i] += predicted_bar[t, i]
            hidden_bar[layers - 1, i] += predicted_bar[t, i] * extra[1, i]
        for k in range(layers - 1, -1, -1):
            w, w_bar, b_bar, g = main[2 * k], main_bar[2 * k], main_bar[2 * k + 1], gates[t, k]
            for i in range(n):
                signal = hidden[t + 1, k - 1, i] if k else sequence[t, i] * extra[0, i]
                before = hidden[t, k, i]
                forget, ingate, outgate, change, squashed = g[0, i], g[1, i], g[2, i], g[3, i], g[4, i]
                out_bar = hidden_bar[k, i]
                c_bar = cell_bar[k, i] + out_bar * outgate * (1.0 - squashed * squashed)
                forget_bar = c_bar * cell[t, k, i] * forget * (1.0 - forget)
                in_bar = c_bar * change * ingate * (1.0 - ingate)
                outgate_bar = out_bar * squashed * outgate * (1.0 - outgate)
                change_bar = c_bar * ingate * (1.0 - change * change)
                cell_bar[k, i] = c_bar * forget
                w_bar[i] += forget_bar * signal
                w_bar[n + i] += in_bar * before
                w_bar[2 * n + i] += outgate_bar * signal
                w_bar[3 * n + i] += change_bar * before
                b_bar[i] += forget_bar
                b_bar[n + i] += in_bar
                b_bar[2 * n + i] += outgate_bar
                b_bar[3 * n + i] += change_bar
                hidden_bar[k, i] = in_bar * w[n + i] + change_bar * w[3 * n + i]
                signal_bar = forget_bar * w[i] + outgate_bar * w[2 * n + i]
                if k:
                    hidden_bar[k - 1, i] += signal_bar
                else:
                    extra_bar[0, i] += signal_bar * sequence[t, i]
    return main_bar, extra_bar


@njit
def gmm(alpha, mu, q, lower, x, m, gamma):
    n, d = x.shape
    k = alpha.size
    alpha_bar, mu_bar = np.zeros_like(alpha), np.zeros_like(mu)
    q_bar, lower_bar = np.zeros_like(q), np.zeros_like(lower)
    diagonals, log_determinants = np.exp(q), np.empty(k)
    for j in range(k):
        log_determinants[j] = q[j].sum()
    centred, scaled, terms, bar = np.empty((k, d)), np.empty((k, d)), np.empty(k), np.empty(d)
    for i in range(n):
        for j in range(k):
            for a in range(d):
                centred[j, a] = x[i, a] - mu[j, a]
                scaled[j, a] = diagonals[j, a] * centred[j, a]
            entry = 0
            for column in range(d):
                for a in range(column + 1, d):
                    scaled[j, a] += lower[j, entry] * centred[j, column]
                    entry += 1
            distance = 0.0
            for a in range(d):
                distance += scaled[j, a] ** 2
            terms[j] = alpha[j] + log_determinants[j] - 0.5 * distance
        _normalise(terms)
        for j in range(k):
            weight = terms[j]
            alpha_bar[j] += weight
            for a in range(d):
                scaled[j, a] *= -weight
                bar[a] = diagonals[j, a] * scaled[j, a]
                q_bar[j, a] += weight + bar[a] * centred[j, a]
            entry = 0
            for column in range(d):
                for a in range(column + 1, d):
                    lower_bar[j, entry] += scaled[j, a] * centred[j, column]
                    bar[column] += lower[j, entry] * scaled[j, a]
                    entry += 1
            for a in range(d):
                mu_bar[j, a] -= bar[a]
    shares = alpha.copy()
    _normalise(shares)
    for j in range(k):
        alpha_bar[j] -= n * shares[j]
        for a in range(d):
            q_bar[j, a] += m - (gamma * diagonals[j, a]) ** 2
        for a in range(lower.shape[1]):
            lower_bar[j, a] -= gamma * gamma * lower[j, a]
    return alpha_bar, mu_bar, q_bar, lower_bar


@njit
def _normalise(v):
    top = v.max()
    total = 0.0
    for i in range(v.size):
        v[i] = exp(v[i] - top)
        total += v[i]
    v /= total


GRADIENTS = {"llsq": llsq, "lse": lse, "ode": ode, "lstm": lstm, "gmm": gmm}
