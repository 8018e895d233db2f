"""``python -m benchmarks.gradbench``: answer GradBench's messages, one a line, until the input ends."""

from __future__ import annotations

import contextlib
import os
import sys

import dualad as da

from .protocol import Session

# The largest evals record a few gigabytes.
MEMORY_SHARE = 0.75

if __name__ == "__main__":
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    da.set_tape_limit(int(MEMORY_SHARE * memory))
    # GradBench ends a session by closing the pipe.
    with contextlib.suppress(BrokenPipeError):
        Session().serve(sys.stdin, sys.stdout)
