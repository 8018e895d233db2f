"""Arguments, results and derivatives as flat vectors: where each number of a tree lies, and its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError, OutputError

__all__ = ["Layout", "ShapeMismatchError", "Vector", "gather"]

Vector = NDArray[np.float64]


class ShapeMismatchError(Exception):
    """A derivative does not have the form that its function calls for."""

    def __init__(self, message: str, transposed: bool = False) -> None:
        super().__init__(message)
        self.transposed = transposed


@dataclass(frozen=True)
class Leaf:
    """A float, or an array of floats, from position `start` of the flat vector on."""

    label: str
    shape: tuple[int, ...]
    start: int
    dtype: np.dtype[Any]
    scalar: Callable[[Any], Any] | None = None
    fortran: bool = False

    @property
    def size(self) -> int:
        return prod(self.shape)

    def build(self, part: NDArray[Any]) -> Any:
        plain = part.dtype == np.float64
        if self.scalar is not None:
            return self.scalar(part[0]) if plain else part[0]
        dtype = self.dtype if plain else part.dtype
        return np.array(part.reshape(self.shape), dtype=dtype, order="F" if self.fortran else "C")

    def name(self, index: tuple[int, ...]) -> str:
        return self.label + (f"[{', '.join(map(str, index))}]" if index else "")


@dataclass(frozen=True)
class Branch:
    """A tuple or named tuple of nodes."""

    children: tuple[Any, ...]
    make: Callable[[Any], Any] = tuple


Node = Leaf | Branch


@dataclass(frozen=True)
class Layout:
    """A tree of floats: builds it from a vector, flattens it to one, names its entries.

    Examples
    --------
    >>> import numpy as np
    >>> layout = Layout.of_argument((1.0, np.array([2.0, 3.0])), "x")
    >>> layout.flatten((4.0, np.array([5.0, 6.0])))
    array([4., 5., 6.])
    >>> [layout.name(i) for i in range(layout.size)]
    ['x[0]', 'x[1][0]', 'x[1][1]']
    """

    root: Node

    @classmethod
    def of_argument(cls, value: Any, label: str) -> Layout:
        """The layout of a differentiated argument; raises ArgumentError if it is not made of floats."""
        return cls(_node(value, label, 0, _argument_leaf))

    @classmethod
    def of_result(cls, value: Any, label: str = "f") -> Layout:
        """The layout of a function's result; raises OutputError if it is not made of numbers."""
        return cls(_node(value, label, 0, _result_leaf))

    @classmethod
    def of_arguments(cls, values: Sequence[Any], labels: Sequence[str]) -> Layout:
        """The layout of several arguments, as a tuple of them."""
        return cls(_branch(values, labels, 0, _argument_leaf, tuple))

    @property
    def leaves(self) -> list[Leaf]:
        return list(_leaves(self.root))

    @property
    def size(self) -> int:
        return sum(leaf.size for leaf in self.leaves)

    @property
    def is_scalar(self) -> bool:
        """Whether the tree is one number, not in an array."""
        return isinstance(self.root, Leaf) and self.root.shape == ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The narrowest of the leaves' types."""
        return min((leaf.dtype for leaf in self.leaves), key=lambda d: d.itemsize, default=np.dtype(float))

    def promoted(self) -> Layout:
        """The same in double precision."""
        return Layout(_promoted(self.root))

    def build(self, vector: NDArray[Any]) -> Any:
        """The tree with the numbers of `vector`; complex numbers and objects stay what they are."""
        return _build(self.root, vector)

    def flatten(self, value: Any) -> NDArray[Any]:
        """The numbers of a tree of this layout; raises OutputError if it has another form."""
        parts: list[NDArray[Any]] = []
        _flatten(self.root, value, parts)
        return np.concatenate(parts) if parts else np.empty(0)

    def place(self, position: int) -> tuple[Leaf, tuple[int, ...]]:
        """The leaf of a position of the vector, and the index within it."""
        for leaf in self.leaves:
            if position < leaf.start + leaf.size:
                index = np.unravel_index(position - leaf.start, leaf.shape) if leaf.shape else ()
                return leaf, tuple(int(i) for i in index)
        raise IndexError(position)

    def name(self, position: int) -> str:
        """What the number at a position is called: ``x[3]``."""
        leaf, index = self.place(position)
        return leaf.name(index)


def gather(value: Any, layouts: Sequence[Layout], labels: str = "the derivative") -> NDArray[Any]:
    """A derivative as one array with an axis per layout: the result's, then one per differentiation.

    Parameters
    ----------
    value : tree
        Nested as ``jacobian`` nests: results outside, arguments within. A leaf has the shapes of its result
        and arguments one after the other; axes of length 1 may be left out, and shapes flattened to one axis.
    layouts : sequence of Layout
        Of the result and of the arguments, once per order.

    Raises
    ------
    ShapeMismatchError
        If it has another form.
    """
    out = np.empty([layout.size for layout in layouts])

    def visit(value: Any, nodes: tuple[Node, ...], leaves: tuple[Leaf, ...]) -> None:
        if nodes:
            first, *rest = nodes
            if isinstance(first, Leaf):
                visit(value, tuple(rest), (*leaves, first))
                return
            if not isinstance(value, tuple | list) or len(value) != len(first.children):
                raise ShapeMismatchError(
                    f"{labels} must be a tuple of {len(first.children)} here, not {_described(value)}"
                )
            for child, part in zip(first.children, value, strict=True):
                visit(part, (child, *rest), leaves)
            return
        block = tuple(slice(leaf.start, leaf.start + leaf.size) for leaf in leaves)
        out[block] = _reshaped(value, [leaf.shape for leaf in leaves], labels)

    visit(value, tuple(layout.root for layout in layouts), ())
    return out


def _reshaped(value: Any, shapes: Sequence[tuple[int, ...]], labels: str) -> NDArray[Any]:
    array = _as_array(value)
    if array.dtype.kind not in "fiub":
        raise ShapeMismatchError(f"{labels} must hold real numbers, not {_described(value)}")
    sizes = tuple(prod(shape) for shape in shapes)
    full = tuple(n for shape in shapes for n in shape)
    for form in (full, sizes):
        if _without_ones(array.shape) == _without_ones(form):
            return array.reshape(sizes).astype(np.float64)
    swapped = tuple(n for shape in (*shapes[1:], shapes[0]) for n in shape)
    transposed = array.size == prod(full) and array.shape in (swapped, (*sizes[1:], sizes[0]))
    hint = " (it looks transposed)" if transposed else ""
    raise ShapeMismatchError(f"{labels} must have shape {full}, not {array.shape}{hint}", transposed)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _as_array(value: Any) -> NDArray[Any]:
    if hasattr(value, "toarray"):  # a SciPy sparse matrix
        value = value.toarray()
    return np.asarray(value)


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return type(value).__name__ + (f" of shape {tuple(shape)}" if shape is not None else "")


# -- trees ----------------------------------------------------------------------------------------


def _node(value: Any, label: str, start: int, leaf: Callable[[Any, str, int], Leaf]) -> Node:
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        labels = [f"{label}.{name}" if fields else f"{label}[{name}]" for name in fields or range(len(value))]
        make = type(value)._make if fields else tuple  # type: ignore[attr-defined]
        return _branch(value, labels, start, leaf, make)
    return leaf(value, label, start)


def _branch(
    values: Sequence[Any], labels: Sequence[str], start: int, leaf: Callable[[Any, str, int], Leaf],
    make: Callable[[Any], Any],
) -> Branch:  # fmt: skip
    children = []
    for value, label in zip(values, labels, strict=True):
        child = _node(value, label, start, leaf)
        start += sum(part.size for part in _leaves(child))
        children.append(child)
    return Branch(tuple(children), make)


def _argument_leaf(value: Any, label: str, start: int) -> Leaf:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        fortran = value.ndim > 1 and value.flags.f_contiguous and not value.flags.c_contiguous
        return Leaf(label, value.shape, start, value.dtype, fortran=fortran)
    if isinstance(value, np.floating):
        return Leaf(label, (), start, value.dtype, type(value))
    if isinstance(value, float):
        return Leaf(label, (), start, np.dtype(float), float)
    remedy = "pass floats (1.0, an array of floats, or a tuple of these), or leave it out of argnums"
    if isinstance(value, list):
        remedy = "pass numpy.array(...) of floats"
    what = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"{type(value).__name__}"
    raise ArgumentError(f"cannot differentiate with respect to argument {label!r}, which is {what}: {remedy}")


def _result_leaf(value: Any, label: str, start: int) -> Leaf:
    array = _as_array(value)
    if array.dtype.kind not in "fiub":
        raise OutputError(
            f"{label} returns {_described(value)}: a derivative needs floats, float arrays or tuples of them"
        )
    dtype = array.dtype if array.dtype.kind == "f" else np.dtype(float)
    return Leaf(label, array.shape, start, dtype, None if array.shape else dtype.type)


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    else:
        for child in node.children:
            yield from _leaves(child)


def _promoted(node: Node) -> Node:
    if isinstance(node, Leaf):
        return replace(node, dtype=np.dtype(float), scalar=node.scalar and float)
    return Branch(tuple(_promoted(child) for child in node.children), node.make)


def _build(node: Node, vector: NDArray[Any]) -> Any:
    if isinstance(node, Leaf):
        return node.build(vector[node.start : node.start + node.size])
    return node.make([_build(child, vector) for child in node.children])


def _flatten(node: Node, value: Any, parts: list[NDArray[Any]]) -> None:
    if isinstance(node, Branch):
        if not isinstance(value, tuple) or len(value) != len(node.children):
            raise OutputError(f"expected a tuple of {len(node.children)}, not {_described(value)}")
        for child, item in zip(node.children, value, strict=True):
            _flatten(child, item, parts)
        return
    array = _as_array(value)
    if array.shape != node.shape:
        raise OutputError(f"{node.label} has shape {array.shape} here, and {node.shape} elsewhere")
    kept = array.dtype.kind in "cO"
    parts.append(array.reshape(-1) if kept else array.reshape(-1).astype(np.float64))
