"""Functions of rules as they are called from code that we emit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from ...numba_api import cgutils
from ...staging.stage import Stage
from .parts import RuleFunction


@dataclass(frozen=True)
class Callee:
    """A function of a rule, compiled for given types."""

    dispatcher: RuleFunction
    signature: Any

    @classmethod
    def resolve(cls, typing: Any, dispatcher: RuleFunction, argtypes: Sequence[types.Type]) -> Callee:
        return cls(dispatcher, types.Dispatcher(dispatcher).get_call_type(typing, tuple(argtypes), {}))

    @property
    def result(self) -> types.Type:
        return self.signature.return_type

    def emit(
        self, stage: Stage, args: Sequence[Any], on_error: Callable[[Any], None], *, rarely: bool = False
    ) -> Any:
        """Call; `on_error` is given the status if the function raises. A rare call is not worth inlining."""
        compiled = self.dispatcher.compiled(self.signature)
        stage.context.add_linking_libs([compiled.library])
        function = stage.context.declare_function(stage.builder.module, compiled.fndesc)
        status, result = stage.context.call_conv.call_function(
            stage.builder,
            function,
            self.signature.return_type,
            self.signature.args,
            args,
            attrs=("noinline",) if rarely else None,
        )
        with cgutils.if_unlikely(stage.builder, status.is_error):
            on_error(status)
        return result
