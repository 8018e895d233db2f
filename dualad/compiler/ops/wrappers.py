"""Functions with emitted code: intrinsics behind a Python function with a plain signature."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any, Protocol

from numba import types
from numba.extending import intrinsic

from ...numba_api import chosen_by, cpu_target
from ...staging.stage import Stage

HIDDEN = "_dualad_emitted"


class Emitted(Protocol):
    """What knows of a call the type of the result, and the code that computes it."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        """The result's type and a plan for `emit`."""

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        """The LLVM value of the result."""


def wrapper(
    emitted: Emitted, name: str, parameters: str, arguments: str, module: str | None = None
) -> Callable[..., Any]:
    """``def name(parameters): return emitted(arguments)``, with a source that Numba can show.

    `arguments` is an expression for the tuple of all arguments.
    """
    source = f"def {name}({parameters}):\n    return {HIDDEN}({arguments})\n"
    filename = f"<dualad {name} {id(emitted):x}>"
    namespace: dict[str, Any] = {HIDDEN: _as_intrinsic(emitted)}
    exec(compile(source, filename, "exec"), namespace)
    # Numba reads the source for its messages.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    function: Callable[..., Any] = namespace[name]
    function.__module__ = module or __name__
    return function


def retype(function: Callable[..., Any]) -> None:
    """Let the next compilation of a wrapper ask anew for its type and its code, which Numba keeps."""
    fnty = cpu_target.typing_context.resolve_value_type(function.__globals__[HIDDEN])
    for template in fnty.templates:
        chosen_by(template).clear()


def _as_intrinsic(emitted: Emitted) -> Any:
    def call(typingctx: Any, arguments: Any) -> Any:
        result, plan = emitted.resolve(typingctx, list(arguments))

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            stage = Stage(context, builder)
            values = [builder.extract_value(args[0], i) for i in range(len(arguments))]
            return emitted.emit(stage, plan, values)

        return result(arguments), codegen

    return intrinsic(call)
