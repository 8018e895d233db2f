"""Points as text or files: ``x=[1.0, 2.0]``, ``x=normal(5)``, JSON, ``.npz``. Nothing is evaluated."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ArgumentError

__all__ = ["arranged", "from_file", "literal", "parameters", "positions", "random"]

_NORMAL = {"mean": 0.0, "std": 1.0}
_DISTRIBUTIONS: dict[str, tuple[dict[str, float], Callable[..., Any]]] = {
    "normal": (_NORMAL, lambda rng, shape, mean, std: rng.normal(mean, std, shape)),
    "lognormal": (_NORMAL, lambda rng, shape, mean, std: rng.lognormal(mean, std, shape)),
    "uniform": ({"low": 0.0, "high": 1.0}, lambda rng, shape, low, high: rng.uniform(low, high, shape)),
}


def literal(text: str) -> tuple[str, Any]:
    """The name and value of ``name=literal``.

    Examples
    --------
    >>> literal("x=[1.0, 2.0]")
    ('x', [1.0, 2.0])
    """
    name, value = _split(text)
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ArgumentError(
            f"{text!r}: the value must be a literal: a number, a list, a tuple, a string"
        ) from None


def random(text: str, rng: np.random.Generator) -> tuple[str, Any]:
    """The name and value of ``name=distribution(shape, option=number)``.

    Distributions are normal(mean=0, std=1), lognormal(mean=0, std=1) and uniform(low=0, high=1); without a
    shape the value is a float.

    Examples
    --------
    >>> name, value = random("x=uniform(2, 3, low=-1)", np.random.default_rng(0))
    >>> name, value.shape
    ('x', (2, 3))
    """
    name, value = _split(text)
    call = _call(text, value)
    known = ", ".join(_DISTRIBUTIONS)
    if not isinstance(call.func, ast.Name) or call.func.id not in _DISTRIBUTIONS:
        raise ArgumentError(f"{text!r}: the distributions are {known}, as in x=normal(5)")
    defaults, draw = _DISTRIBUTIONS[call.func.id]
    shape = tuple(_number(text, node, int) for node in call.args)
    if any(n < 0 for n in shape):
        raise ArgumentError(f"{text!r}: a shape is made of ints of at least 0")
    options = dict(defaults)
    for keyword in call.keywords:
        if keyword.arg not in defaults:
            raise ArgumentError(f"{text!r}: the options of {call.func.id} are {', '.join(defaults)}")
        options[keyword.arg] = _number(text, keyword.value, float)
    try:
        drawn = draw(rng, shape or None, *options.values())
    except (ValueError, OverflowError, MemoryError) as error:
        raise ArgumentError(f"{text!r}: {error}") from None
    return name, drawn


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise ArgumentError(f"{text!r} must have the form name=value")
    return name.strip(), value.strip()


def _call(text: str, value: str) -> ast.Call:
    try:
        node = ast.parse(value, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        node = None
    if not isinstance(node, ast.Call):
        raise ArgumentError(f"{text!r}: expected a distribution with a shape, as in x=normal(5)")
    return node


def _number(text: str, node: ast.expr, kind: type) -> Any:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        raise ArgumentError(f"{text!r}: expected numbers in the brackets")
    return kind(value)


def from_file(path: Path) -> dict[str, Any]:
    """Arguments by name from a JSON object or an ``.npz`` archive; raises ArgumentError."""
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {
                    name: archive[name] if archive[name].ndim else archive[name].item() for name in archive
                }
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArgumentError(f"cannot read arguments from {path}: {error}") from None
    if not isinstance(read, dict):
        raise ArgumentError(f"{path} must hold a JSON object, of arguments by name")
    return read


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The positional parameters of a function; raises ArgumentError if they cannot be found out."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise ArgumentError(f"cannot tell the names of the arguments of {function!r}") from None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter for parameter in found if parameter.kind in kinds]


def positions(names: Sequence[str], known: Sequence[inspect.Parameter]) -> tuple[int, ...]:
    """Positions of arguments given by name or number; raises ArgumentError for others."""
    labels = [parameter.name for parameter in known]
    found = []
    for name in names:
        if name in labels:
            found.append(labels.index(name))
        elif name.isdecimal() and int(name) < len(labels):
            found.append(int(name))
        else:
            raise ArgumentError(f"there is no argument {name!r}{_others(name, labels)}")
    return tuple(found)


def arranged(
    given: Mapping[str, Any], known: Sequence[inspect.Parameter], differentiated: Sequence[int]
) -> list[Any]:
    """Arguments in order, lists as arrays, and numbers to differentiate with respect to as floats.

    Raises
    ------
    ArgumentError
        If an argument is missing, unknown, or not made of numbers.
    """
    labels = [parameter.name for parameter in known]
    for name in given:
        if name not in labels:
            raise ArgumentError(f"there is no argument {name!r}{_others(name, labels)}")
    last = max([labels.index(name) for name in given] + list(differentiated), default=-1)
    arranged = []
    for position, parameter in enumerate(known):
        if parameter.name in given:
            arranged.append(_converted(parameter.name, given[parameter.name], position in differentiated))
        elif parameter.default is inspect.Parameter.empty:
            raise ArgumentError(
                f"argument {parameter.name!r} is missing; give it with --at, --at-random or --args"
            )
        elif position <= last:
            arranged.append(parameter.default)
    return arranged


def _others(name: str, labels: Sequence[str]) -> str:
    close = get_close_matches(name, labels, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(labels)}" if labels else "; the function takes none"


def _converted(name: str, value: Any, differentiated: bool) -> Any:
    if isinstance(value, tuple):
        return tuple(_converted(name, item, differentiated) for item in value)
    if isinstance(value, list):
        try:
            value = np.array(value)
        except ValueError:
            raise ArgumentError(
                f"argument {name!r}: rows of different lengths do not form an array"
            ) from None
        if value.dtype.kind not in "fiub" and value.size:
            raise ArgumentError(f"argument {name!r}: a list must hold numbers")
    if differentiated and isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind in "iu" else value
    if differentiated and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
