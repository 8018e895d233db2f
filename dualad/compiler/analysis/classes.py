"""Classes made by jitclass: the methods of the instances among a function's arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from numba import types


@dataclass(frozen=True)
class Method:
    """A method of a class, or the function behind a property, which is called where that is read."""

    name: str
    function: Any
    is_static: bool = False
    is_property: bool = False


Methods = frozenset[Method]
NO_METHODS: Methods = frozenset()


def methods_in(given: Iterable[types.Type]) -> Methods:
    """The methods of the instances in values of these types."""
    return frozenset(method for ty in classes_in(given) for method in _methods(ty))


def classes_in(given: Iterable[types.Type]) -> Iterator[Any]:
    """The classes of the instances in values of these types."""
    seen: set[types.Type] = set()
    waiting = list(given)
    while waiting:
        ty = waiting.pop()
        if ty in seen:
            continue
        seen.add(ty)
        if isinstance(ty, types.ClassInstanceType):
            waiting += ty.struct.values()
            yield ty
        elif isinstance(ty, types.BaseTuple):
            waiting += ty
        elif isinstance(ty, types.List | types.ListType | types.Optional):
            waiting.append(getattr(ty, "dtype", None) or ty.type)
        elif isinstance(ty, types.DictType):
            waiting.append(ty.value_type)


def _methods(ty: Any) -> Iterator[Method]:
    for name, function in ty.jit_methods.items():
        yield Method(name, function)
    for name, function in ty.jit_static_methods.items():
        yield Method(name, function, is_static=True)
    for name, functions in ty.jit_props.items():
        yield Method(name, functions["get"], is_property=True)
