"""Minima of interleaved runs: what a call costs on a machine that also does other things."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

Call = Callable[[], Any]

# A block of calls should last this long, so that the clock's resolution does not matter.
BLOCK_SECONDS = 2e-4
LEAST_ROUNDS = 5
MOST_ROUNDS = 2000


def interleaved(calls: Mapping[str, Call], seconds: float) -> dict[str, float]:
    """Least time of one call of each function, in seconds.

    The functions take turns, so that a noisy neighbour or a change of clock speed meets all of them;
    the least of many turns is what is left when it is quiet.

    Parameters
    ----------
    calls : mapping of str to callable
        Functions without arguments. Each is called once before any is timed: that compiles it.
    seconds : float
        How long to go on, in total; every function has at least a few turns.

    Returns
    -------
    dict of str to float
        Seconds per call, in the order of `calls`.
    """
    blocks = {}
    for name, call in calls.items():
        call()
        blocks[name] = max(1, int(BLOCK_SECONDS / max(_block(call, 1), 1e-8)))
    best = dict.fromkeys(calls, float("inf"))
    enabled = gc.isenabled()
    gc.disable()
    try:
        end = perf_counter() + seconds
        for turn in range(MOST_ROUNDS):
            if turn >= LEAST_ROUNDS and perf_counter() > end:
                break
            for name, call in calls.items():
                call()  # untimed: the one before has filled the caches with data of its own
                best[name] = min(best[name], _block(call, blocks[name]) / blocks[name])
    finally:
        if enabled:
            gc.enable()
    return best


def _block(call: Call, count: int) -> float:
    """Seconds that `count` calls take."""
    turns = range(count)
    begin = perf_counter()
    for _ in turns:
        call()
    return perf_counter() - begin
