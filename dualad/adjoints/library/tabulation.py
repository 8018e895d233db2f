"""Histograms, percentiles and interpolation, by Numba's own steps."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...compiler.stand_ins.interpolation import interpolated
from ...compiler.stand_ins.percentiles import CASES, percentiles
from ..errors import NotTransformable
from ..frontend import elementwise
from ..frontend.elementwise import computed, is_array
from ..frontend.iteration import ListOf, array_of
from ..ir.builder import ANONYMOUS
from ..ir.nodes import Const, Tuple
from . import definitions
from .context import Context
from .handlers import array_in, handles


@handles(np.histogram)
def _histogram(context: Context, a: Any, bins: Any = Const(10), range: Any = None) -> Any:  # noqa: B008
    array = array_in(context, a)
    if is_array(bins):
        return context.inline(
            definitions.histogram_between, [array, computed(context.build, bins, ANONYMOUS)], {}
        )
    if range is None or range == Const(None):
        return context.inline(definitions.histogram_of_all, [array, bins], {})
    if not isinstance(range, Tuple):
        raise NotTransformable("a range of histogram that is not a tuple")
    return context.inline(definitions.histogram_within, [array, bins, *range.items], {})


def _percentiles(factor: float, skips: bool, context: Context, a: Any, q: Any) -> Any:
    array, known = array_in(context, a), [Const(factor), Const(skips)]
    if elementwise.is_scalar(q):
        out = context.inline(percentiles, [array, array_of(context.build, (q,)), *known], {})
        return context.build.load(out, (Const(0),))
    if isinstance(q, Tuple | ListOf):
        if len({item.kind for item in q.items}) != 1:
            raise NotTransformable("percentages of several kinds")
        at = array_of(context.build, tuple(q.items))
    else:
        at = array_in(context, q)
    if len(at.extents or ()) != 1:
        raise NotTransformable("percentages that are not a vector")
    return context.inline(percentiles, [array, at, *known], {})


for _function, _case in CASES.items():
    handles(_function)(partial(_percentiles, *_case))


@handles(np.interp)
def _interp(context: Context, x: Any, xp: Any, fp: Any) -> Any:
    xs, ys = array_in(context, xp), array_in(context, fp)
    if elementwise.is_scalar(x):
        out = context.inline(interpolated, [array_of(context.build, (x,)), xs, ys], {})
        return context.build.load(out, (Const(0),))
    array = array_in(context, x)
    if len(array.extents or ()) != 1:
        raise NotTransformable("interp at an array that is not a vector")
    return context.inline(interpolated, [array, xs, ys], {})
