"""Runs signal handlers, above all for Ctrl-C, between the sweeps of a long derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from ...numba_api import cgutils
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf

# Asking takes some nanoseconds, a sweep at least some ten.
SWEEPS = 16
_INT = ir.IntType(32)


def answer(
    stage: Stage, sweep: Any, owned: Sequence[Leaf], clean_up: Callable[[], None] = lambda: None
) -> None:
    """Let Python run the handlers of signals that have come, after every 16th sweep.

    If one raises, clean up, release what is owned and let its exception through. Nothing is asked where
    Python's lock is not held (functions with ``nogil``, other threads), nor in a try block, which cannot
    catch what is raised.
    """
    builder, call_conv = stage.builder, stage.context.call_conv
    last = ir.Constant(sweep.type, SWEEPS - 1)
    due = builder.icmp_signed("==", builder.and_(sweep, last), last)
    due = builder.and_(due, builder.not_(call_conv.check_try_status(builder).in_try))
    with cgutils.if_unlikely(builder, due), builder.if_then(_asks(builder, "PyGILState_Check")):
        raised = _asks(builder, "PyErr_CheckSignals")
        with cgutils.if_unlikely(builder, raised):
            clean_up()
            trees.release_on_exit(stage, owned)
            call_conv.return_exc(builder)


def _asks(builder: Any, name: str) -> Any:
    """Call a function of Python's that takes nothing: whether it gives another int than 0."""
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_INT, []), name)
    return builder.icmp_signed("!=", builder.call(function, []), ir.Constant(_INT, 0))
