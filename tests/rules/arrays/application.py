"""A rule of whole arrays as plain NumPy functions, at a point.

Tangents are held against central differences of fourth order of the primal: with h = 1e-3 they are off by
h⁴ = 1e-12 times derivatives of fifth order, and by eps / h = 2e-13 times the size of the result. Adjoints
are held against tangents by the dot-product test, up to rounding errors.
"""

import inspect

import numpy as np

from dualad.rules.arrays import ArrayRule, rule_for

STEP = 1e-3


def with_defaults(rule, args):
    parameters = inspect.signature(rule.primal).parameters
    return dict(zip(parameters, [*args, *[p.default for p in parameters.values()][len(args) :]], strict=True))


def called(function, values):
    return function(*[values[name] for name in inspect.signature(function).parameters])


def leaves(y):
    """The real leaves of a result."""
    parts = y if isinstance(y, tuple) else (y,)
    return [np.asarray(part) for part in parts if np.asarray(part).dtype.kind == "f"]


class Application:
    """A rule at a point, with a random direction for the active arguments."""

    def __init__(self, function, *args, active=None, seed=0):
        self.rule = function if isinstance(function, ArrayRule) else rule_for(function)
        self.values = with_defaults(self.rule, args)
        rng = np.random.default_rng(seed)
        arrays = [name for name, value in self.values.items() if isinstance(value, np.ndarray)]
        self.active = arrays if active is None else active
        self.directions = {
            name + "_dot": rng.normal(size=self.values[name].shape) if name in self.active else None
            for name in self.values
        }
        result = self.at(0.0)
        self.y = tuple(result) if isinstance(result, tuple) else result
        self.rng = rng

    def at(self, t):
        moved = {name: self.values[name].copy() for name in self.active}
        for name, value in moved.items():
            value += t * self.directions[name + "_dot"].astype(value.dtype)
        return called(self.rule.primal, self.values | moved)

    def tangent(self):
        return leaves(called(self.rule.forward, self.values | self.directions | {"y": self.y}))

    def differences(self, h):
        at = [leaves(self.at(k * h)) for k in (-2, -1, 1, 2)]
        return [(8 * (c - b) - (d - a)) / (12 * h) for a, b, c, d in zip(*at, strict=True)]

    def adjoint(self, bars):
        """What the adjoint rule adds, given one array per leaf."""
        bars = [bar if bar.ndim else float(bar) for bar in bars]
        added = {
            name + "_bar": np.zeros(self.values[name].shape) if name in self.active else None
            for name in self.values
        }
        y_bar = tuple(bars) if isinstance(self.y, tuple) else bars[0]
        called(self.rule.backward, self.values | added | {"y": self.y, "y_bar": y_bar})
        return added

    def check(self, h=STEP, rtol=1e-8):
        tangent = self.tangent()
        for found, wanted in zip(tangent, self.differences(h), strict=True):
            assert found.shape == wanted.shape
            scale = 1 + np.abs(wanted).max(initial=0.0)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=rtol * scale)
        bars = [self.rng.normal(size=part.shape) for part in tangent]
        added = self.adjoint(bars)
        forward = sum(np.vdot(bar, part) for bar, part in zip(bars, tangent, strict=True))
        reverse = sum(np.vdot(added[n + "_bar"], self.directions[n + "_dot"]) for n in self.active)
        size = sum(np.abs(bar * part).sum() for bar, part in zip(bars, tangent, strict=True))
        assert abs(forward - reverse) <= 1e-11 * (1 + size)


def normal(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)
