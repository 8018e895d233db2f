"""The derivative checker: whether a derivative is right, and if not, where it is wrong.

`checker` runs a check as `options` ask for. In `function` is what is under check, `candidates` and `engine`
are derivatives of it, `reference` has what they are compared with, `comparison` the ways to compare, and
`reports` what was found.
"""

from .api import assert_derivatives, check_derivatives
from .errors import WrongDerivativeError
from .reports.findings import Comparison, Entry
from .reports.report import Report

__all__ = ["Comparison", "Entry", "Report", "WrongDerivativeError", "assert_derivatives", "check_derivatives"]
