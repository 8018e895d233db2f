"""Kinks in a derivative that is itself differentiated.

At a kink a first derivative is a convention, such as ``abs'(0) = 0``. Differentiated again, the convention
would lose what the function has there: ``abs(x)**2`` is x**2 and has the second derivative 2, which is
twice the *square* of the slope of abs, 1 on both sides. So in code that computes a derivative, slopes at a
kink are those of one of the pieces that meet there: the one into which the derivative that is outside moves.
A second derivative then is that of a smooth piece, and where the pieces agree (or the function is smooth, as
``abs(x)**2``) it is the right one. First derivatives stay what the conventions make them.

Others differ. JAX and PyTorch differentiate the convention, and have 0 for abs(x)**2 at 0; ForwardDiff takes
the piece of the sign bit, in first derivatives too: right for this, not for abs(x - y) * abs(y - x).

The ops below say which piece that is. On plain numbers, in first derivatives, they are 0. In reverse over
reverse mode nothing moves in any direction, and they are NaN: a second derivative is right, or NaN.

Khan and Barton, A vector forward mode of automatic differentiation for generalized derivative evaluation,
Optimization Methods and Software 30, 2015, take the first of several directions in the same order.
"""

from __future__ import annotations

import numpy as np

from .table import op

# fmt: off
op("ahead", (), arity=2, decides="equal", reference=lambda x, y: np.float64(0.0),
   oracle=lambda mp, x, y: mp.mpf(0),
   note="of two equal numbers that move, 1 if x gets ahead of y and -1 if y does; else 0")
op("heading", (), arity=2, decides="zero", reference=lambda x, y: np.float64(0.0),
   oracle=lambda mp, x, y: mp.mpf(0),
   note="where x and y leave the origin, x / hypot(x, y) on the path; NaN for several paths; else 0")
op("unsettled", (), arity=2, decides="zero", reference=lambda x, y: np.float64(0.0),
   oracle=lambda mp, x, y: mp.mpf(0),
   note="where x and y leave the origin, NaN; else 0")
