"""The derivative checker: whether a derivative is right, and if not, where it is wrong.

`checker` runs a check. `subject` is the function under check, `candidates` and `engine` are derivatives
of it, `references` what they are compared with (`differences`, `complex_step`, `exact`), `entrywise` and
`probes` the two ways to compare, `report` what was found.
"""

from .api import assert_derivatives, check_derivatives
from .errors import WrongDerivativeError
from .findings import Comparison, Entry
from .report import Report

__all__ = ["Comparison", "Entry", "Report", "WrongDerivativeError", "assert_derivatives", "check_derivatives"]
