"""Functions made by ``@vectorize``: their Python function is inlined in a loop over elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...compiler.vectorized import of_elements
from ...numba_api import DUFunc
from ..errors import NotTransformable
from ..ir import numba_types
from ..ir.builder import ANONYMOUS
from ..ir.nodes import Block, Operand
from . import declared, elementwise, indexing
from .elementwise import ArrayExpression, extents_of, is_array, is_scalar


def mapped(reader: declared.Reader, function: DUFunc, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """What a ufunc gives; with a place for its result, that is stored to."""
    build, name = reader.build, function.__name__
    given, out = list(args[: function.nin]), keywords.get("out")
    if len(args) == function.nin + 1 and out is None:
        out = args[-1]
    elif len(args) != function.nin or set(keywords) - {"out"}:
        raise NotTransformable(f"these arguments of {name!r}")
    if not all(is_array(arg) or is_scalar(arg) for arg in given):
        raise NotTransformable(f"these arguments of {name!r}")
    elements = [numba_types.scalar(elementwise.element_type(build, arg)) for arg in given]
    scalar = of_elements(function, elements)

    def one(*values: Operand) -> Operand:
        with build.of_model("numpy"):
            found = declared.inlined(reader, scalar, values, {})
        if not is_scalar(found):
            raise NotTransformable(f"{name!r}, whose result is not one number")
        result: Operand = found
        return result

    # Numba makes numbers of arrays without axes.
    given = [build.load(arg, ()) if is_array(arg) and not extents_of(arg) else arg for arg in given]
    if not any(map(is_array, given)):
        return one(*given)
    given = [elementwise.computed(build, arg, ANONYMOUS) for arg in given]
    extents = elementwise.broadcast(build, [extents_of(arg) for arg in given])
    whole = ArrayExpression(function, tuple(given), extents, build.clock)
    steps = elementwise.steps_of(build, whole, extents)

    def at(index: tuple[Operand, ...]) -> Operand:
        return one(*(elementwise.element(build, arg, index, extents, steps) for arg in given))

    with build.inside(Block(build.block)):  # read once to know of what type the elements are
        element = at(tuple(build.value("i", "int") for _ in extents)).element
    layout = elementwise.layout_of(whole)
    result = elementwise.empty(build, extents, element, ANONYMOUS, layout=layout)
    elementwise.each(build, extents, lambda index: build.store(result, index, at(index)))
    if out is None:
        return result
    indexing.assign(build, out, (indexing.EVERY,) * len(extents_of(out)), result)
    return out
