"""Numba's errors in the words of the user: what has no rule, and on which line."""

from __future__ import annotations

import re
from typing import Any

from numba.core import errors

from ..errors import DualadError, PrimalError, UnsupportedError

_NO_MATCH = re.compile(r"No implementation of function (?:Function\()?(.*?)\)? found for signature", re.S)
_UNKNOWN_ATTRIBUTE = re.compile(r"Unknown attribute '(\w+)' of type (.*)")
_UNTYPED_GLOBAL = re.compile(r"Untyped global name '([^']+)'")
_PLACE = re.compile(r'File "([^"]+)", line (\d+)')
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def diagnosed(error: errors.NumbaError, dispatcher: Any) -> DualadError:
    """An exception of ours for a Numba error met while compiling `dispatcher`."""
    text = _STYLE.sub("", str(error))
    place = _innermost_place(text)
    broken = _primal_failure(dispatcher)
    if broken is not None:
        return PrimalError(f"{_name(dispatcher)} does not compile under plain numba.njit{place}: {broken}")
    return UnsupportedError(f"cannot differentiate {_name(dispatcher)}: {_reason(text)}{place}")


def _name(dispatcher: Any) -> str:
    target = getattr(dispatcher, "differentiated", dispatcher)
    return f"{target.py_func.__qualname__!r}"


def _reason(text: str) -> str:
    matches = _NO_MATCH.findall(text)
    if matches:
        return f"no derivative rule for {_callable_name(matches[-1])} with these arguments"
    attribute = _UNKNOWN_ATTRIBUTE.search(text)
    if attribute:
        return f"no derivative rule for attribute or method {attribute.group(1)!r} of {_plain(attribute.group(2))}"
    unknown = _UNTYPED_GLOBAL.search(text)
    if unknown:
        return f"global name {unknown.group(1)!r} is not something compiled code can use"
    return _first_line(text)


def _callable_name(text: str) -> str:
    """``<function solve at 0x…>`` and its kin, shortened to the name."""
    built_in = re.match(r"<(?:built-in )?(?:function|method|ufunc|class) '?([\w.]+)'?", text.strip())
    return repr(built_in.group(1) if built_in else _plain(text.strip()))


def _plain(text: str) -> str:
    """Type names without the machinery."""
    return re.sub(r"(?:Dual|Var|Expr)\((\w+)[^)]*\)", r"active \1", text)


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("Failed in", "During", "File", "-"))]
    return _plain(lines[0]) if lines else "it does not compile with active arguments"


def _innermost_place(text: str) -> str:
    places = [p for p in _PLACE.findall(text) if "/numba/" not in p[0] and "<dualad" not in p[0]]
    return f" ({places[-1][0]}, line {places[-1][1]})" if places else ""


def _primal_failure(dispatcher: Any) -> str | None:
    """Why the user's function does not compile with plain arguments either, if so."""
    attempt = getattr(dispatcher, "compile_primal", None)
    if attempt is None:
        return None
    try:
        attempt()
    except errors.NumbaError as error:
        return _first_line(_STYLE.sub("", str(error)))
    return None
