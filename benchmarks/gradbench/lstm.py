"""lstm: the loss of a recurrent network of long short-term memory, with diagonal weights."""

from __future__ import annotations

from math import exp, log, tanh

import numpy as np
from numba import njit

import dualad as da

from .function import Function


@njit
def sigmoid(x):
    return 1.0 / (1.0 + exp(-x))


@njit
def layer(weights, biases, hidden, cell, signal):
    """Advance a layer by one character; `hidden` and `cell` are overwritten."""
    n = signal.size
    for i in range(n):
        forget = sigmoid(signal[i] * weights[i] + biases[i])
        ingate = sigmoid(hidden[i] * weights[n + i] + biases[n + i])
        outgate = sigmoid(signal[i] * weights[2 * n + i] + biases[2 * n + i])
        change = tanh(hidden[i] * weights[3 * n + i] + biases[3 * n + i])
        cell[i] = cell[i] * forget + ingate * change
        hidden[i] = outgate * tanh(cell[i])


@njit
def loss(main, extra, state, sequence):
    """Mean of what is missing to predict each character from those before.

    `main`, shape (2 l, 4 b), has weights and biases of each layer for the gates forget, in, out and
    change; `extra`, shape (3, b), has weights of the input, weights and biases of the output; `state`,
    shape (2 l, b), has hidden and cell values of each layer; `sequence`, shape (c, b), has bits.
    """
    layers, (count, n) = state.shape[0] // 2, sequence.shape
    memory = state.copy()
    signal, predicted = np.empty(n), np.empty(n)
    total = 0.0
    for t in range(count - 1):
        for i in range(n):
            signal[i] = sequence[t, i] * extra[0, i]
        layer(main[0], main[1], memory[0], memory[1], signal)
        for k in range(1, layers):
            layer(main[2 * k], main[2 * k + 1], memory[2 * k], memory[2 * k + 1], memory[2 * k - 2])
        weight = 2.0
        for i in range(n):
            predicted[i] = memory[2 * layers - 2, i] * extra[1, i] + extra[2, i]
            weight += exp(predicted[i])
        normalisation = log(weight)
        for i in range(n):
            total += sequence[t + 1, i] * (predicted[i] - normalisation)
    return -total / (n * (count - 1))


gradient = da.grad(loss, argnums=(0, 1))


def read(data):
    names = "main_params", "extra_params", "state", "sequence"
    return tuple(np.array(data[name], dtype=float) for name in names)


def flat(gradients):
    return np.concatenate([part.ravel() for part in gradients]).tolist()


FUNCTIONS = {
    "objective": Function(loss, read),
    "jacobian": Function(gradient, read, flat),
}
