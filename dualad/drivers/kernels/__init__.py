"""Kernels: what a driver does once its arguments' types are known, as one Numba intrinsic each."""

from .directional import Derivative, Hvp, Jvp, Vjp
from .gradient import Gradient
from .jacobian import Jacobian
from .kernel import Kernel

__all__ = ["Derivative", "Gradient", "Hvp", "Jacobian", "Jvp", "Kernel", "Vjp"]
