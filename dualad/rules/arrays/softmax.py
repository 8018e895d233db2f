"""The smooth maximum and its kin on arrays of shape (before, along, after): plain functions for every mode.

The maximum is subtracted first, so that nothing overflows.
"""

from __future__ import annotations

import numpy as np

# Annotations would be compiled along; the functions below are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def"


def logsumexp(a):
    """The logarithm of the sum of exponentials along the middle axis."""
    out = np.empty((a.shape[0], a.shape[2]))
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            top = -1
            largest = -np.inf
            for j in range(a.shape[1]):
                value = a[i, j, k]
                if value > largest or value != value:
                    top = j
                    largest = value
                if value != value:
                    break
            if np.isfinite(largest):
                rest = 0.0  # without the largest: log1p keeps what is small beside it
                for j in range(a.shape[1]):
                    if j != top:
                        rest += np.exp(a[i, j, k] - largest)
                largest += np.log1p(rest)
            out[i, k] = largest
    return out


def weighted_logsumexp(a, b):
    """The same of the exponentials times the weights `b`; those of weight 0 do not count."""
    out = np.empty((a.shape[0], a.shape[2]))
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            largest = -np.inf
            for j in range(a.shape[1]):
                value = a[i, j, k]
                if b[i, j, k] != 0.0 and (value > largest or value != value):
                    largest = value
                if largest != largest:
                    break
            if np.isfinite(largest):
                total = 0.0
                for j in range(a.shape[1]):
                    if b[i, j, k] != 0.0:
                        total += b[i, j, k] * np.exp(a[i, j, k] - largest)
                largest += np.log(total)
            out[i, k] = largest
    return out


def softmax(a):
    """Exponentials over their sum along the middle axis."""
    out = np.empty(a.shape)
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            largest = -np.inf
            for j in range(a.shape[1]):
                if a[i, j, k] > largest:
                    largest = a[i, j, k]
            total = 0.0
            for j in range(a.shape[1]):
                out[i, j, k] = np.exp(a[i, j, k] - largest)
                total += out[i, j, k]
            for j in range(a.shape[1]):
                out[i, j, k] = out[i, j, k] / total
    return out


def log_softmax(a):
    """The logarithm of `softmax`."""
    out = np.empty(a.shape)
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            largest = -np.inf
            for j in range(a.shape[1]):
                if a[i, j, k] > largest:
                    largest = a[i, j, k]
            total = 0.0
            for j in range(a.shape[1]):
                total += np.exp(a[i, j, k] - largest)
            shift = np.log(total)
            for j in range(a.shape[1]):
                out[i, j, k] = a[i, j, k] - largest - shift
    return out
