"""The tools: each makes, of a workload's arguments, a call without arguments that computes the derivative.

A tool gives None for what it does not take part in. A call returns when its result is there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from . import by_hand, formulas
from .workloads import Workload

Call = Callable[[], Any]


def _dualad(workload: Workload, arguments: tuple) -> Call | None:
    return partial(workload.call, *arguments)


def _by_hand(workload: Workload, arguments: tuple) -> Call | None:
    gradient = by_hand.GRADIENTS.get(workload.problem)
    return None if gradient is None else partial(gradient, *arguments)


def _jax(workload: Workload, arguments: tuple) -> Call | None:
    found = _formula(workload, arguments)
    if found is None:
        return None
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    objective, parameters, c = found
    if workload.problem == "ode":  # a Python loop would be compiled step by step

        def scanned(step, y, count):
            return jax.lax.scan(lambda y, _: (step(y), None), y, None, length=count)[0]

        objective = partial(formulas.ode, repeated=scanned)
    constants = tuple(jnp.asarray(v) if isinstance(v, np.ndarray) else v for v in c)
    gradient = jax.jit(jax.grad(lambda p: objective(jnp, p, constants)))
    given = tuple(map(jnp.asarray, parameters))
    return lambda: jax.block_until_ready(gradient(given))


def _torch(workload: Workload, arguments: tuple) -> Call | None:
    found = _formula(workload, arguments)
    if found is None:
        return None
    import torch

    torch.set_num_threads(1)
    objective, parameters, c = found
    constants = tuple(torch.from_numpy(v) if isinstance(v, np.ndarray) else v for v in c)
    given = [torch.tensor(v, requires_grad=True) for v in parameters]
    return lambda: torch.autograd.grad(objective(torch, given, constants), given)


def _autograd(workload: Workload, arguments: tuple) -> Call | None:
    found = _formula(workload, arguments)
    if found is None:
        return None
    import autograd.numpy as anp
    from autograd import grad

    objective, parameters, c = found
    gradient = grad(lambda p: objective(anp, p, c))
    return lambda: gradient(parameters)


MOST_SCALARS = 20_000  # above this, building CasADi's graph takes minutes


def _casadi(workload: Workload, arguments: tuple) -> Call | None:
    if workload.problem not in ("llsq", "lse") or workload.scale > MOST_SCALARS:
        return None
    import casadi

    (x,), c = formulas.constants(workload.problem, arguments)
    symbol = casadi.MX.sym("x", x.size)
    if workload.problem == "llsq":
        powers, signs = c
        value = 0.5 * casadi.sumsqr(signs - casadi.mtimes(casadi.DM(powers), symbol))
    else:
        value = casadi.logsumexp(symbol)
    compiled = casadi.Function("gradient", [symbol], [casadi.gradient(value, symbol)])
    return lambda: compiled(x)


def _formula(workload: Workload, arguments: tuple) -> tuple | None:
    objective = formulas.OBJECTIVES.get(workload.problem)
    if objective is None:
        return None
    return objective, *formulas.constants(workload.problem, arguments)


TOOLS = {
    "dualad": _dualad,
    "tape": _dualad,  # in a process whose reverse mode is that of the tape
    "by hand": _by_hand,
    "JAX": _jax,
    "PyTorch": _torch,
    "autograd": _autograd,
    "CasADi": _casadi,
}
_PACKAGES = {"JAX": "jax", "PyTorch": "torch", "autograd": "autograd", "CasADi": "casadi"}


def installed() -> list[str]:
    """The tools that can be measured here."""
    return [name for name in TOOLS if name not in _PACKAGES or find_spec(_PACKAGES[name])]
