"""SciPy's solvers with exact derivatives: the same names, arguments and results.

``from dualad.scipy import minimize`` in place of ``from scipy.optimize import minimize`` is the one change.
The functions may be made by ``numba.njit``, or plain ones that Numba can compile. `functions` has a user's
function as solvers call it, `wrappers` the compiled functions around it; the other modules have the solvers.
"""

from .differential_equations import solve_bvp, solve_ivp
from .fitting import curve_fit, least_squares
from .minimization import minimize
from .roots import fsolve, newton, root, root_scalar

__all__ = [
    "curve_fit",
    "fsolve",
    "least_squares",
    "minimize",
    "newton",
    "root",
    "root_scalar",
    "solve_bvp",
    "solve_ivp",
]
