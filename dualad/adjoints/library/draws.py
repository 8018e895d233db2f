"""Random draws: constants, or functions of constants that Numba takes from the stream.

A draw is taken once, in its place: it is neither left out, nor taken again in the reverse sweep.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...compiler.stand_ins.draws import DRAWN
from ..ir.nodes import Const
from . import foreign
from .context import Context
from .handlers import HANDLERS


def _drawn(function: Any, one: Callable[..., Any], context: Context, *args: Any, **keywords: Any) -> Any:
    """One number by its two parameters; otherwise as Numba writes it, in terms of such."""
    if len(args) + len(keywords) == 2 and "size" not in keywords:
        if all(isinstance(parameter, Const) for parameter in (*args, *keywords.values())):
            return foreign.drawn(context, function, args, keywords)
        return context.inline(one, list(args), keywords)
    return foreign.as_numba(context, function, args, keywords)


HANDLERS.update({function: partial(_drawn, function, one) for function, one in DRAWN.items()})
