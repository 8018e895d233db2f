"""Functions of whole arrays in active code: their rules compiled, and applied in either mode.

`parts` compiles the functions that a rule is made of, in a `pipeline` of their own; `callee` calls one from
code that we emit, with the `arguments` one level down. `forward` applies a tangent rule and `reverse` records
an adjoint rule on the tape; in both zeros absorb infinities and NaN (`absorption`, and `products` for matrix
products of floats). `functions` chooses between them.
"""

from .functions import ruled

__all__ = ["ruled"]
