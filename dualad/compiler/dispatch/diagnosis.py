"""Diagnoses of failed compilations for users: what has no rule, on which line, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numba import types
from numba.core import errors

from ...errors import DualadError, PrimalError, UnsupportedError
from ...numba_api import CPUDispatcher, config
from ...types import maps
from ...types.active import contained

_CAST = re.compile(r"Cannot cast (?:Dual|Var|Expr)\(.*?\) to (\w+): ")
_NO_MATCH = re.compile(
    r"No implementation of function (?:Function\()?(.*?)\)? found for signature:\s*>>> (.*)"
)
_UNKNOWN_ATTRIBUTE = re.compile(r"Unknown attribute '(\w+)' of type (.*)")
_PLACE = re.compile(r'(?:File "([^"]+)", line (\d+))|(?:at (\S+\.py) \((\d+)\))')
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_COMPLEX = re.compile(r"Complex\(((?:Dual|Var)\((?:[^()]|\([^()]*\))*\))\)")
_ACTIVE = re.compile(r"(?:Dual|Var|Expr)\((?:[^()]|\([^()]*\))*\)")
_OTHERS = ("<dualad", str(Path(__file__).parents[2]))
_GENERATOR = "NumPyRandomGeneratorType_"
_NOISE = ("Failed in", "During", "File", "-", "There are", "- Of which", ">>>", "[", "<source")


def diagnosed(error: Exception, dispatcher: Any, argtypes: Sequence[types.Type]) -> DualadError:
    """An exception of ours for an error met while compiling `dispatcher` for arguments of `argtypes`."""
    function = dispatcher
    while hasattr(function, "differentiated"):
        function = function.differentiated
    name = repr(function.py_func.__qualname__)
    text = _text(error)
    if function is dispatcher and any(contained(ty) for ty in argtypes):
        failure = primal_failure(dispatcher, [maps.plain(ty) for ty in argtypes])
        if failure is not None:
            return broken(dispatcher, failure)
    if not isinstance(error, errors.NumbaError):
        return UnsupportedError(
            f"cannot differentiate {name}: there is no derivative rule for a call or operation that Numba "
            f"would compile{_traced_place(error)}; see NUMBA_FULL_TRACEBACKS=1: {_said(text)}"
        )
    if isinstance(error, errors.ForceLiteralArg):
        reason = (
            "it needs an argument to be known when it is compiled; make that a global or closure variable"
        )
    else:
        reason = _reason(text)
    return UnsupportedError(f"cannot differentiate {name}: {reason}{_place(text)}")


def broken(dispatcher: Any, failure: Exception) -> PrimalError:
    """The exception for a function that Numba does not compile either."""
    text = _text(failure)
    name = repr(dispatcher.py_func.__qualname__)
    return PrimalError(f"{name} does not compile under plain numba.njit either: {_said(text)}{_place(text)}")


def shown_cause(error: Exception) -> Exception | None:
    """The cause that an exception of ours names: what Numba raised, with NUMBA_FULL_TRACEBACKS=1."""
    return error if config.FULL_TRACEBACKS else None


def primal_failure(dispatcher: Any, argtypes: Sequence[types.Type]) -> Exception | None:
    """What Numba says to the user's function with these plain arguments; None if it compiles."""
    original = getattr(dispatcher, "original", None)
    if original is None:
        original = CPUDispatcher(dispatcher.py_func, {}, {"nopython": True})
    try:
        signature = types.Dispatcher(original).get_call_type(original.typingctx, tuple(argtypes), {})
    except Exception as error:
        return error
    if signature is None:
        given = ", ".join(map(str, argtypes))
        return errors.TypingError(f"none of the declared signatures fits ({given})")
    return None


def _text(error: Exception) -> str:
    return _STYLE.sub("", str(error))


def _reason(text: str) -> str:
    unmatched = _unmatched(text)
    if unmatched:
        function, arguments = unmatched
        name = _callable_name(function)
        if name == "'setitem'":
            container = arguments.removeprefix("setitem(").split("), ")[0] + ")"
            return (
                f"a value that depends on the differentiated arguments does not fit into "
                f"{_shown(container)}; convert it (int(...)), or create the array with a float dtype"
            )
        if "array(" in arguments and _ACTIVE.search(arguments):
            return f"no derivative rule for {name} of whole arrays; write it as a loop over the elements"
        return f"no derivative rule for {name} with arguments {_arguments(arguments)}"
    if "BLAS" in text:
        return "no derivative rule for matrix products (@, np.dot); write them as loops over the elements"
    if cast := _CAST.search(text):
        return (
            f"a value that depends on the differentiated arguments does not fit into {cast.group(1)}; "
            f"keep it in a variable or an array of floats"
        )
    attribute = _UNKNOWN_ATTRIBUTE.search(text)
    if attribute:
        return f"no derivative rule for attribute {attribute.group(1)!r} of {_shown(attribute.group(2))}"
    return _said(text)


def _unmatched(text: str) -> tuple[str, str] | None:
    """The function without an implementation, as the user called it, and its arguments."""
    matches = [found for found in _NO_MATCH.findall(text) if "<intrinsic call>" not in found[0]]
    return matches[0] if matches else None


def _arguments(text: str) -> str:
    """``add(Dual(...), int64)`` without the function's name."""
    return _shown(text[text.find("(") :].strip())


def _callable_name(text: str) -> str:
    """``<function solve at 0x…>`` and its kin, shortened to the name."""
    known = re.match(r"<(?:built-in )?(?:function|method|ufunc|class|intrinsic) '?([\w.]+)'?", text.strip())
    return repr(known.group(1).removeprefix(_GENERATOR) if known else _shown(text.strip()))


def _shown(text: str) -> str:
    """Type names without the machinery."""
    return _ACTIVE.sub("active float", _COMPLEX.sub("active complex", text))


def _said(text: str) -> str:
    """What Numba says, without the context that it adds."""
    unmatched = _unmatched(text)
    if unmatched:
        function, arguments = unmatched
        return f"no implementation of {_callable_name(function)} for {_arguments(arguments)}"
    lines = [line.strip() for line in text.splitlines()]
    telling = [line for line in lines if line and not line.startswith(_NOISE)]
    return _shown(telling[0]).rstrip(":") if telling else "it does not compile"


def _traced_place(error: Exception) -> str:
    """The last line of the user's that Numba was at, from its frames: such errors do not tell."""
    place, frame = "", error.__traceback__
    while frame is not None:
        variables = frame.tb_frame.f_locals
        at = {"lower_inst": "inst", "propagate": "constraint"}.get(frame.tb_frame.f_code.co_name, "")
        loc = getattr(variables.get(at), "loc", None)
        if loc is not None and not _is_others(loc.filename):
            place = f" ({loc.filename}, line {loc.line})"
        frame = frame.tb_next
    return place


def _is_others(filename: str) -> bool:
    return filename.startswith(_OTHERS) or "/numba/" in filename


def _place(text: str) -> str:
    """The first line of the user's in a message of Numba's: the innermost."""
    found = [(a or c, b or d) for a, b, c, d in _PLACE.findall(text)]
    places = [p for p in found if not _is_others(p[0])]
    return f" ({places[0][0]}, line {places[0][1]})" if places else ""
