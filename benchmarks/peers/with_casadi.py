"""CasADi: expression graphs in its own virtual machine, called through its buffers."""

from __future__ import annotations

import casadi
import numpy as np

NAME = "CasADi"

# Above this a graph of scalars takes long to build; a graph of vectors is slower per operation.
MOST_SCALARS = 20_000


def version():
    return casadi.__version__


def rosen(x):
    return _gradient(lambda x: casadi.sum1(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2), x)


def softplus_sine(x):
    return _gradient(
        lambda x: casadi.sum1(casadi.log(1.0 + casadi.exp(x[:-1] * x[1:])) * casadi.sin(x[:-1])), x
    )


def wave(x):
    return _gradient(lambda x: casadi.sin(x) * casadi.exp(-x * x) + x / (1.0 + x * x), np.array([x]))


def _gradient(function, x):
    kind = casadi.SX if x.size <= MOST_SCALARS else casadi.MX
    symbol = kind.sym("x", x.size)
    value = function(symbol)
    compiled = casadi.Function("gradient", [symbol], [value, casadi.gradient(value, symbol)])
    buffer, trigger = compiled.buffer()
    results = np.zeros(1), np.zeros(x.size)
    buffer.set_arg(0, memoryview(x))
    for position, result in enumerate(results):
        buffer.set_res(position, memoryview(result))

    def call(_keep=buffer):  # the trigger does not keep its buffer alive
        trigger()
        return float(results[0][0]), results[1]

    return call
