"""What is measured: functions with their arguments, adjoints by hand, and aims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..gradbench import ba, det, gmm, llsq, lse, lstm
from ..problems import mixture, rosen
from ..suite import by_hand as suite
from ..suite import workloads
from . import by_hand, programs

HAND, PRIMAL = "by hand", "primal"
CLOSE, LOOPS = 1.3, 1.6


@dataclass(frozen=True)
class Case:
    """One function at one size.

    Attributes
    ----------
    make : callable
        The arguments, by keywords that `size` and `small` have.
    hand : callable
        The adjoint by hand: the gradient alone or after the value.
    argnums : sequence of int
        What is differentiated.
    aim : float or None
        Most that the adjoint may take, in times of `base`.
    base : str
        HAND or PRIMAL.
    seeds : callable
        From the arguments to the adjoints of the results; `hand` takes them too unless there is one only.
    """

    title: str
    function: Any
    make: Callable[..., tuple[Any, ...]]
    size: Mapping[str, Any]
    small: Mapping[str, Any]
    hand: Callable[..., Any]
    argnums: Sequence[int] = (0,)
    aim: float | None = None
    base: str = HAND
    seeds: Callable[..., tuple[Any, ...]] = field(default=lambda *arguments: (1.0,))


def _normal(*shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(31337)
    return tuple(rng.normal(size=shape) for shape in shapes)


def _rosen(n):
    return (rosen.inputs(n),)


def _mixture(k, n):
    weights, means, x = _normal((k,), (k,), (n,))
    return np.concatenate((weights, means, 1.0 + 0.1 * np.arange(k))), x


def _lorenz(n, steps):
    return 0.01 * _normal((n,))[0] + 8.0, 8.0, steps


def _dense(n, width, out):
    w, b, x = _normal((width, out), (out,), (n, width))
    return w / width**0.5, b, x


def _recurrent(n, inputs, steps):
    w, u, b, x = _normal((n, n), (n, inputs), (n,), (steps, inputs))
    return w / n**0.5, u / inputs**0.5, b, x


def _newton(n):
    return (1.0 + 9.0 * np.random.default_rng(n).random(n),)


def _branches(n):
    return _normal((n,))


def _errors_bar(cameras, points, weights, observations, features):
    return _normal((weights.size, 2), (weights.size,))


CASES = [
    Case("rosen", rosen.rosen, _rosen, {"n": 10_000}, {"n": 5}, rosen.by_hand, aim=CLOSE),
    Case(
        "mixture, 3 parameters", programs.mixture, _mixture, {"k": 1, "n": 10_000}, {"k": 1, "n": 4},
        by_hand.mixture, aim=CLOSE,
    ),
    Case(
        "mixture, 18 parameters", programs.mixture, _mixture, {"k": 6, "n": 10_000}, {"k": 3, "n": 4},
        by_hand.mixture, aim=CLOSE,
    ),
    Case(
        "Lorenz96, work arrays", programs.lorenz, _lorenz, {"n": 40, "steps": 100}, {"n": 5, "steps": 3},
        by_hand.lorenz, (0, 1), CLOSE,
    ),
    Case(
        "LSTM", lstm.loss, workloads._lstm, {"layers": 2, "c": 1024}, {"layers": 3, "c": 4, "bits": 3},
        suite.lstm, (0, 1), CLOSE,
    ),
    Case(
        "bundle adjustment", ba.objective, workloads._ba, {"n": 49, "m": 7776, "p": 31_843},
        {"n": 2, "m": 3, "p": 6}, by_hand.bundle, (0, 1, 2), CLOSE, seeds=_errors_bar,
    ),
    Case(
        "matrix product, broadcasting", programs.dense, _dense, {"n": 1000, "width": 100, "out": 50},
        {"n": 3, "width": 2, "out": 4}, by_hand.dense, (0, 1), CLOSE,
    ),
    Case(
        "RNN, arrays rebound", programs.recurrent, _recurrent, {"n": 40, "inputs": 20, "steps": 200},
        {"n": 3, "inputs": 2, "steps": 4}, by_hand.recurrent, (0, 1, 2), CLOSE,
    ),
    Case(
        "GMM, scalar loops", gmm.log_posterior, workloads._gmm, {"d": 10, "k": 25, "n": 1000},
        {"d": 3, "k": 2, "n": 4}, suite.gmm, (0, 1, 2, 3), LOOPS,
    ),
    Case("Newton's iteration", programs.newton, _newton, {"n": 10_000}, {"n": 3}, by_hand.newton, aim=LOOPS),
    Case("branches", programs.branches, _branches, {"n": 10_000}, {"n": 9}, by_hand.branches),
    Case("ode", programs.last, workloads._ode, {"n": 1000, "s": 100}, {"n": 4, "s": 3}, suite.ode),
    Case("lse", lse.lse, workloads._lse, {"n": 10_000}, {"n": 4}, suite.lse),
    Case("llsq", llsq.llsq, workloads._llsq, {"n": 1024, "m": 128}, {"n": 5, "m": 3}, suite.llsq),
    Case(
        "determinant, recursive", det.determinant, workloads._det, {"n": 7}, {"n": 3}, by_hand.determinant,
        aim=3.0, base=PRIMAL,
    ),
    Case(
        "GMM in arrays", mixture.in_arrays, mixture.inputs, {"name": mixture.LARGE}, {"name": mixture.SMALL},
        mixture.by_hand, (0, 1, 2), 2.0, PRIMAL,
    ),
]  # fmt: skip
