"""Signals during the compilation of a derivative: they wait until the compilation can be abandoned.

A handler written in Python runs between any two instructions. What it raises, KeyboardInterrupt most of all,
leaves half done whatever was being done there: the registries of types and functions that Numba fills at its
first compilation, the ops that we add to them. So handlers run between the passes of Numba's compiler, where
an exception does no more than an error in the user's function does.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...numba_api import event

_handlers: dict[int, Any] = {}  # the user's, for which ours stands in
_waiting: dict[int, Any] = {}  # frames by signal: one that comes twice is one, as in Python
_keeping = False


class _Abandoned(BaseException):
    """Carries an exception of any class past those who handle errors of compilations."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


@contextmanager
def kept() -> Iterator[None]:
    """Let signals wait for the next pass of the compiler, or for the end of this."""
    if _keeping or threading.current_thread() is not threading.main_thread():
        yield  # Python runs handlers in the main thread only
        return
    abandoned: BaseException | None = None
    try:
        _keep()
        yield
    except _Abandoned as carrier:
        abandoned = carrier.error
    finally:
        _let_go()
        _deliver()
    if abandoned is not None:
        raise abandoned.with_traceback(None) from None


def _keep() -> None:
    global _keeping
    _keeping = True
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler) and handler is not _wait:
            _handlers[number] = handler
            signal.signal(number, _wait)


def _let_go() -> None:
    """Put the user's handlers back; from the first line on ours does what they do."""
    global _keeping
    _keeping = False
    for number, handler in _handlers.items():
        if signal.getsignal(number) is _wait:
            signal.signal(number, handler)


def _wait(number: int, frame: Any) -> None:
    if _keeping:
        _waiting[number] = frame
    else:
        _handlers[number](number, frame)


def _deliver() -> None:
    """Run the handlers of signals that wait; what the first raises does not keep the others from running."""
    if not _waiting:
        return
    number, frame = _waiting.popitem()
    try:
        _handlers[number](number, frame)
    finally:
        _deliver()


class _Passes(event.Listener):
    """Told of each pass of Numba's compiler."""

    def on_start(self, event: Any) -> None:
        if not (_waiting and _keeping) or threading.current_thread() is not threading.main_thread():
            return
        try:
            _deliver()
        except BaseException as error:
            raise _Abandoned(error) from None

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:run_pass", _Passes())
