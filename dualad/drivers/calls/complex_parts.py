"""Functions of complex numbers as functions of real and imaginary parts.

A selected argument's complex number becomes the pair of its parts, an array of them a pair of arrays. The
function of the parts joins them exactly, calls the user's function, and takes its result apart. It is an
ordinary function, whose real derivatives any engine computes. For the complex derivative only real parts are
differentiated: the imaginary parts are passive arguments of their own.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import numpy as np
from numba import njit, types

from ...compiler.dispatch.diagnosis import broken, shown_cause
from ...compiler.dispatch.dispatcher import differentiable, inherited
from ...compiler.dispatch.driver import Driver
from ...numba_api import CPUDispatcher
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import complex_of, is_complex, part_of
from ...types.maps import copy_layout, plain, tuple_like
from .function import Function
from .selection import Selection, is_complex_leaf

# mypy: disable-error-code="no-untyped-def"


def has_complex(ty: types.Type) -> bool:
    """Whether a tree has complex leaves."""
    return any(map(is_complex_leaf, trees.leaf_types(ty)))


@dataclass(frozen=True)
class OfParts:
    """The function of the parts of a selection's complex numbers.

    Attributes
    ----------
    function : Function
        Takes the arguments with pairs in place of complex numbers. With `slopes` it takes the real parts
        there, and after all arguments, for each selected one, a tuple of imaginary parts.
    """

    selection: Selection
    function: Function
    slopes: bool

    @classmethod
    def of(
        cls, selection: Selection, returned: str, classes: dict[str, Any], slopes: bool = False
    ) -> OfParts:
        """`returned` is what is made of `y`, the result of the user's function; it uses these classes."""
        names = dict(classes)
        source = _source(selection, returned, names, slopes)
        known = selection.function.dispatcher.__dict__.setdefault("of_parts", {})
        key = source, tuple(names.items())
        if key not in known:
            known[key] = Function(_compiled(selection.function, source, names))
        return cls(selection, known[key], slopes)

    @property
    def argtypes(self) -> list[types.Type]:
        """The types of the arguments of the function of the parts."""
        passed = list(map(types.unliteral, self.selection.argtypes))
        for n in self.selection.numbers:
            passed[n] = parts_type(passed[n], self.slopes)
        if self.slopes:
            for n in self.selection.numbers:
                passed.append(types.Tuple(list(map(real_type, _complex_leaves(self.selection.argtypes[n])))))
        return passed

    def arguments(self, stage: Stage, args: Sequence[Any]) -> tuple[list[Any], list[Leaf]]:
        """The arguments of the function of the parts, and the new arrays in them, to be released."""
        argtypes = self.argtypes
        given = zip(args, self.selection.argtypes, argtypes, strict=False)
        passed = [
            value if n in self.selection.numbers else stage.context.cast(stage.builder, value, ty, want)
            for n, (value, ty, want) in enumerate(given)
        ]
        owned: list[Leaf] = []
        extras = iter(argtypes[len(args) :])
        for n in self.selection.numbers:
            passed[n], pairs = apart(stage, self.selection.argtypes[n], args[n], only_real=self.slopes)
            owned += [part for pair in pairs for part in pair]
            if self.slopes:
                passed.append(trees.rebuild(stage, next(extras), iter([imag.ll for _, imag in pairs])))
        return passed, [leaf for leaf in owned if leaf.is_array]


def result_type(function: Function, argtypes: Sequence[types.Type]) -> types.Type:
    """The type of the function's own result for these arguments."""
    dispatcher = function.dispatcher
    plainly = _callable(function)
    if not isinstance(plainly, CPUDispatcher):
        plainly = dispatcher.__dict__.setdefault("plainly", njit(plainly))
    given = tuple(map(plain, argtypes))
    try:
        signature = types.Dispatcher(plainly).get_call_type(plainly.typingctx, given, {})
    except Exception as error:
        if not all(ty.is_precise() for ty in given):
            raise  # Numba tries again when it knows more
        raise broken(dispatcher, error) from shown_cause(error)
    result: types.Type = signature.return_type
    return result


def split_expression(ty: Any, name: str = "y") -> tuple[str, dict[str, Any]]:
    """What takes the complex numbers in a result apart, and the names that it uses."""
    names: dict[str, Any] = {}

    def of(ty: Any, name: str) -> str:
        if isinstance(ty, types.BaseTuple):
            items = "".join(f"{of(item, f'{name}[{i}]')}, " for i, item in enumerate(ty))
            return f"{_class_of(ty, names)}({items})"
        return f"({name}.real, {name}.imag)" if is_complex_leaf(ty) else name

    return of(ty, name), names


# -- types and values -------------------------------------------------------------------------------


def parts_type(ty: Any, only_real: bool = False) -> types.Type:
    """A tree type with pairs of parts in place of complex numbers, or the real parts."""
    if isinstance(ty, types.BaseTuple):
        return tuple_like(ty, [parts_type(item, only_real) for item in ty])
    if not is_complex_leaf(ty):
        return types.unliteral(ty)
    return real_type(ty) if only_real else types.Tuple([real_type(ty)] * 2)


def joined_type(form: Any, ty: Any) -> types.Type:
    """The type of the tree that :func:`joined` makes."""
    if isinstance(form, types.BaseTuple):
        if not isinstance(ty, types.BaseTuple):
            return ty
        return tuple_like(ty, [joined_type(*pair) for pair in zip(form, ty, strict=True)])
    return whole_type(ty[0]) if is_complex_leaf(form) and ty != types.none else ty


def joined(stage: Stage, form: Any, ty: Any, ll: Any, *, conjugate: bool = False) -> Any:
    """A tree with pairs at the complex leaves of `form`, as one with complex numbers; uses up the pairs."""
    if isinstance(form, types.BaseTuple):
        if not isinstance(ty, types.BaseTuple):
            return ll
        items = [
            joined(stage, part, item, stage.builder.extract_value(ll, i), conjugate=conjugate)
            for i, (part, item) in enumerate(zip(form, ty, strict=True))
        ]
        return stage.context.make_tuple(stage.builder, joined_type(form, ty), items)
    if not is_complex_leaf(form) or ty == types.none:
        return ll
    pair = [Leaf(part, stage.builder.extract_value(ll, i)) for i, part in enumerate(ty)]
    return join(stage, *pair, conjugate=conjugate)


def join(stage: Stage, real: Leaf, imag: Leaf, *, conjugate: bool = False) -> Any:
    """The complex numbers with these parts, which are used up."""

    def number(value: Any, at: Any) -> Any:
        other = trees.element_at(stage, imag, at)
        return stage.complex(value, -other if conjugate else other)

    [whole] = trees.mapped(stage, [real], lambda ty: complex_of(ty), number)
    for leaf in (real, imag):
        trees.release(stage, leaf.type, leaf.ll)
    return whole.ll


def apart(stage: Stage, ty: Any, ll: Any, *, only_real: bool = False) -> tuple[Any, list[list[Leaf]]]:
    """A tree as one of :func:`parts_type`, and the pairs of parts, whose arrays are new."""
    pairs, flat = [], []
    for leaf in trees.leaves(stage, ty, ll):
        pair = split(stage, leaf) if is_complex_leaf(leaf.type) else [leaf]
        flat += pair[:1] if only_real else pair
        pairs += [pair] if len(pair) == 2 else []
    return trees.rebuild(stage, parts_type(ty, only_real), iter([leaf.ll for leaf in flat])), pairs


def split(stage: Stage, leaf: Leaf, *, conjugate: bool = False) -> list[Leaf]:
    """The parts of complex numbers; those of an array are new arrays. Imaginary parts of real ones are 0."""

    def real(value: Any, at: Any) -> Any:
        return value.real if is_complex(value.type) else stage.cast(value, part_of(value.type))

    def imag(value: Any, at: Any) -> Any:
        if not is_complex(value.type):
            return stage.zero(part_of(value.type))
        return -value.imag if conjugate else value.imag

    return [trees.mapped(stage, [leaf], part_of, part, in_layout=True)[0] for part in (real, imag)]


def real_type(ty: Any) -> types.Type:
    """The type of the parts of a leaf."""
    if isinstance(ty, types.Array):
        return types.Array(part_of(ty.dtype), ty.ndim, copy_layout(ty))
    return part_of(ty)


def whole_type(ty: Any) -> types.Type:
    """The type of the leaf with parts of a type."""
    return types.Array(complex_of(ty.dtype), ty.ndim, "C") if isinstance(ty, types.Array) else complex_of(ty)


def _complex_leaves(ty: types.Type) -> list[types.Type]:
    return [leaf for leaf in trees.leaf_types(ty) if is_complex_leaf(leaf)]


# -- the source -------------------------------------------------------------------------------------


@njit
def join_arrays(real, imag):
    """The array of complex numbers with these parts."""
    z = np.empty(real.shape, np.complex128)
    z.real[...] = real
    z.imag[...] = imag
    return z


@njit
def join_number(real, imag):
    """The same for arrays without axes."""
    z = np.empty((), np.complex128)
    z[()] = complex(real[()], imag[()])
    return z


@njit
def join_arrays_in_columns(real, imag):
    """The same for arrays in Fortran's order, in that order."""
    return join_arrays(real.T, imag.T).T


def _source(selection: Selection, returned: str, names: dict[str, Any], slopes: bool) -> str:
    shown, passed, imags = [], [], []
    for n, ty in enumerate(selection.argtypes):
        name = f"{selection.function.parameter(n)}" if n < selection.function.starred else f"argument_{n}"
        shown.append(name)
        if n not in selection.numbers:
            passed.append(name)
            continue
        imag = f"imaginary_{n}"
        imags.append(imag)
        passed.append(_expression(ty, name, names, _imaginary(imag) if slopes else None))
    # The imaginary parts come in the order of argnums.
    extra = [f"imaginary_{n}" for n in selection.numbers] if slopes else []
    called = f"function_of_complex({', '.join(passed)})"
    return f"def of_parts({', '.join(shown + extra)}):\n    y = {called}\n    return {returned}\n"


def _imaginary(name: str) -> Iterator[str]:
    return (f"{name}[{i}]" for i in count())


def _expression(ty: Any, name: str, names: dict[str, Any], imags: Iterator[str] | None) -> str:
    """What joins the parts of a selected argument."""
    if isinstance(ty, types.BaseTuple):
        items = [_expression(item, f"{name}[{i}]", names, imags) for i, item in enumerate(ty)]
        return (
            f"{_class_of(ty, names)}({''.join(f'{item}, ' for item in items)})" if has_complex(ty) else name
        )
    if not is_complex_leaf(ty):
        return name
    real, imag = (f"{name}[0]", f"{name}[1]") if imags is None else (name, next(imags))
    if not isinstance(ty, types.Array):
        return f"complex({real}, {imag})"
    join = join_arrays_in_columns if copy_layout(ty) == "F" else join_arrays if ty.ndim else join_number
    return f"{join.py_func.__name__}({real}, {imag})"


def _class_of(ty: Any, names: dict[str, Any]) -> str:
    """What makes a tuple of its items: nothing, or a name of the named tuple's class."""
    if not isinstance(ty, types.BaseNamedTuple):
        return ""
    made = ty.instance_class
    name = next((name for name, known in names.items() if known is made), f"class_{len(names)}")
    names[name] = made
    return name


def _callable(function: Function) -> Any:
    """The user's function as compiled code may call it."""
    dispatcher = function.dispatcher
    original = getattr(dispatcher, "original", None)
    if original is not None or isinstance(dispatcher, Driver):
        return original or dispatcher
    return dispatcher.py_func


def _compiled(function: Function, source: str, names: dict[str, Any]) -> Any:
    original = _callable(function)
    if not hasattr(original, "py_func"):
        original = function.dispatcher.__dict__.setdefault("plainly", njit(original))
    filename = f"<dualad parts of {function.name} {_number()}>"
    namespace = {
        **{join.py_func.__name__: join for join in (join_arrays, join_number, join_arrays_in_columns)},
        "function_of_complex": original,
        **names,
    }
    exec(compile(source, filename, "exec"), namespace)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    made: Any = namespace["of_parts"]
    its = function.dispatcher.py_func  # which messages name
    made.__module__, made.__name__, made.__qualname__ = its.__module__, its.__name__, its.__qualname__
    return differentiable(njit(**inherited(original))(made))


@cache
def _numbers() -> Iterator[int]:
    return count()


def _number() -> int:
    """A new number."""
    return next(_numbers())
