"""A user's function compiled with active arguments: passes, types of results, and the code of operations."""

from .arrays import ruled
from .dispatcher import ActivePipeline, differentiable, overloaded, retargeted
from .lookups import Lookups

# A function is compiled by passes that look up those it calls, which are compiled by the same passes.
ActivePipeline.lookups = Lookups(differentiable, overloaded, retargeted, ruled)
