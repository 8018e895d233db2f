"""What goes wrong in a compilation, in the words of the user: what has no rule, on which line, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from numba.core import errors, types
from numba.core.registry import CPUDispatcher

from ..errors import DualadError, PrimalError, UnsupportedError
from ..types.active import contained
from . import typemaps

_NO_MATCH = re.compile(r"No implementation of function (?:Function\()?(.*?)\)? found for signature:\s*>>> (.*)", re.M)
_UNKNOWN_ATTRIBUTE = re.compile(r"Unknown attribute '(\w+)' of type (.*)")
_CANNOT_UNIFY = re.compile(r"[Cc]annot unify (.*?) and (.*?) for '(.*?)'")
_PLACE = re.compile(r'File "([^"]+)", line (\d+)')
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_ACTIVE = re.compile(r"(?:Dual|Var|Expr)\((?:[^()]|\([^()]*\))*\)")
_NOISE = ("Failed in", "During", "File", "-", "There are", "- Of which", ">>>", "[", "<source")


def diagnosed(error: Exception, dispatcher: Any, argtypes: Sequence[types.Type]) -> DualadError:
    """An exception of ours for an error met while compiling `dispatcher` for arguments of `argtypes`."""
    function = dispatcher
    while hasattr(function, "differentiated"):
        function = function.differentiated
    name = repr(function.py_func.__qualname__)
    text = _STYLE.sub("", str(error))
    if function is dispatcher and any(contained(ty) for ty in argtypes):
        broken = primal_failure(dispatcher, [typemaps.plain(ty) for ty in argtypes])
        if broken is not None:
            text = _STYLE.sub("", str(broken))
            return PrimalError(f"{name} does not compile under plain numba.njit either: {_said(text)}{_place(text)}")
    if isinstance(error, errors.ForceLiteralArg):
        reason = "it needs an argument that is known when it is compiled; make that a global or a closure variable"
    else:
        reason = _reason(text)
    return UnsupportedError(f"cannot differentiate {name}: {reason}{_place(text)}")


def primal_failure(dispatcher: Any, argtypes: Sequence[types.Type]) -> errors.NumbaError | None:
    """What Numba says to the user's function with these plain arguments; None if it compiles."""
    original = getattr(dispatcher, "original", None)
    if original is None:
        original = CPUDispatcher(dispatcher.py_func, {}, {"nopython": True})
    try:
        types.Dispatcher(original).get_call_type(original.typingctx, tuple(argtypes), {})
    except errors.NumbaError as error:
        return error
    return None


def _reason(text: str) -> str:
    matches = _NO_MATCH.findall(text)
    if matches:
        function, arguments = matches[-1]
        name = _callable_name(function)
        if "array(" in arguments and _ACTIVE.search(arguments):
            if name == "'setitem'":
                return f"a value that depends on the differentiated arguments is stored where it does not fit, in {arguments}"
            return f"no derivative rule for {name} with whole arrays; write it as a loop over the elements"
        return f"no derivative rule for {name} with these arguments"
    attribute = _UNKNOWN_ATTRIBUTE.search(text)
    if attribute:
        return f"no derivative rule for attribute or method {attribute.group(1)!r} of {_shown(attribute.group(2))}"
    return _said(text)


def _callable_name(text: str) -> str:
    """``<function solve at 0x…>`` and its kin, shortened to the name."""
    built_in = re.match(r"<(?:built-in )?(?:function|method|ufunc|class|intrinsic) '?([\w.]+)'?", text.strip())
    return repr(built_in.group(1) if built_in else _shown(text.strip()))


def _shown(text: str) -> str:
    """Type names without the machinery."""
    return _ACTIVE.sub("an active float", text)


def _said(text: str) -> str:
    """The first lines of what Numba says that say something."""
    lines = [line.strip() for line in text.splitlines()]
    telling = [line for line in lines if line and not line.startswith(_NOISE)]
    return _shown(telling[0]).rstrip(":") if telling else "it does not compile with active arguments"


def _place(text: str) -> str:
    places = [p for p in _PLACE.findall(text) if "/numba/" not in p[0] and "<dualad" not in p[0]]
    return f" ({places[-1][0]}, line {places[-1][1]})" if places else ""


