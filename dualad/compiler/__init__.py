"""Compiles the user's functions with active arguments.

`analysis` follows values through a function, `passes` rewrite its IR, `ops` and `arrays` give the code of
scalar and array operations on active values, `dispatch` holds the dispatchers that put these together.
`scipy_special` and `softmax` provide functions of scipy.special to plain compiled code.
"""

from typing import Any

from ..rules.arrays import ArrayRule
from .dispatch.dispatcher import differentiable, method, overloaded, retargeted
from .dispatch.pipelines import ActivePipeline
from .passes.lookups import Lookups


def _ruled(rule: ArrayRule) -> Any:
    from .arrays import ruled  # takes time to import, and most functions call none

    return ruled(rule)


# A function is compiled by passes that look up those it calls, which are compiled by the same passes.
ActivePipeline.lookups = Lookups(differentiable, overloaded, retargeted, _ruled, method)
