"""Adjoints as a careful person writes them, beside those of `benchmarks.problems` and `benchmarks.suite`."""

from __future__ import annotations

from math import cos, exp, log, sin, sqrt

import numpy as np
from numba import njit


@njit
def mixture(p, x):
    k = p.size // 3
    p_bar, terms = np.zeros_like(p), np.empty(k)
    total = 0.0
    for i in range(x.size):
        density = 0.0
        for j in range(k):
            z = (x[i] - p[k + j]) / p[2 * k + j]
            terms[j] = exp(p[j] - 0.5 * z * z) / p[2 * k + j]
            density += terms[j]
        total += log(density)
        scale = 1.0 / density
        for j in range(k):
            inverse = 1.0 / p[2 * k + j]
            z = (x[i] - p[k + j]) * inverse
            share = terms[j] * scale
            p_bar[j] += share
            p_bar[k + j] += share * z * inverse
            p_bar[2 * k + j] += share * (z * z - 1.0) * inverse
    weights = 0.0
    for j in range(k):
        terms[j] = exp(p[j])
        weights += terms[j]
    for j in range(k):
        p_bar[j] -= x.size * terms[j] / weights
    return total - x.size * log(weights), p_bar


@njit
def lorenz(start, force, steps):
    """All states are kept."""
    n = start.size
    xs = np.empty((steps + 1, n))
    xs[0] = start
    for step in range(steps):
        x, after = xs[step], xs[step + 1]
        for i in range(n):
            slope = (x[(i + 1) % n] - x[i - 2]) * x[i - 1] - x[i] + force
            after[i] = x[i] + 0.01 * slope
    x_bar, before_bar = 2.0 * xs[steps], np.empty(n)
    force_bar = 0.0
    for step in range(steps - 1, -1, -1):
        x = xs[step]
        before_bar[:] = x_bar
        for i in range(n):
            slope_bar = 0.01 * x_bar[i]
            force_bar += slope_bar
            before_bar[(i + 1) % n] += slope_bar * x[i - 1]
            before_bar[i - 2] -= slope_bar * x[i - 1]
            before_bar[i - 1] += slope_bar * (x[(i + 1) % n] - x[i - 2])
            before_bar[i] -= slope_bar
        x_bar, before_bar = before_bar, x_bar
    return np.sum(xs[steps] ** 2), x_bar, force_bar


@njit
def dense(w, b, x):
    y = np.tanh(x @ w + b)
    z_bar = 2.0 * y * (1.0 - y * y)
    return np.sum(y * y), x.T @ z_bar, np.sum(z_bar, axis=0)


@njit
def recurrent(w, u, b, x):
    """All states are kept."""
    steps, n = x.shape[0], b.size
    h = np.zeros((steps + 1, n))
    for t in range(steps):
        h[t + 1] = np.tanh(w @ h[t] + u @ x[t] + b)
    w_bar, u_bar, b_bar = np.zeros_like(w), np.zeros_like(u), np.zeros_like(b)
    h_bar = 2.0 * h[steps]
    for t in range(steps - 1, -1, -1):
        z_bar = h_bar * (1.0 - h[t + 1] ** 2)
        for i in range(n):
            for j in range(n):
                w_bar[i, j] += z_bar[i] * h[t, j]
            for j in range(x.shape[1]):
                u_bar[i, j] += z_bar[i] * x[t, j]
            b_bar[i] += z_bar[i]
        h_bar = w.T @ z_bar
    return np.sum(h[steps] ** 2), w_bar, u_bar, b_bar


@njit
def newton(a):
    """The iterates of an element are kept until it is done."""
    a_bar, iterates = np.empty_like(a), np.empty(64)
    s = 0.0
    for i in range(a.size):
        x, count = a[i], 0
        while abs(x * x - a[i]) > 1e-12 * a[i]:
            if count == iterates.size:
                iterates = np.concatenate((iterates, np.empty(count)))
            iterates[count] = x
            count += 1
            x = 0.5 * (x + a[i] / x)
        s += x
        x_bar, bar = 1.0, 0.0
        for step in range(count - 1, -1, -1):
            quotient_bar = 0.5 * x_bar / iterates[step]
            bar += quotient_bar
            x_bar = 0.5 * x_bar - quotient_bar * a[i] / iterates[step]
        a_bar[i] = bar + x_bar
    return s, a_bar


@njit
def branches(x):
    x_bar = np.empty_like(x)
    s = 0.0
    for i in range(x.size):
        v = x[i]
        if v < -0.5:
            s += v * v * v
            x_bar[i] = 3.0 * v * v
        elif v < 0.5:
            sine = sin(v)
            s += sine * v
            x_bar[i] = cos(v) * v + sine
        else:
            e = exp(-v)
            s += e
            x_bar[i] = -e
    return s, x_bar


@njit
def bundle(cameras, points, weights, observations, features, errors_bar, regularisations_bar):
    """One product with the transposed Jacobian; what one observation needs is kept in scalars."""
    cameras_bar, points_bar = np.zeros_like(cameras), np.zeros_like(points)
    weights_bar = np.empty_like(weights)
    errors, regularisations = np.empty_like(features), np.empty_like(weights)
    for i in range(weights.size):
        at, of = observations[i, 0], observations[i, 1]
        cam, weight = cameras[at], weights[i]
        cam_bar, point_bar = cameras_bar[at], points_bar[of]
        v0, v1, v2 = points[of, 0] - cam[3], points[of, 1] - cam[4], points[of, 2] - cam[5]
        square = cam[0] ** 2 + cam[1] ** 2 + cam[2] ** 2
        angle = sqrt(square)
        if square == 0.0:
            x = v0 + cam[1] * v2 - cam[2] * v1
            y = v1 + cam[2] * v0 - cam[0] * v2
            z = v2 + cam[0] * v1 - cam[1] * v0
            a = b = c = along = dot = sine = 0.0
            cosine = 1.0
        else:
            a, b, c = cam[0] / angle, cam[1] / angle, cam[2] / angle
            cosine, sine = cos(angle), sin(angle)
            dot = a * v0 + b * v1 + c * v2
            along = dot * (1.0 - cosine)
            x = v0 * cosine + (b * v2 - c * v1) * sine + a * along
            y = v1 * cosine + (c * v0 - a * v2) * sine + b * along
            z = v2 * cosine + (a * v1 - b * v0) * sine + c * along
        u, v = x / z, y / z
        radius = u * u + v * v
        distortion = 1.0 + cam[9] * radius + cam[10] * radius * radius
        scale = cam[6] * distortion
        first, second = errors_bar[i, 0], errors_bar[i, 1]
        across, down = u * scale + cam[7] - features[i, 0], v * scale + cam[8] - features[i, 1]
        errors[i, 0], errors[i, 1] = weight * across, weight * down
        regularisations[i] = 1.0 - weight * weight
        weights_bar[i] = first * across + second * down - 2.0 * weight * regularisations_bar[i]
        first *= weight
        second *= weight
        cam_bar[7] += first
        cam_bar[8] += second
        scale_bar = first * u + second * v
        cam_bar[6] += scale_bar * distortion
        distortion_bar = scale_bar * cam[6]
        cam_bar[9] += distortion_bar * radius
        cam_bar[10] += distortion_bar * radius * radius
        radius_bar = distortion_bar * (cam[9] + 2.0 * cam[10] * radius)
        u_bar = first * scale + 2.0 * u * radius_bar
        v_bar = second * scale + 2.0 * v * radius_bar
        x_bar, y_bar = u_bar / z, v_bar / z
        z_bar = -(x_bar * u + y_bar * v)
        v0_bar, v1_bar, v2_bar = x_bar * cosine, y_bar * cosine, z_bar * cosine
        if square == 0.0:
            v0_bar += cam[2] * y_bar - cam[1] * z_bar
            v1_bar += cam[0] * z_bar - cam[2] * x_bar
            v2_bar += cam[1] * x_bar - cam[0] * y_bar
            cam_bar[0] += v1 * z_bar - v2 * y_bar
            cam_bar[1] += v2 * x_bar - v0 * z_bar
            cam_bar[2] += v0 * y_bar - v1 * x_bar
        else:
            along_bar = a * x_bar + b * y_bar + c * z_bar
            dot_bar = along_bar * (1.0 - cosine)
            sine_bar = (b * v2 - c * v1) * x_bar + (c * v0 - a * v2) * y_bar + (a * v1 - b * v0) * z_bar
            cosine_bar = v0 * x_bar + v1 * y_bar + v2 * z_bar - along_bar * dot
            x_turn, y_turn, z_turn = x_bar * sine, y_bar * sine, z_bar * sine
            a_bar = x_bar * along + dot_bar * v0 + v1 * z_turn - v2 * y_turn
            b_bar = y_bar * along + dot_bar * v1 + v2 * x_turn - v0 * z_turn
            c_bar = z_bar * along + dot_bar * v2 + v0 * y_turn - v1 * x_turn
            v0_bar += dot_bar * a + c * y_turn - b * z_turn
            v1_bar += dot_bar * b + a * z_turn - c * x_turn
            v2_bar += dot_bar * c + b * x_turn - a * y_turn
            radial = sine_bar * cosine - cosine_bar * sine - (a * a_bar + b * b_bar + c * c_bar) / angle
            cam_bar[0] += a_bar / angle + a * radial
            cam_bar[1] += b_bar / angle + b * radial
            cam_bar[2] += c_bar / angle + c * radial
        point_bar[0] += v0_bar
        point_bar[1] += v1_bar
        point_bar[2] += v2_bar
        cam_bar[3] -= v0_bar
        cam_bar[4] -= v1_bar
        cam_bar[5] -= v2_bar
    return (errors, regularisations), cameras_bar, points_bar, weights_bar


@njit
def determinant(a):
    """Jacobi's formula."""
    return np.linalg.det(a) * np.linalg.inv(a).T
