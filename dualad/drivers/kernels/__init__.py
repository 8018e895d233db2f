"""Kernels: what a driver does once its arguments' types are known, as one Numba intrinsic each.

`kernel` is the base; `gradient`, `jacobian` and `directional` are the derivatives, tangents and cotangents of
the latter have the `forms` of arguments and results. `nesting` is about derivatives that are differentiated.
"""

from .directional import Derivative, Hvp, Jvp, Vjp
from .gradient import Gradient
from .jacobian import Jacobian
from .kernel import Kernel

__all__ = ["Derivative", "Gradient", "Hvp", "Jacobian", "Jvp", "Kernel", "Vjp"]
