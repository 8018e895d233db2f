"""``python -m benchmarks``: measure, print tables, and write JSON if asked to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from . import peers, runtime, startup
from .report import Report, console


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results to FILE")
    parser.add_argument("--seconds", type=float, default=1.0, help="time per measured function (default 1)")
    parser.add_argument(
        "--repeats", type=int, default=3, help="fresh processes per start-up figure; 0 skips them"
    )
    parser.add_argument("--no-peers", action="store_true", help="do not look for other packages")
    options = parser.parse_args(arguments)

    # Start-up first: its processes should not compete with the peers' threads for memory.
    started = list(_noted(startup.measure(options.repeats)))
    found = {} if options.no_peers else peers.load()
    settings = runtime.Settings(seconds=options.seconds, peers=found)
    report = Report.collect(found, chain(_noted(runtime.measure(settings)), started))
    report.show(console())
    if options.json:
        report.save(options.json)


def _noted(results):
    """Hand results on; say on the terminal what has been measured."""
    for result in results:
        if sys.stderr.isatty():
            print(
                f"\r\033[K  {getattr(result, 'title', None) or result.what}",
                end="",
                file=sys.stderr,
                flush=True,
            )
        yield result
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
