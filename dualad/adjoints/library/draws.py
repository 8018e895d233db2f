"""Random draws: constants, or functions of constants that Numba takes from the stream.

A draw is taken once, in its place: it is neither left out, nor taken again in the reverse sweep.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...catalogue import Category, is_random, rows
from ...compiler.stand_ins.draws import DRAWN
from ..frontend.elementwise import computed
from ..ir.builder import ANONYMOUS
from ..ir.nodes import FLOATS, values_of
from . import foreign
from .context import Context
from .handlers import HANDLERS


def _moved(function: Any, context: Context, *args: Any, **keywords: Any) -> Any:
    """A draw that moves with its arguments, which are constants unless floats are computed for them."""
    given = [computed(context.build, arg, ANONYMOUS) for arg in args]
    named = {name: computed(context.build, arg, ANONYMOUS) for name, arg in keywords.items()}
    if not any(value.kind in FLOATS for value in values_of(*given, *named.values())):
        return foreign.drawn(context, function, given, named)
    if function in DRAWN and len(given) + len(named) == 2 and "size" not in named:
        return context.inline(DRAWN[function], given, named)
    return foreign.as_numba(context, function, given, named)


for function, row in rows():
    if row.category in (Category.RECOMPILED, Category.MOVING) and is_random(function) and not row.writes:
        HANDLERS[function] = partial(_moved, function)
