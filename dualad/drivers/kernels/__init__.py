"""Kernels: what a driver compiles to once its argument types are known, one Numba intrinsic each.

`kernel` is the base; `gradient`, `jacobian` and `directional` are the derivatives, tangents and cotangents of
the latter have the `forms` of arguments and results. `nesting` is about derivatives that are differentiated;
`complex_numbers` computes derivatives by complex numbers from those by their parts.
"""

from .complex_numbers import WithComplex
from .directional import Derivative, Hvp, Jvp, Vjp
from .gradient import Gradient
from .jacobian import Jacobian
from .kernel import Kernel

__all__ = ["Derivative", "Gradient", "Hvp", "Jacobian", "Jvp", "Kernel", "Vjp", "WithComplex"]
