"""What is compiled for active arguments in the place of Numba's own implementation, with the same values.

Numba's would take other derivatives than those that this library promises, or give compiled adjoints, which
read it as they do the user's code, too much to read. Both engines take these.
"""

from . import draws, interpolation, percentiles
from .table import STAND_INS

__all__ = ["STAND_INS", "draws", "interpolation", "percentiles"]
