"""The 27 nonlinear regression problems of NIST's Statistical Reference Datasets, fitted with exact Jacobians.

Each problem comes with two starting points and with parameters, standard deviations and the residual
sum of squares certified to 11 digits, computed by NIST in 128-bit arithmetic. That makes the collection
a yardstick for derivatives as much as for solvers: the certified standard deviations follow from the
Jacobian at the solution, so a wrong digit in a derivative is a wrong digit there.
"""

from dualad.nist.datasets import Dataset, load, names
from dualad.nist.fit import Fit, fit, log_relative_error
from dualad.nist.models import Problem, problem

__all__ = [
    "Dataset",
    "Fit",
    "Problem",
    "fit",
    "load",
    "log_relative_error",
    "names",
    "problem",
]
