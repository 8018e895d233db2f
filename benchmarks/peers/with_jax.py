"""JAX: float64, compiled, waited for, one thread."""

from __future__ import annotations

import os

# Read when JAX starts its CPU client, so before the first computation.
os.environ["NPROC"] = "1"
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp

from . import formulas

jax.config.update("jax_enable_x64", True)

NAME = "JAX"


def version():
    return jax.__version__


def rosen(x):
    return _waited(jax.jit(jax.value_and_grad(formulas.rosen)), jnp.asarray(x))


def softplus_sine(x):
    return _waited(jax.jit(jax.value_and_grad(lambda x: formulas.softplus_sine(jnp, x))), jnp.asarray(x))


def wave(x):
    return _waited(jax.jit(jax.grad(lambda x: formulas.wave(jnp, x))), x)


def mixture(alphas, means, icf, x, gamma, m):
    scatter, points = jnp.asarray(formulas.strictly_lower(x.shape[1])), jnp.asarray(x)

    def objective(alphas, means, icf):
        return formulas.mixture(jnp, logsumexp, scatter, alphas, means, icf, points, gamma, m)

    return _waited(jax.jit(jax.value_and_grad(objective, (0, 1, 2))), *map(jnp.asarray, (alphas, means, icf)))


def _waited(function, *arguments):
    return lambda: jax.block_until_ready(function(*arguments))
